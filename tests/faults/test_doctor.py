"""`hallmark doctor --fix` on what killed processes leave; it may be killed itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.faults import jobs
from tests.faults.crew import Crew
from tests.faults.test_kill import Scenario
from tests.faults.test_many_processes import reopened
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
COMMIT = [("os.link", "/.hallmark/penguin/log/")]
EXPOSURE = [("os.rename", "/serving/penguin/")]


def doctor(root: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Runs `hallmark doctor`; gives its exit code, and what it says as JSON."""
    result = CliRunner().invoke(app, ["doctor", "--root", str(root), "--json", *options])
    assert result.exit_code in (0, 1), result.output
    return result.exit_code, json.loads(result.stdout)


def codes(answer: dict[str, Any], key: str = "findings") -> list[str]:
    return [one["code"] for one in answer[key]]


def shown(root: Path) -> dict[int, str]:
    return {int(path.name): digest_tree(path).digest for path in root.glob("penguin/*")}


@pytest.fixture
def two(crew: Crew, root: Path, make_candidate: Make) -> Path:
    """A root with releases 1 and 2, of versions 1.0.0 and 1.0.1."""
    for number in (1, 2):
        crew.run(jobs.tag_and_push, str(root), str(make_candidate(number)))
    return root


def kill_a_rollback(crew: Crew, root: Path) -> None:
    """Leaves release 3, of version 1.0.0, committed but not exposed."""
    crew.worker(jobs.pause_at, EXPOSURE, "roll_back", str(root), "1.0.0").go().wait_for("paused").kill()


def kill_a_push(crew: Crew, root: Path, candidate: Path) -> None:
    """Leaves staging that no release waits in."""
    version = crew.run(jobs.tag, str(root), str(candidate))
    push = crew.worker(jobs.pause_at, COMMIT, "push", str(root), str(candidate), version)
    push.go().wait_for("paused").kill()


def kill_a_pruning(crew: Crew, root: Path, make_candidate: Make) -> None:
    """Leaves release 1 pruned but there, and 2 to 4 as they are."""
    for number in (3, 4):
        crew.run(jobs.tag_and_push, str(root), str(make_candidate(number)))
    retiring = [("os.rename", "/penguin/1")]
    crew.worker(jobs.pause_at, retiring, "prune", str(root)).go().wait_for("paused").kill()


@pytest.fixture(params=["rollback", "push", "pruning"])
def left(
    request: pytest.FixtureRequest, crew: Crew, two: Path, make_candidate: Make
) -> tuple[Path, list[str], set[int]]:
    """A root where something was killed, what doctor calls that, and the releases that there shall be."""
    if request.param == "rollback":
        kill_a_rollback(crew, two)
        return two, ["release-not-exposed"], {1, 2, 3}
    if request.param == "push":
        kill_a_push(crew, two, make_candidate(3))
        return two, ["staging-left"], {1, 2}
    kill_a_pruning(crew, two, make_candidate)
    return two, ["release-not-deleted", "staging-left"], {2, 3, 4}


def test_doctor_tells_what_was_left_and_changes_nothing_without_fix(
    left: tuple[Path, list[str], set[int]],
) -> None:
    root, found, _ = left
    before = listing(root)
    for options in ((), ("--fix", "--dry-run")):
        exit_code, answer = doctor(root, *options)
        assert exit_code == 1
        assert codes(answer) == found
        assert codes(answer, "mended") == (found if options else [])
        assert listing(root) == before


def test_doctor_fix_finishes_what_was_left_and_a_second_time_does_nothing(
    left: tuple[Path, list[str], set[int]],
) -> None:
    root, found, releases = left
    exit_code, answer = doctor(root, "--fix")
    assert (exit_code, codes(answer, "mended"), codes(answer)) == (0, found, [])
    assert {one["error"] for one in answer["mended"]} == {None}
    mended = listing(root)
    assert doctor(root, "--fix")[1]["mended"] == []
    assert listing(root) == mended
    reopened(root)
    assert set(shown(root)) == releases


def test_doctor_fix_makes_a_lost_release_anew_from_its_twin(crew: Crew, two: Path) -> None:
    crew.run(jobs.roll_back, str(two), "1.0.0")
    whole = shown(two)
    for lost in ("penguin/1", "penguin/3"):
        shutil.rmtree(two / lost)
        exit_code, answer = doctor(two)
        assert (exit_code, codes(answer)) == (1, ["release-missing"])
        assert doctor(two, "--fix")[0] == 0
        assert shown(two) == whole
    assert (two / "penguin/1/saved_model.pb").stat().st_ino == (
        two / "penguin/3/saved_model.pb"
    ).stat().st_ino


def test_i9_doctor_fix_brings_no_release_back_of_a_version_in_quarantine(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    crew.run(jobs.roll_back, str(two), "1.0.0")  # releases 1 and 3 hold the same
    crew.run(jobs.tag_and_push, str(two), str(make_candidate(3)))
    crew.run(jobs.quarantine, str(two), "1.0.0")
    assert reopened(two).state.labels == {"stable": 4}
    shutil.rmtree(two / "penguin/1")
    before = listing(two)
    exit_code, answer = doctor(two, "--fix")
    assert (exit_code, codes(answer), answer["mended"]) == (1, ["release-missing"], [])
    assert listing(two) == before


def test_i8_doctor_fix_makes_nothing_of_a_twin_whose_bytes_were_changed(crew: Crew, two: Path) -> None:
    crew.run(jobs.roll_back, str(two), "1.0.0")
    shutil.rmtree(two / "penguin/1")
    graph = two / "penguin/3/saved_model.pb"
    data = bytearray(graph.read_bytes())
    data[len(data) // 2] ^= 1
    graph.chmod(0o644)
    graph.write_bytes(data)
    exit_code, answer = doctor(two, "--fix")
    assert exit_code == 1
    assert codes(answer) == ["release-missing"]
    assert "no longer holds" in answer["mended"][0]["error"]
    assert set(shown(two)) == {2, 3}


def test_i1_what_a_living_process_is_doing_is_no_finding(crew: Crew, two: Path, make_candidate: Make) -> None:
    version = crew.run(jobs.tag, str(two), str(make_candidate(3)))
    arguments = ("push", str(two), str(make_candidate(3)), version)
    slow = crew.worker(jobs.pause_at, [*COMMIT, *EXPOSURE], *arguments).go().wait_for("paused")
    assert doctor(two, "--fix") == (0, doctor(two)[1])
    slow.tell("go on").wait_for("paused")  # committed now, and about to be exposed
    doctor(two, "--fix")
    assert slow.tell("go on").result() == (3, False)
    assert doctor(two)[0] == 0
    reopened(two)


class Mended(Scenario):
    """A root with everything a kill can leave; whatever step of its mending a process dies at, another mends it."""

    def __init__(self, crew: Crew, before: Path, work: Path, *, after: dict[int, str]) -> None:
        super().__init__(crew, before, work)
        self._after = after
        self._events = reopened_log(before)

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        for number, digest in shown(root).items():
            assert digest == self._after.get(number, digest)
        exit_code, answer = doctor(root, "--fix")
        assert (exit_code, answer["findings"]) == (0, [])
        assert shown(root) == self._after
        assert reopened_log(root) == self._events  # doctor writes no event
        reopened(root)


def reopened_log(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.glob(".hallmark/penguin/log/*.json")}


@pytest.mark.slow
def test_i1_i2_doctor_fix_may_die_before_any_step(
    crew: Crew, two: Path, tmp_path: Path, make_candidate: Make
) -> None:
    for to in ("1.0.0", "1.0.1"):
        crew.run(jobs.roll_back, str(two), to)  # releases 3 and 4
    whole = shown(two)
    version = crew.run(jobs.tag, str(two), str(make_candidate(3)))
    push = crew.worker(jobs.pause_at, COMMIT, "push", str(two), str(make_candidate(3)), version)
    push.go().wait_for("paused")  # first, for opening the model would expose what the rollback leaves
    rollback = crew.worker(jobs.pause_at, EXPOSURE, "roll_back", str(two), "1.0.0").go().wait_for("paused")
    for worker in (rollback, push):
        worker.kill()
    shutil.rmtree(two / "penguin/2")
    found = {finding["code"] for finding in doctor(two)[1]["findings"]}
    assert found == {"release-missing", "release-not-exposed", "staging-left"}
    after = {**whole, 5: whole[1]}
    assert Mended(crew, two, tmp_path / "work", after=after).run("mend") > 15
