"""Races played out step by step: one process stops at a step, others act, then it goes on or dies."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew, Worker, WorkerError
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
BEFORE = {
    "staging is locked": ("fcntl.flock", ""),
    "the commit": ("os.link", "/.hallmark/penguin/log/"),
    "the exposure": ("os.rename", "/serving/penguin/"),
    "the modes are set": ("os.chmod", "/serving/penguin/"),
}
MOMENTS = {
    **BEFORE,
    "the base path is checked": ("os.scandir", "/serving/penguin"),
    # Two tagged versions and one published make three events.
    "the first look after the commit": ("open", "/log/00000000000000000004.json"),
}


class Stage:
    """A registry with two tagged versions, of which the first may be stable."""

    def __init__(self, crew: Crew, root: Path, make_candidate: Make) -> None:
        self.crew = crew
        self.root = root
        self.candidates = {n: str(make_candidate(n)) for n in (1, 2)}
        self.versions = {n: crew.run(jobs.tag, str(root), self.candidates[n]) for n in (1, 2)}

    def model(self) -> Model:
        return Registry.open(self.root).model("penguin")

    def push(self, number: int) -> tuple[int | None, bool]:
        pushed: tuple[int | None, bool] = self.crew.run(jobs.push, *self.push_arguments(number))
        return pushed

    def push_arguments(self, number: int) -> tuple[str, str, str]:
        return str(self.root), self.candidates[number], self.versions[number]

    def paused(self, steps: list[str], job: str, *args: Any) -> Worker:
        """Starts a job that stops before these steps; returns when it has come to the first."""
        return (
            self.crew.worker(jobs.pause_at, [MOMENTS[step] for step in steps], job, *args)
            .go()
            .wait_for("paused")
        )

    def opened(self, number: int) -> Worker:
        """Starts a process that has the model open, and pushes when told."""
        return self.crew.worker(jobs.push_later, *self.push_arguments(number)).go().wait_for("opened")

    def kinds(self) -> list[str]:
        return [event.kind for event in reopened(self.root).events()][2:]


@pytest.fixture
def stage(crew: Crew, root: Path, make_candidate: Make) -> Stage:
    return Stage(crew, root, make_candidate)


@pytest.mark.parametrize("step", BEFORE)
def test_i7_two_pushes_of_one_version_make_one_release(stage: Stage, step: str) -> None:
    slow = stage.paused([step], "push", *stage.push_arguments(1))
    assert stage.push(1)[0] == 1
    assert slow.tell("go on").result()[0] == 1
    assert stage.kinds() == ["published"]


@pytest.mark.parametrize("step", BEFORE)
def test_i7_a_push_by_who_has_the_model_open_long_since_makes_one_release_too(
    stage: Stage, step: str
) -> None:
    early = stage.opened(1)
    slow = stage.paused([step], "push", *stage.push_arguments(1))
    assert early.tell("push").result()[0] == 1
    assert slow.tell("go on").result()[0] == 1
    assert stage.kinds() == ["published"]


@pytest.mark.parametrize("step", BEFORE)
def test_i3_i7_two_evaluated_pushes_of_one_version_make_one_release_and_no_refusal(
    stage: Stage, step: str, make_evaluation: Any
) -> None:
    stage.push(1)
    evaluation = make_evaluation(0.9, baseline=stage.model().stable())
    arguments = (*stage.push_arguments(2), evaluation)
    slow = stage.paused([step], "push_evaluated", *arguments)
    assert stage.crew.run(jobs.push_evaluated, *arguments)[0] == 2
    assert slow.tell("go on").result()[0] == 2
    assert stage.kinds() == ["published", "published"]
    assert stage.model().version("stable").state.status == "published"


@pytest.mark.parametrize("step", ["staging is locked", "the commit"])
def test_i3_a_push_whose_baseline_moves_before_its_commit_is_refused(
    stage: Stage, step: str, make_evaluation: Any, make_candidate: Make
) -> None:
    stage.push(1)
    evaluation = make_evaluation(0.9, baseline=stage.model().stable())
    slow = stage.paused([step], "push_evaluated", *stage.push_arguments(2), evaluation)
    assert stage.crew.run(jobs.tag_and_push, str(stage.root), str(make_candidate(3)))[1] == 2
    release, sentence = slow.tell("go on").result()
    assert release is None
    assert "baseline moved from release 1 to release 2" in sentence
    assert stage.kinds() == ["published", "tagged", "published", "refused"]


def test_i9_a_quarantine_just_before_the_commit_is_obeyed(stage: Stage, make_evaluation: Any) -> None:
    stage.push(1)
    evaluation = make_evaluation(0.9, baseline=stage.model().stable())
    slow = stage.paused(["the commit"], "push_evaluated", *stage.push_arguments(2), evaluation)
    stage.model().quarantine(stage.versions[2], reason="it leaks")
    release, sentence = slow.tell("go on").result()
    assert release is None
    assert "quarantine (it leaks)" in sentence
    assert stage.kinds() == ["published", "quarantined", "refused"]


def test_i9_a_quarantine_just_after_the_commit_takes_the_label_off_but_not_the_release(stage: Stage) -> None:
    slow = stage.paused(["the first look after the commit"], "push", *stage.push_arguments(1))
    stage.model().quarantine(stage.versions[1], reason="it leaks")
    assert slow.tell("go on").result() == (1, False)
    assert stage.kinds() == ["published", "quarantined"]
    assert stage.model().stable() is None


@pytest.mark.parametrize("step", BEFORE)
def test_i1_another_release_meanwhile_takes_the_next_number(stage: Stage, step: str) -> None:
    slow = stage.paused([step], "push", *stage.push_arguments(1))
    other = stage.push(2)
    mine = slow.tell("go on").result()
    committed = step in ("the exposure", "the modes are set")
    assert (mine, other) == (((1, False), (2, False)) if committed else ((2, False), (1, False)))
    assert stage.kinds() == ["published", "published"]


@pytest.mark.parametrize("step", BEFORE)
def test_i1_a_reader_finishes_or_leaves_alone_what_a_live_publisher_is_doing(stage: Stage, step: str) -> None:
    slow = stage.paused([step], "push", *stage.push_arguments(1))
    for _ in range(2):
        assert stage.crew.run(jobs.look, str(stage.root)) == 2
    assert slow.tell("go on").result() == (1, False)
    assert stage.kinds() == ["published"]


@pytest.mark.parametrize("step", BEFORE)
@pytest.mark.parametrize(
    "next_one", ["opens", "retries", "pushes another", "retries late", "pushes another late"]
)
def test_i1_after_a_kill_anyone_can_go_on(stage: Stage, step: str, next_one: str) -> None:
    number = 2 if "another" in next_one else 1
    early = stage.opened(number)
    stage.paused([step], "push", *stage.push_arguments(1)).kill()
    if next_one == "opens":
        stage.model()
    elif next_one.endswith("late"):
        early.tell("push").result()
    else:
        stage.push(number)
    if not next_one.endswith("late"):
        early.kill()
    reopened(stage.root)
    assert stage.push(1)[0] in (1, 2)
    assert stage.kinds() == ["published"] * (2 if number == 2 else 1)
    assert all(version.state.status == "published" for version in stage.model().versions()[:number])


def test_what_took_a_release_s_place_stops_pushes_but_no_reader(stage: Stage, tmp_path: Path) -> None:
    stage.paused(["the exposure"], "push", *stage.push_arguments(1)).kill()
    (stage.root / "penguin/1/notes").mkdir(parents=True)
    assert stage.crew.run(jobs.look, str(stage.root)) == 2
    with pytest.raises(WorkerError, match="penguin/1 was not put there by hallmark: move it out") as caught:
        stage.push(2)
    assert caught.value.kind == "ForeignEntryError"
    (stage.root / "penguin/1").rename(tmp_path / "aside")
    assert stage.push(2) == (2, False)
    assert stage.kinds() == ["published", "published"]


def test_i7_a_release_committed_while_its_twin_looks_around_is_not_restored_but_exposed(stage: Stage) -> None:
    twin = stage.paused(["the base path is checked"], "push", *stage.push_arguments(1))
    publisher = stage.paused(["the exposure"], "push", *stage.push_arguments(1))
    assert twin.tell("go on").result() == (1, True)
    assert publisher.tell("go on").result() == (1, False)
    assert stage.kinds() == ["published"]


def test_i7_two_that_restore_a_deleted_release_both_succeed(stage: Stage) -> None:
    stage.push(1)
    shutil.rmtree(stage.root / "penguin/1")
    slow = stage.paused(["the exposure"], "push", *stage.push_arguments(1))
    assert stage.push(1) == (1, True)
    assert slow.tell("go on").result() == (1, True)
    assert stage.kinds() == ["published"]


def test_a_kill_while_a_deleted_release_is_restored_leaves_it_to_the_next_push(stage: Stage) -> None:
    stage.push(1)
    shutil.rmtree(stage.root / "penguin/1")
    stage.paused(["the exposure"], "push", *stage.push_arguments(1)).kill()
    assert not list((stage.root / "penguin").iterdir())
    assert stage.push(1) == (1, True)
    assert stage.kinds() == ["published"]


def test_staging_that_was_swept_before_it_was_locked_is_made_anew(stage: Stage) -> None:
    slow = stage.paused(["staging is locked", "the commit"], "push", *stage.push_arguments(1))
    stage.model()
    assert not list(stage.root.glob(".hallmark/penguin/staging/*"))
    slow.tell("go on").wait_for("paused")
    stage.model()
    assert len(list(stage.root.glob(".hallmark/penguin/staging/*/model/saved_model.pb"))) == 1
    assert slow.tell("go on").result() == (1, False)
    assert stage.kinds() == ["published"]


def test_i1_a_sweeper_spares_what_was_committed_since_it_last_looked(stage: Stage) -> None:
    publisher = stage.paused(["the commit", "the exposure"], "push", *stage.push_arguments(1))
    sweeper = stage.paused(
        ["staging is locked"], "look", str(stage.root)
    )  # its first lock is that of the sweep
    publisher.tell("go on").wait_for("paused").kill()
    sweeper.tell("go on").result()
    assert stage.kinds() == ["published"]
    assert stage.push(1) == (1, True)


def test_i1_no_checkpoint_is_saved_while_a_release_waits_to_be_exposed(stage: Stage, tmp_path: Path) -> None:
    stage.paused(["the exposure"], "push", *stage.push_arguments(1)).kill()
    base = (stage.root / "penguin").rename(tmp_path / "aside")  # so that nobody can expose it
    model = stage.model()
    for n in range(70):
        model.quarantine(stage.versions[2], reason=str(n))
    stage.model()
    base.rename(stage.root / "penguin")
    stage.model()
    assert (stage.root / "penguin/1/saved_model.pb").exists()
    assert stage.kinds()[0] == "published"
    assert (stage.root / ".hallmark/penguin/checkpoint/state.msgpack").exists()


def test_what_a_living_process_stages_is_not_swept(stage: Stage) -> None:
    slow = stage.paused(["the commit"], "push", *stage.push_arguments(1))
    staged = list((stage.root / ".hallmark/penguin/staging").rglob("saved_model.pb"))
    stage.model()
    stage.push(2)
    assert len(staged) == 1
    assert staged[0].exists()
    slow.kill()
    stage.model()
    assert not staged[0].exists()
    assert stage.kinds() == ["published"]
