"""Adoptions that are killed, and that run beside each other: the next one finishes what one has begun."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.faults import jobs
from tests.faults.crew import Crew
from tests.faults.test_kill import Scenario
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.events import Adopted
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
NUMBERS = (1763683200, 1763769600, 1763856000)


@pytest.fixture
def filled(tmp_path: Path, make_candidate: Make) -> Path:
    """A root that is none yet: what TFX Pusher has filled lies in it, the third as the first."""
    root = tmp_path / "filled"
    for number, weights in zip(NUMBERS, (1, 2, 1), strict=True):
        shutil.copytree(make_candidate(weights), root / "penguin" / str(number))
    return root


def told(root: Path) -> list[tuple[int, str, str, tuple[str, ...]]]:
    """What was adopted: number, version, digest and labels, as the log has it."""
    events = [event.data for event in Registry.open(root).model("penguin").events()]
    assert all(isinstance(data, Adopted) for data in events)
    return [
        (data.release, data.version, data.digest, data.labels) for data in events if isinstance(data, Adopted)
    ]


class Adopting(Scenario):
    """A directory to adopt; at each death it lies as it lay, and the next adoption comes to the same end."""

    def __init__(self, crew: Crew, before: Path, work: Path, whole: list[Any]) -> None:
        super().__init__(crew, before, work)
        self._lay = listing(before / "penguin")
        self._whole = whole

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        assert listing(root / "penguin") == self._lay
        done = told(root) if Registry(root).models() else []
        assert done == self._whole[: len(done)]
        assert jobs.adopt(str(root)) == [number for number, *_ in self._whole[len(done) :]]
        assert told(root) == self._whole
        assert reopened(root).verify() == ()
        assert listing(root / "penguin") == self._lay


@pytest.mark.slow
def test_an_adoption_may_die_before_any_step(crew: Crew, filled: Path, tmp_path: Path) -> None:
    model = shutil.copytree(filled, tmp_path / "whole")
    crew.run(jobs.adopt, str(model))
    whole = told(model)
    assert [(number, version) for number, version, *_ in whole] == [
        (NUMBERS[0], "1.0.0"),
        (NUMBERS[1], "1.0.1"),
        (NUMBERS[2], "1.0.0"),
    ]
    assert Adopting(crew, filled, tmp_path / "work", whole).run("adopt") > 20


@pytest.mark.slow
def test_adoptions_at_once_record_each_release_once(crew: Crew, filled: Path) -> None:
    lay = listing(filled / "penguin")
    new = crew.race([(jobs.adopt, (str(filled),)) for _ in range(6)])
    assert sorted(number for one in new for number in one) == sorted(NUMBERS)
    assert [number for number, *_ in told(filled)] == list(NUMBERS)
    assert reopened(filled).state.labels == {"stable": NUMBERS[-1]}
    assert listing(filled / "penguin") == lay
