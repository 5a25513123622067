"""Steps of `models.config` while another process publishes, and after one was killed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew
from tests.faults.test_doctor import codes, doctor
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
EXPOSURE = [("os.rename", "/serving/penguin/")]
REWRITE = [("os.rename", "/serving/models.config")]


@pytest.fixture
def two(crew: Crew, root: Path, make_candidate: Make) -> Path:
    """A root with the policy `labels`, and releases 1 and 2, of which all servers know."""
    set_in(root, serving_policy="labels")
    for number in (1, 2):
        crew.run(jobs.publish, str(root), str(make_candidate(number)))
    for _ in range(2):
        looked_at(root).serving.apply()
    assert looked_at(root).serving.plan().steps == ()
    return root


def looked_at(root: Path) -> Model:
    return Registry.open(root).look_at("penguin")


def config(root: Path) -> str:
    return (root / "models.config").read_text()


def test_what_serves_stays_listed_while_another_process_is_about_to_expose_a_release(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    publish = crew.worker(jobs.pause_at, EXPOSURE, "publish", str(two), str(make_candidate(3)))
    publish.go().wait_for("paused")
    assert looked_at(two).state.labels == {"stable": 3}
    looked_at(two).serving.apply(loaded={1, 2})
    present = looked_at(two).serving.plan().present
    assert present is not None
    assert present.labels == {"stable": 2}
    assert publish.tell("go on").result() == 3
    present = looked_at(two).serving.plan().present
    assert present is not None
    assert (present.versions, present.labels, present.loading) == ((2, 3), {"stable": 2}, (3,))


def test_i9_doctor_fix_takes_the_step_that_a_killed_quarantine_has_left(crew: Crew, two: Path) -> None:
    before = config(two)
    crew.worker(jobs.pause_at, REWRITE, "quarantine", str(two), "1.0.1").go().wait_for("paused").kill()
    assert looked_at(two).state.labels == {"stable": 1}
    for options in ((), ("--fix", "--dry-run")):
        assert codes(doctor(two, *options)[1])[0] == "config-out-of-step"
        assert config(two) == before
    exit_code, answer = doctor(two, "--fix")
    assert (exit_code, codes(answer)) == (0, [])
    assert "config-out-of-step" in codes(answer, "mended")
    present = looked_at(two).serving.plan().present
    assert present is not None
    assert (present.versions, present.labels) == ((1,), {"stable": 1})


def test_doctor_fix_lists_the_release_that_it_has_just_given_its_number(
    crew: Crew, two: Path, make_candidate: Make
) -> None:
    publish = crew.worker(jobs.pause_at, EXPOSURE, "publish", str(two), str(make_candidate(3)))
    publish.go().wait_for("paused").kill()
    exit_code, answer = doctor(two, "--fix")
    # The label moves once the servers have loaded it, which doctor does not know.
    assert (exit_code, codes(answer)) == (1, ["config-out-of-step"])
    present = looked_at(two).serving.plan().present
    assert present is not None
    assert (present.versions, present.labels, present.loading) == ((2, 3), {"stable": 2}, (3,))
    assert "once every model server has loaded release 3" in answer["findings"][0]["repair"]
    assert doctor(two, "--fix")[1]["mended"] == []
