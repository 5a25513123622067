"""kill -9 while TF Serving polls: at random moments, and before every single step."""

import itertools
import random
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.faults import jobs, observer
from tests.faults.crew import Crew, Worker
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
pytestmark = pytest.mark.slow
KILLS = 320
SEED = 1905


class Lane:
    """One of two publishers that are killed in turn, and what it has acknowledged."""

    def __init__(self, crew: Crew, root: Path, work: Path, first: int) -> None:
        work.mkdir()
        self._first = first
        self._file = work / "acknowledged"
        self._start: Callable[[int], Worker] = lambda number: crew.worker(
            jobs.publish_for_ever, str(root), str(work), number, str(self._file)
        ).go()
        self.restart()

    def acknowledged(self) -> list[tuple[int, str, int]]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [(int(number), version, int(release)) for number, version, release in map(str.split, lines)]

    def restart(self) -> None:
        """Starts again at what was not acknowledged: the retry."""
        self.worker = self._start(self._first + len(self.acknowledged()))


def test_i1_i2_kill_9_at_random_moments_while_tf_serving_polls(
    crew: Crew, root: Path, tmp_path: Path, make_candidate: Make
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails
    moments = random.Random(SEED)
    files = {file.path: file.size for file in digest_tree(make_candidate(0)).files}
    watcher = crew.worker(observer.watch, str(root / "penguin"), files).go().wait_for("watching")
    began = time.monotonic()
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(0)))
    longest = min(1.5 * (time.monotonic() - began), 0.06)
    lanes = [Lane(crew, root, tmp_path / f"lane{n}", 1000 * n) for n in (1, 2)]
    kills = 0
    # More only where the machine is so busy that hardly any publish comes to its end.
    while kills < KILLS or (kills < 3 * KILLS and min(len(lane.acknowledged()) for lane in lanes) < 10):
        kills += 1
        lane = moments.choice(lanes)
        # The random moment itself, not a wait for anything: early, late, or after a publish or two.
        time.sleep(moments.uniform(0, longest))
        lane.worker.kill()
        state = Registry.open(root).model("penguin").state
        for _, version, release in lane.acknowledged()[-2:]:
            assert state.releases[release].version == version
        lane.restart()
    for lane in lanes:
        lane.worker.kill()
    polls, faults = watcher.tell("stop").result()
    assert faults == []
    assert polls > KILLS

    model = reopened(root)
    assert sorted(model.state.releases) == list(range(1, len(model.state.releases) + 1))
    acknowledged = [entry for lane in lanes for entry in lane.acknowledged()]
    for number, version, release in acknowledged:
        candidate = tmp_path / f"lane{number // 1000}" / str(number)
        assert model.state.releases[release].version == version
        assert model.version(version).digest == digest_tree(candidate).digest
    for n, lane in enumerate(lanes, 1):
        number = 1000 * n + len(lane.acknowledged())
        candidate = tmp_path / f"lane{n}" / str(number)
        if candidate.exists():
            crew.run(jobs.tag_and_push, str(root), str(candidate))
    assert [len(version.releases) for version in reopened(root).versions()].count(1) == len(model.versions())


def test_i2_two_processes_killed_at_once_lose_no_acknowledged_event(
    crew: Crew, root: Path, tmp_path: Path
) -> None:
    lanes = [Lane(crew, root, tmp_path / f"lane{n}", 1000 * n) for n in (1, 2, 3)]
    moments = random.Random(SEED)
    for _ in range(10):
        time.sleep(moments.uniform(0.01, 0.08))  # the random moment
        for lane in lanes:
            lane.worker.kill()
        model = reopened(root)
        for lane in lanes:
            for _, version, release in lane.acknowledged():
                assert model.state.releases[release].version == version
            lane.restart()
    for lane in lanes:
        lane.worker.kill()


class Scenario:
    """A root as it is before a job, and the job that dies at each of its steps."""

    def __init__(self, crew: Crew, before: Path, work: Path) -> None:
        self._crew = crew
        self._before = before
        self._work = work

    def run(self, job: str, *args: Any, deleted: str = "") -> int:
        """Kills the job before its first step, its second, and so on; checks the registry after each.

        Returns:
            How many steps the job has.
        """
        for step in itertools.count(1):
            root = self._work / str(step)
            shutil.copytree(self._before, root)
            worker = self._crew.worker(jobs.die_at, step, job, str(root), *args).go()
            try:
                worker.result()
            except EOFError:
                worker.wait()
            else:
                return step - 1
            self._check(root, args, deleted)
            shutil.rmtree(root)
        raise AssertionError

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        base = root / "penguin"
        releases = observer.seen(str(base))
        digests = {number: digest_tree(base / number).digest for number in releases}
        model = reopened(root, deleted=deleted)
        for number, digest in digests.items():
            assert model.version(number).digest == digest
        if args:
            candidate = Path(args[0])
            model.push_unchecked(candidate, model.tag(candidate).version, reason="the retry")
            model = reopened(root)
        assert all(len(version.releases) <= 1 for version in model.versions())


@pytest.fixture
def before(crew: Crew, tmp_path: Path, make_candidate: Make) -> Path:
    """A root with one release."""
    root = Registry.create(tmp_path / "before").root
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(1)))
    return root


def test_i1_i2_a_publisher_may_die_before_any_step(
    crew: Crew, before: Path, tmp_path: Path, make_candidate: Make
) -> None:
    steps = Scenario(crew, before, tmp_path / "work").run("tag_and_push", str(make_candidate(2)))
    assert steps > 40


def test_i1_who_finishes_what_another_left_may_die_before_any_step(
    crew: Crew, before: Path, tmp_path: Path, make_candidate: Make
) -> None:
    model = Registry.open(before).model("penguin")
    versions = {n: crew.run(jobs.tag, str(before), str(make_candidate(n))) for n in (2, 3)}
    stops = {
        2: ("os.link", "/log/"),
        3: ("os.rename", "/before/penguin/"),
    }  # leaving staging, and a release to expose
    stopped = [
        crew.worker(jobs.pause_at, [stops[n]], "push", str(before), str(make_candidate(n)), versions[n]).go()
        for n in (2, 3)
    ]
    for worker in stopped:
        worker.wait_for("paused")
    for n in range(40):  # enough for a checkpoint
        model.quarantine("1.0.0", reason=str(n))
        model.unquarantine("1.0.0", reason=str(n))
    for worker in stopped:
        worker.kill()
    assert len(list(before.glob(".hallmark/penguin/staging/*/model"))) == 2
    assert not (before / ".hallmark/penguin/checkpoint").exists()
    steps = Scenario(crew, before, tmp_path / "work").run("look")
    assert steps > 20


def test_i7_who_restores_a_release_may_die_before_any_step(
    crew: Crew, before: Path, tmp_path: Path, make_candidate: Make
) -> None:
    shutil.rmtree(before / "penguin/1")
    steps = Scenario(crew, before, tmp_path / "work").run("tag_and_push", str(make_candidate(1)), deleted="1")
    assert steps > 20


def test_a_kill_leaves_nothing_but_staging(crew: Crew, before: Path, make_candidate: Make) -> None:
    files = {path for path in before.rglob("*") if "objects" not in path.parts}
    job = crew.worker(jobs.pause_at, [("os.link", "/log/")], "tag", str(before), str(make_candidate(2)))
    job.go().wait_for("paused").kill()
    Registry.open(before).model("penguin")
    assert {path for path in before.rglob("*") if "objects" not in path.parts} == files
