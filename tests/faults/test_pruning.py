"""Retention against crashes at every step, and against whatever else moves labels at that moment."""

import itertools
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew, WorkerError
from tests.faults.test_kill import Scenario
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
COMMIT = [("os.link", "/.hallmark/penguin/log/")]
SEED = 1859
# What a command may be told whose version, or label, another has taken meanwhile.
LATE = {
    "ChangedMeanwhileError",
    "HoldRefusedError",
    "NotFoundError",
    "PromotionRefusedError",
    "RollbackRefusedError",
}


def shown(root: Path) -> dict[int, str]:
    """Gives the releases in the base path, and the digest of what lies there, as it is."""
    return {
        int(path.name): digest_tree(path).digest
        for path in (root / "penguin").iterdir()
        if path.name.isdigit()
    }


def pruned(root: Path) -> list[tuple[str, tuple[int, ...]]]:
    """Gives what the log says was pruned, oldest first."""
    return [
        (event.data.version, tuple(event.data.releases))
        for event in reopened(root).events()
        if isinstance(event.data, Pruned)
    ]


def check_labels(root: Path) -> Model:
    """Makes sure that every label is on bytes that are there, and are those of its version."""
    model = reopened(root)
    there = shown(root)
    for label, number in model.state.labels.items():
        assert there.get(number) == model.version(label).digest, f"{label} is on release {number}"
    for version in model.state.versions.values():
        assert not set(version.pruned) & there.keys()
        assert not set(version.pruned) & set(model.state.labels.values())
    return model


@pytest.fixture
def five(crew: Crew, root: Path, make_candidate: Make) -> Path:
    """A root with releases 1 to 5, of versions 1.0.0 to 1.0.4; the last is stable, 1 and 2 may be pruned."""
    for number in range(1, 6):
        crew.run(jobs.tag_and_push, str(root), str(make_candidate(number)))
    return root


class Retained(Scenario):
    """A root as it is before something that deletes; what retention keeps is there at every death of it.

    Args:
        goes: The releases that go in the end.
    """

    def __init__(self, crew: Crew, before: Path, work: Path, *, goes: set[int]) -> None:
        super().__init__(crew, before, work)
        self._whole = shown(before)
        self._goes = goes

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        there = shown(root)  # before anyone has tidied up
        assert there.items() <= self._whole.items()
        assert self._whole.keys() - there.keys() <= self._goes
        model = check_labels(root)
        model.prune(keep_last=0, reason="the retry")
        assert shown(root) == {
            number: digest for number, digest in self._whole.items() if number not in self._goes
        }
        told = pruned(root)
        assert sorted(number for _, numbers in told for number in numbers) == sorted(self._goes)  # each once
        for version in model.versions():
            assert version.manifest.digest == version.digest


@pytest.mark.slow
def test_i1_i10_a_pruning_may_die_before_any_step(crew: Crew, five: Path, tmp_path: Path) -> None:
    assert Retained(crew, five, tmp_path / "work", goes={1, 2}).run("prune") > 20


@pytest.mark.slow
def test_i1_i10_a_pruning_of_numbers_whose_files_have_a_newer_one_may_die_before_any_step(
    crew: Crew, five: Path, tmp_path: Path
) -> None:
    for to in ("1.0.3", "1.0.4"):
        crew.run(jobs.roll_back, str(five), to)
    assert {1, 2, 3, 4, 5, 6, 7} == set(shown(five))
    going = {number for _, numbers in _planned(five) for number in numbers}
    assert {4, 5} <= going
    assert Retained(crew, five, tmp_path / "work", goes=going).run("prune") > 20


def _planned(root: Path) -> list[tuple[str, tuple[int, ...]]]:
    plan = Registry.open(root).model("penguin").dry_run.prune(keep_last=0).plan
    return [(deletion.version, deletion.releases) for deletion in plan.deletions]


@pytest.mark.slow
def test_i1_i10_who_finishes_a_pruning_that_another_left_may_die_before_any_step(
    crew: Crew, five: Path, tmp_path: Path
) -> None:
    retiring = [("os.rename", "/penguin/2")]
    crew.worker(jobs.pause_at, retiring, "prune", str(five)).go().wait_for("paused").kill()
    assert set(shown(five)) == {1, 2, 3, 4, 5}
    assert Retained(crew, five, tmp_path / "work", goes={1, 2}).run("look") > 5


class Taken(Retained):
    """A root where somebody put a directory of theirs in the place of release 2, whose pruning is on record."""

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        assert (root / "penguin/2/notes.txt").read_text() == "a week's work"
        (root / "penguin/2").rename(root / "mine")  # as every command says
        super()._check(root, args, deleted)


@pytest.mark.slow
@pytest.mark.parametrize(("job", "steps"), [("prune", 20), ("look", 0)])
def test_i10_what_somebody_put_in_a_pruned_releases_place_outlives_every_death_of_who_goes_on(
    crew: Crew, five: Path, tmp_path: Path, job: str, steps: int
) -> None:
    retiring = [("os.rename", "/penguin/2")]
    crew.worker(jobs.pause_at, retiring, "prune", str(five)).go().wait_for("paused").kill()
    scenario = Taken(crew, five, tmp_path / "work", goes={1, 2})
    for entry in [five / "penguin/2", *(five / "penguin/2").rglob("*")]:
        entry.chmod(0o755)
    shutil.rmtree(five / "penguin/2")
    (five / "penguin/2").mkdir()
    (five / "penguin/2/notes.txt").write_text("a week's work")
    assert scenario.run(job) > steps


def test_i10_what_a_killed_pruning_committed_is_deleted_by_the_next_reader_and_nothing_else(
    crew: Crew, five: Path
) -> None:
    retiring = [("os.rename", "/penguin/2")]
    crew.worker(jobs.pause_at, retiring, "prune", str(five)).go().wait_for("paused").kill()
    assert crew.run(jobs.look, str(five)) == 5
    assert set(shown(five)) == {1, 3, 4, 5}
    assert pruned(five) == [("1.0.1", (2,))]
    check_labels(five)


def test_i2_of_8_prunings_at_once_each_version_is_told_once(crew: Crew, five: Path) -> None:
    results = crew.race([(jobs.prune, (str(five),))] * 8)
    done = [one for result in results for one in result]
    assert sorted(done) == [("1.0.0", (1,)), ("1.0.1", (2,))]
    assert sorted(pruned(five)) == sorted(done)
    assert set(shown(five)) == {3, 4, 5}


# Something comes first by a hair: the pruning has chosen, and has not committed yet.


@pytest.mark.parametrize("job", ["roll_back", "promote_unchecked", "hold"])
def test_i10_a_version_that_is_wanted_just_before_its_pruning_commits_keeps_its_files(
    crew: Crew, five: Path, job: str
) -> None:
    digest = Registry.open(five).model("penguin").version("1.0.1").digest
    slow = crew.worker(jobs.pause_at, COMMIT, "prune", str(five)).go().wait_for("paused")
    crew.run(getattr(jobs, job), str(five), "1.0.1")
    went = dict(slow.tell("go on").result())
    model = check_labels(five)
    left = set(model.version("1.0.1").releases) - set(went.get("1.0.1", ()))
    assert left
    assert {shown(five)[number] for number in left} == {digest}
    if job != "hold":
        assert model.version("stable").digest == digest


def test_i9_i10_a_version_put_in_quarantine_just_before_its_pruning_commits_stays_as_evidence(
    crew: Crew, five: Path
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, "prune", str(five)).go().wait_for("paused")
    crew.run(jobs.quarantine, str(five), "1.0.1")
    assert slow.tell("go on").result() == [("1.0.0", (1,))]
    assert set(shown(five)) == {2, 3, 4, 5}


def test_i10_a_publish_just_before_a_pruning_commits_moves_what_it_may_delete_but_not_beyond_what_it_said(
    crew: Crew, five: Path, make_candidate: Make
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, "prune", str(five)).go().wait_for("paused")
    crew.run(jobs.tag_and_push, str(five), str(make_candidate(6)))
    assert slow.tell("go on").result() == [("1.0.1", (2,)), ("1.0.0", (1,))]
    assert set(shown(five)) == {3, 4, 5, 6}
    check_labels(five)


# The pruning comes first by a hair.


@pytest.mark.parametrize(
    ("job", "errors"),
    [
        ("roll_back", {"RollbackRefusedError", "NotFoundError"}),
        ("promote_unchecked", {"PromotionRefusedError", "NotFoundError"}),
        ("hold", {"HoldRefusedError"}),
    ],
)
def test_i10_what_was_pruned_just_before_a_commit_gets_no_label_and_no_hold(
    crew: Crew, five: Path, job: str, errors: set[str]
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, job, str(five), "1.0.1").go().wait_for("paused")
    assert crew.run(jobs.prune, str(five)) == [("1.0.1", (2,)), ("1.0.0", (1,))]
    with pytest.raises(WorkerError) as caught:
        slow.tell("go on").result()
    assert caught.value.kind in errors
    assert "\n" not in caught.value.message
    model = check_labels(five)
    assert model.state.labels == {"stable": 5}
    assert [event.kind for event in model.events()][-2:] == ["pruned", "pruned"]


@pytest.mark.parametrize("job", ["roll_back", "promote_unchecked"])
def test_i10_a_move_whose_files_are_pruned_after_they_were_checked_says_that_the_model_changed(
    crew: Crew, five: Path, job: str
) -> None:
    staging = [("os.mkdir", "/.hallmark/penguin/staging/")]  # its plan is made, and its bytes are checked
    slow = crew.worker(jobs.pause_at, staging, job, str(five), "1.0.1").go().wait_for("paused")
    crew.run(jobs.prune, str(five))
    with pytest.raises(WorkerError) as caught:
        slow.tell("go on").result()
    assert caught.value.kind == "ChangedMeanwhileError"
    assert caught.value.message == (
        "penguin changed meanwhile, and the files of 1.0.1 (release 2) are gone: "
        "see 'hallmark log penguin', then choose another version"
    )
    assert check_labels(five).state.labels == {"stable": 5}
    assert not list(five.glob(".hallmark/penguin/staging/*"))


@pytest.mark.slow
def test_i10_prunings_that_race_rollbacks_promotions_holds_and_publishes_leave_labels_on_bytes(
    crew: Crew, five: Path, make_candidate: Make
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails
    choice = random.Random(SEED)
    numbers = itertools.count(6)
    for _ in range(8):
        versions = [version.version for version in Registry.open(five).model("penguin").versions()]
        crowd = [crew.worker(jobs.prune, str(five)) for _ in range(2)]
        crowd += [crew.worker(jobs.roll_back, str(five), choice.choice(versions)) for _ in range(3)]
        crowd += [crew.worker(jobs.promote_unchecked, str(five), choice.choice(versions)) for _ in range(2)]
        crowd += [crew.worker(jobs.tag_and_push, str(five), str(make_candidate(next(numbers))))]
        choice.shuffle(crowd)
        for worker in crowd:
            worker.go()
        for worker in crowd:
            worker.outcome(*LATE)
        check_labels(five)
    told = [number for _, numbers in pruned(five) for number in numbers]
    assert told
    assert len(told) == len(set(told))


@pytest.mark.slow
def test_i10_prunings_killed_at_random_moments_of_a_race_leave_labels_on_bytes(
    crew: Crew, five: Path, make_candidate: Make
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails
    choice = random.Random(SEED)
    for number in range(6, 16):
        crew.run(jobs.tag_and_push, str(five), str(make_candidate(number)))
        step = choice.randrange(1, 40)  # the random moment: before this step of it
        dying = crew.worker(jobs.die_at, step, "prune", str(five))
        versions = [version.version for version in Registry.open(five).model("penguin").versions()]
        racing = crew.worker(jobs.roll_back, str(five), choice.choice(versions))
        for worker in (dying, racing):
            worker.go()
        try:
            dying.result()
        except EOFError:
            dying.wait()
        racing.outcome(*LATE)
        check_labels(five)
