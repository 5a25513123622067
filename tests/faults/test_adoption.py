"""Adoptions that are killed, raced and rehearsed half-way: all of it in the end, and no file of it touched."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import listing
from tests.faults import jobs
from tests.faults.crew import Crew
from tests.faults.test_kill import Scenario
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
STAMPS = (1763683200, 1763769600, 1763856000)
COMMITS = [("os.link", "/.hallmark/penguin/log/")] * 2  # of the first release, and of the second


@pytest.fixture
def before(tmp_path: Path, make_candidate: Make) -> Path:
    """A root that is none yet: a base path with three timestamped models, the third like the first."""
    root = tmp_path / "before"
    for number, stamp in zip((1, 2, 1), STAMPS, strict=True):
        shutil.copytree(make_candidate(number), root / "penguin" / str(stamp))
    return root


def check_adopted(root: Path) -> Model:
    """Makes sure that all was taken in once, lowest number first."""
    model = Registry.open(root).model("penguin")
    told = [(event.kind, event.data.release, event.data.version) for event in model.events()]  # type: ignore[union-attr]
    versions = ("1.0.0", "1.0.1", "1.0.0")
    assert told == [("adopted", *pair) for pair in zip(STAMPS, versions, strict=True)]
    assert model.state.labels == {"stable": STAMPS[2]}
    assert model.verify() == model.audit() == ()
    assert not list(root.glob(".hallmark/penguin/staging/*"))
    return model


class Adopted(Scenario):
    """A base path as something else has filled it; at each death of its adoption all that serves is as it was."""

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        assert listing(root / "penguin") == listing(self._before / "penguin")
        rehearsed = Registry.rehearse_adoption(root / "penguin")
        done = Registry.adopt(root / "penguin", reason="the retry")
        assert done.adopted == rehearsed.adopted
        assert (*done.known, *(release.number for release in done.adopted)) == STAMPS
        check_adopted(root)
        assert listing(root / "penguin") == listing(self._before / "penguin")


@pytest.mark.slow
def test_i1_i2_an_adoption_may_die_before_any_step(crew: Crew, before: Path, tmp_path: Path) -> None:
    assert Adopted(crew, before, tmp_path / "work").run("adopt") > 20


def test_a_rehearsal_finishes_nothing_of_an_adoption_that_was_killed(crew: Crew, before: Path) -> None:
    dying = crew.worker(jobs.pause_at, COMMITS, "adopt", str(before)).go().wait_for("paused")
    dying.tell("go on").wait_for("paused").kill()
    left = listing(before)
    rehearsed = Registry.rehearse_adoption(before / "penguin")
    assert listing(before) == left
    assert (rehearsed.known, rehearsed.events) == (STAMPS[:1], ())
    assert [(one.number, one.version, one.same_as) for one in rehearsed.adopted] == [
        (STAMPS[1], "1.0.1", None),
        (STAMPS[2], "1.0.0", STAMPS[0]),
    ]
    assert crew.run(jobs.adopt, str(before)) == [*STAMPS[1:]]
    check_adopted(before)


def test_a_rehearsal_finishes_nothing_of_an_operation_that_was_killed(
    crew: Crew, before: Path, make_candidate: Make
) -> None:
    crew.run(jobs.adopt, str(before))
    exposing = [("os.rename", "/before/penguin/")]
    crew.worker(jobs.pause_at, exposing, "roll_back", str(before), "1.0.1").go().wait_for("paused").kill()
    shutil.copytree(make_candidate(4), before / "penguin" / "1763942400")
    left = listing(before)
    assert [one.number for one in Registry.rehearse_adoption(before / "penguin").adopted] == [1763942400]
    assert listing(before) == left


def test_i2_of_4_adoptions_at_once_each_release_is_taken_in_once(crew: Crew, before: Path) -> None:
    results = crew.race([(jobs.adopt, (str(before),))] * 4)
    assert sorted(number for taken in results for number in taken) == [*STAMPS]
    check_adopted(before)
