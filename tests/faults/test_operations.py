"""Rollback, promotion and quarantine against crashes at every step, and against each other."""

import contextlib
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import jobs, observer
from tests.faults.crew import Crew, Worker, WorkerError
from tests.faults.test_kill import Scenario
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.eligibility import served_release
from tfx_hallmark.registry.errors import PromotionRefusedError, RollbackRefusedError
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
COMMIT = [("os.link", "/.hallmark/penguin/log/")]
KILLS = 120
SEED = 1871


def opened(root: Path) -> Model:
    return Registry.open(root).model("penguin")


def stable(root: Path) -> tuple[str, int] | None:
    at = opened(root).stable()
    return None if at is None else (at.version, at.release)


def kinds(root: Path) -> list[str]:
    return [event.kind for event in reopened(root).events() if event.kind not in ("tagged", "published")]


@pytest.fixture
def two(crew: Crew, root: Path, make_candidate: Make) -> Path:
    """A root with releases 1 and 2, of versions 1.0.0 and 1.0.1."""
    for number in (1, 2):
        crew.run(jobs.tag_and_push, str(root), str(make_candidate(number)))
    return root


class Operated(Scenario):
    """A root as it is before an operation; at each death of it something good must be stable.

    Args:
        retry: Does the operation again, whether or not it was done.
        after: What is stable in the end.
        recorded: What is on record in the end.
    """

    def __init__(
        self,
        crew: Crew,
        before: Path,
        work: Path,
        *,
        retry: Callable[[Model], Any],
        after: tuple[str, int],
        recorded: list[list[str]],
    ) -> None:
        super().__init__(crew, before, work)
        self._events = opened(before).state.seq
        self._stable = stable(before)
        self._retry = retry
        self._after = after
        self._recorded = recorded

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        found = {
            number: digest_tree(root / "penguin" / number).digest
            for number in observer.seen(str(root / "penguin"))
        }
        model = reopened(root)  # all that is shown is whole, nothing staged is left, the log is a chain
        assert {number: model.version(number).digest for number in found} == found
        assert model.state.seq >= self._events
        assert stable(root) in (self._stable, self._after)
        assert model.state.stable is not None
        assert model.state.stable.quarantined is None
        self._retry(model)
        assert stable(root) == self._after
        assert served_release(model.state, "latest") == self._after[1]
        assert kinds(root) in self._recorded


@pytest.mark.slow
def test_i1_i2_a_rollback_may_die_before_any_step(crew: Crew, two: Path, tmp_path: Path) -> None:
    def retry(model: Model) -> None:
        with contextlib.suppress(RollbackRefusedError):  # done before it died
            model.rollback(to="1.0.0", reason="the retry")

    scenario = Operated(
        crew, two, tmp_path / "work", retry=retry, after=("1.0.0", 3), recorded=[["rolled_back"]]
    )
    assert scenario.run("roll_back") > 30


@pytest.mark.slow
def test_i1_i2_a_promotion_to_a_new_number_may_die_before_any_step(
    crew: Crew, two: Path, tmp_path: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    model = opened(two)
    for number in (3, 4):
        version = model.tag(make_candidate(number)).version
        evaluation = make_evaluation(0.9, baseline=model.stable())
        model.push(make_candidate(number), version, evaluation, label="canary")

    def retry(model: Model) -> None:
        with contextlib.suppress(PromotionRefusedError):  # done before it died
            model.promote("1.0.2", "stable", reason="the retry")

    scenario = Operated(
        crew, two, tmp_path / "work", retry=retry, after=("1.0.2", 5), recorded=[["promoted"]]
    )
    assert scenario.run("promote", "1.0.2") > 30


@pytest.mark.slow
def test_i9_a_quarantine_of_what_serves_may_die_before_any_step(
    crew: Crew, two: Path, tmp_path: Path
) -> None:
    scenario = Operated(
        crew,
        two,
        tmp_path / "work",
        retry=lambda model: model.quarantine("1.0.1", reason="the retry"),
        after=("1.0.0", 3),
        # Died after its last event, it is told twice.
        recorded=[["rolled_back", "quarantined"], ["rolled_back", "quarantined", "quarantined"]],
    )
    assert scenario.run("quarantine", "1.0.1") > 35


def acknowledged(notes: Path) -> list[list[str]]:
    return [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []


@pytest.mark.slow
def test_i1_kill_9_at_random_moments_of_rollbacks_while_tf_serving_polls(
    crew: Crew, two: Path, tmp_path: Path, make_candidate: Make
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails
    moments = random.Random(SEED)
    files = {file.path: file.size for file in digest_tree(make_candidate(1)).files}
    watcher = crew.worker(observer.watch, str(two / "penguin"), files).go().wait_for("watching")
    notes = tmp_path / "acknowledged"
    began = time.monotonic()
    crew.run(jobs.roll_back, str(two))
    longest = min(2 * (time.monotonic() - began), 0.1)
    for kill in range(KILLS):
        worker = crew.worker(jobs.roll_back_for_ever, str(two), str(notes)).go()
        # Now and then only after one is done, however busy the machine: else none ever might be.
        if kill % 4 == 0:
            worker.wait_for("stable")
        time.sleep(moments.uniform(0, longest))  # the random moment itself, not a wait for anything
        worker.kill()
    polls, faults = watcher.tell("stop").result()
    assert faults == []
    assert polls > KILLS
    model = reopened(two)
    assert sorted(model.state.releases) == list(range(1, len(model.state.releases) + 1))
    assert len(acknowledged(notes)) >= KILLS // 4
    for version, release in acknowledged(notes):
        assert model.state.releases[int(release)].version == version


def test_i2_of_12_rollbacks_to_the_same_version_one_is_made(crew: Crew, two: Path) -> None:
    def outcome(worker: Worker) -> str:
        try:
            return str(worker.result())
        except WorkerError as error:
            return error.message

    workers = [crew.worker(jobs.roll_back, str(two), "1.0.0") for _ in range(12)]
    for worker in workers:
        worker.go()
    outcomes = [outcome(worker) for worker in workers]
    late = ("it is stable already, as release 3", "stable is 1.0.0 (release 3) now")
    assert outcomes.count("('1.0.0', 3)") == 1
    assert sum(any(why in told for why in late) for told in outcomes) == 11
    assert kinds(two) == ["rolled_back"]


def test_two_rollbacks_at_once_do_not_go_back_two_versions(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    crew.run(jobs.tag_and_push, str(two), str(make_candidate(3)))
    slow = crew.worker(jobs.pause_at, COMMIT, "roll_back", str(two)).go().wait_for("paused")
    assert crew.run(jobs.roll_back, str(two)) == ("1.0.1", 4)
    with pytest.raises(WorkerError, match=r"stable is 1.0.1 \(release 4\) now: see 'hallmark log") as caught:
        slow.tell("go on").result()
    assert caught.value.kind == "ChangedMeanwhileError"
    assert kinds(two) == ["rolled_back"]


def test_a_version_published_just_before_a_rollback_commits_is_not_rolled_back_unseen(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, "roll_back", str(two)).go().wait_for("paused")
    assert crew.run(jobs.tag_and_push, str(two), str(make_candidate(3))) == ("1.0.2", 3)
    with pytest.raises(WorkerError, match=r"stable is 1.0.2 \(release 3\) now"):
        slow.tell("go on").result()
    assert stable(two) == ("1.0.2", 3)
    assert kinds(two) == []


def test_a_number_taken_just_before_a_rollback_commits_is_not_taken_twice(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, "roll_back", str(two)).go().wait_for("paused")
    model = opened(two)
    model.tag(make_candidate(3))
    assert model.push_unchecked(make_candidate(3), "1.0.2", reason="a test", label="canary").release == 3
    assert slow.tell("go on").result() == ("1.0.0", 4)
    assert opened(two).state.labels == {"canary": 3, "stable": 4}
    assert kinds(two) == ["rolled_back"]


def test_i3_a_rollback_just_before_a_push_commits_moves_its_baseline(
    crew: Crew, two: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    version = crew.run(jobs.tag, str(two), str(make_candidate(3)))
    evaluation = make_evaluation(0.9, baseline=opened(two).stable())
    arguments = (str(two), str(make_candidate(3)), version, evaluation)
    slow = crew.worker(jobs.pause_at, COMMIT, "push_evaluated", *arguments).go().wait_for("paused")
    assert crew.run(jobs.roll_back, str(two)) == ("1.0.0", 3)
    release, sentence = slow.tell("go on").result()
    assert release is None
    assert "baseline moved from release 2 to release 3" in sentence
    assert stable(two) == ("1.0.0", 3)


def test_i3_a_promotion_whose_baseline_moves_before_its_commit_is_refused(
    crew: Crew, two: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    model = opened(two)
    model.tag(make_candidate(3))
    evaluation = make_evaluation(0.9, baseline=model.stable())
    model.push(make_candidate(3), "1.0.2", evaluation, label="canary")
    slow = crew.worker(jobs.pause_at, COMMIT, "promote", str(two), "1.0.2").go().wait_for("paused")
    assert crew.run(jobs.roll_back, str(two)) == ("1.0.0", 4)
    with pytest.raises(WorkerError, match=r"stable is 1.0.0 \(release 4\) now"):
        slow.tell("go on").result()
    assert stable(two) == ("1.0.0", 4)


def test_a_promotion_that_is_outnumbered_before_its_commit_gets_a_new_number(
    crew: Crew, two: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    model = opened(two)
    for number in (3, 4):
        model.tag(make_candidate(number))
    evaluation = make_evaluation(0.9, baseline=model.stable())
    model.push(make_candidate(3), "1.0.2", evaluation, label="canary")
    slow = crew.worker(jobs.pause_at, COMMIT, "promote", str(two), "1.0.2").go().wait_for("paused")
    model.push_unchecked(make_candidate(4), "1.0.3", reason="a test", label="canary")
    assert slow.tell("go on").result() == 5
    assert opened(two).state.labels == {"canary": 4, "stable": 5}
    assert kinds(two) == ["promoted"]


def test_i2_a_promotion_that_is_the_highest_after_all_takes_no_number_a_second_time(
    crew: Crew, two: Path, make_candidate: Make, make_evaluation: Any
) -> None:
    model = opened(two)
    evaluation = make_evaluation(0.9, baseline=model.stable())
    for number in (3, 4):
        version = model.tag(make_candidate(number)).version
        model.push(make_candidate(number), version, evaluation, label="canary")
    slow = crew.worker(jobs.pause_at, COMMIT, "promote", str(two), "1.0.2").go().wait_for("paused")
    model._ledger.commit(lambda _: Pruned(version="1.0.3", releases=(4,)), actor="a test")
    assert slow.tell("go on").result() == 3
    assert opened(two).state.labels["stable"] == 3
    assert kinds(two) == ["pruned", "promoted"]


@pytest.mark.parametrize("to", ["1.0.0", None])
def test_i9_a_target_put_in_quarantine_just_before_the_commit_is_not_gone_back_to(
    crew: Crew, two: Path, to: str | None
) -> None:
    slow = crew.worker(jobs.pause_at, COMMIT, "roll_back", str(two), to).go().wait_for("paused")
    opened(two).quarantine("1.0.0", reason="it leaks")
    with pytest.raises(WorkerError) as caught:
        slow.tell("go on").result()
    assert caught.value.kind == "RollbackRefusedError"
    assert stable(two) == ("1.0.1", 2)
    assert kinds(two) == ["quarantined"]


def test_i9_a_quarantine_whose_successor_is_barred_too_takes_the_one_before(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    crew.run(jobs.tag_and_push, str(two), str(make_candidate(3)))
    slow = crew.worker(jobs.pause_at, COMMIT, "quarantine", str(two), "1.0.2").go().wait_for("paused")
    opened(two).quarantine("1.0.1", reason="it leaks too")
    assert slow.tell("go on").result() == ("1.0.0", 4)
    assert kinds(two) == ["quarantined", "rolled_back", "quarantined"]


def test_i1_what_a_killed_rollback_committed_is_exposed_by_the_next_reader(crew: Crew, two: Path) -> None:
    exposure = [("os.rename", "/serving/penguin/")]
    crew.worker(jobs.pause_at, exposure, "roll_back", str(two)).go().wait_for("paused").kill()
    assert not (two / "penguin/3").exists()
    assert crew.run(jobs.look, str(two)) == 2
    assert (two / "penguin/3/saved_model.pb").stat().st_ino == (
        two / "penguin/1/saved_model.pb"
    ).stat().st_ino
    assert stable(two) == ("1.0.0", 3)
