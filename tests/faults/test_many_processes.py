"""Many processes at once, each with its own view of one registry root."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
CROWD = 64
pytestmark = pytest.mark.slow


def reopened(root: Path, *, deleted: str = "") -> Model:
    """Opens the model anew, and checks what must hold after any race.

    Args:
        root: The registry root.
        deleted: A release whose directory may be gone, for the test deleted it.
    """
    model = Registry.open(root).model("penguin")
    events = list(model.events())  # checks the chain
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    shown = {path.name for path in root.glob("penguin/*")}
    pruned = {number for version in model.state.versions.values() for number in version.pruned}
    kept = {str(number) for number in model.state.releases.keys() - pruned}
    assert shown | {deleted} == kept | {deleted}
    assert not list(root.glob(".hallmark/penguin/staging/*"))
    for number in shown:
        assert digest_tree(model.path / number).digest == model.version(number).digest
    return model


def test_i1_i2_64_publishers_get_64_consecutive_releases(
    crew: Crew, root: Path, make_candidate: Make
) -> None:
    candidates = [str(make_candidate(number)) for number in range(CROWD)]
    versions = [Registry.open(root).model("penguin").tag(Path(path)).version for path in candidates]
    results = crew.race(
        [(jobs.push, (str(root), path, version)) for path, version in zip(candidates, versions, strict=True)]
    )
    assert sorted(results) == [(number, False) for number in range(1, CROWD + 1)]
    model = reopened(root)
    assert [event.kind for event in model.events()] == ["tagged"] * CROWD + ["published"] * CROWD
    assert model.state.labels == {"stable": CROWD}


def test_i3_of_16_pipelines_that_beat_the_same_baseline_one_wins(
    crew: Crew, root: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(0)))
    model = Registry.open(root).model("penguin")
    evaluation = make_evaluation(0.9, baseline=model.stable())
    rivals = [(str(make_candidate(n)), model.tag(make_candidate(n)).version) for n in range(1, 17)]
    results = crew.race([(jobs.push_evaluated, (str(root), *rival, evaluation)) for rival in rivals])
    winners = [release for release, _ in results if release is not None]
    assert winners == [2]
    losers = [sentence for release, sentence in results if release is None]
    assert len(losers) == 15
    assert all("baseline moved from release 1 to release 2" in sentence for sentence in losers)
    kinds = [event.kind for event in reopened(root).events()][18:]
    assert sorted(kinds) == ["published"] + ["refused"] * 15


def test_i2_64_taggers_of_different_content_make_64_versions(
    crew: Crew, root: Path, make_candidate: Make
) -> None:
    results = crew.race([(jobs.tag, (str(root), str(make_candidate(number)))) for number in range(CROWD)])
    assert sorted(results, key=lambda version: int(version[4:])) == [f"1.0.{n}" for n in range(CROWD)]
    model = reopened(root)
    assert [version.version for version in model.versions()] == [f"1.0.{n}" for n in range(CROWD)]
    assert all(version.manifest.digest == version.digest for version in model.versions())


def test_i7_64_taggers_of_the_same_content_make_one_version(
    crew: Crew, root: Path, make_candidate: Make
) -> None:
    results = crew.race([(jobs.tag, (str(root), str(make_candidate(1))))] * CROWD)
    assert results == ["1.0.0"] * CROWD
    assert len(list(reopened(root).events())) == 1


def test_i7_24_pushes_of_one_version_make_one_release(crew: Crew, root: Path, make_candidate: Make) -> None:
    version = crew.run(jobs.tag, str(root), str(make_candidate(1)))
    results = crew.race([(jobs.push, (str(root), str(make_candidate(1)), version))] * 24)
    assert [release for release, _ in results] == [1] * 24
    assert [already for _, already in results].count(False) == 1
    assert [event.kind for event in reopened(root).events()] == ["tagged", "published"]
