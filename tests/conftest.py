"""What most tests start from: a registry root, different small real models, and an evaluation of one."""

import contextlib
import fcntl
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest

from tests.delivery.receiver import Receiver
from tests.registry.evaluated import push_two
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, VersionAt

# No deadline, for a machine may be busy; the same examples in every run, for a test that fails now and then
# tells nobody anything. `--hypothesis-profile explore` tries new ones.
hypothesis.settings.register_profile("explore", deadline=None)
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.load_profile("repeatable")


HERE = Path(__file__).parent
# What a folder's tests need; a test of another folder says it by itself.
NEEDS = {
    "airflow": ["tfx", "servers"],
    "beam": ["tfx"],
    "browser": ["tfx", "servers"],
    "databases": ["tfx", "servers"],
    "kubeflow": ["tfx"],
    "notebooks": ["tfx"],
    "orchestrators": ["tfx"],
    "tfx": ["tfx"],
}


def pytest_configure(config: pytest.Config) -> None:
    """Delete what libraries leave in the folder for temporary files; pytest's own, kept on failure, is beside."""
    os.environ.pop("COLUMNS", None)  # what commands print does not depend on whose terminal this is
    if hasattr(config, "workerinput"):
        return  # inherited
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())
    ours = tempfile.TemporaryDirectory(prefix="hallmark-tests-", ignore_cleanup_errors=True)
    Path(ours.name).chmod(0o1777)  # like /tmp itself: database servers and some tests go on as another user
    os.environ["TMPDIR"] = tempfile.tempdir = ours.name
    config.add_cleanup(ours.cleanup)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for marker in NEEDS.get(item.path.relative_to(HERE).parts[0], []):
            item.add_marker(marker)


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets no command that runs in this process tell how far it has come, only because the machine is busy."""
    monkeypatch.setattr("tfx_hallmark.cli.progress._SECONDS", 3600.0)


@pytest.fixture(scope="session")
def told_here(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> dict[str, Any]:
    """What LocalDagRunner makes of the three runs of the penguin pipeline; run once for all worker processes."""
    from tests.orchestrators import local
    from tests.orchestrators.story import tell

    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    story = shared / "local-story.json"
    with (shared / "local-story.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not story.exists():
            with local.orchestrator(tmp_path_factory.mktemp("local")) as here:
                story.write_text(json.dumps(tell(here)))
        told: dict[str, Any] = json.loads(story.read_text())
        return told


@pytest.fixture(scope="session")
def demo_here(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """What `make demo` leaves: `registry/`, `metadata.sqlite`, `pipeline/`; made once for all worker processes.

    To be read only; a test that changes something copies what it changes. Beside it lies `demo.printed`.
    """
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    demo = shared / "demo"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (shared / "demo.done").exists():
            command = [sys.executable, "-m", "pipeline.demo", "--out", str(demo)]
            done = subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
            (shared / "demo.printed").write_text(done.stdout)
            (shared / "demo.done").touch()
    return demo


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Takes webhooks, and fails when it is told to."""
    taking = Receiver()
    yield taking
    taking.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A registry root without models."""
    return Registry.create(tmp_path / "serving").root


@pytest.fixture
def model(root: Path) -> Model:
    """The model `penguin`, without versions yet."""
    return Registry.open(root).model("penguin")


@pytest.fixture
def make_candidate(tmp_path: Path) -> Callable[[int], Path]:
    """Makes a servable model; each number gives other weights, the same number the same bytes."""

    def make(number: int) -> Path:
        path = tmp_path / "candidates" / str(number)
        return path if path.exists() else change_weights(copy_saved_model("linear", path), number)

    return make


@pytest.fixture
def publish(model: Model, make_candidate: Callable[[int], Path]) -> Callable[..., str]:
    """Publishes another model past the gate and gives its version."""

    def push(number: int, *, label: str = "stable") -> str:
        version = model.tag(make_candidate(number)).version
        model.push_unchecked(make_candidate(number), version, reason="a test", label=label)
        return version

    return push


@pytest.fixture
def three(publish: Callable[..., str]) -> list[str]:
    """Three versions, stable one after the other as releases 1, 2 and 3."""
    return [publish(number) for number in (1, 2, 3)]


@pytest.fixture
def two(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """The model with 1.0.0, and 1.0.1, which was measured beside it, beat it and is stable."""
    return push_two(model, make_candidate)


@pytest.fixture
def make_evaluation() -> Callable[..., Evaluation]:
    """Makes the evaluation of a candidate whose accuracy must be at least 0.5 and above the baseline's."""

    def make(accuracy: float, *, baseline: VersionAt | None = None, before: float = 0.6) -> Evaluation:
        value = Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=accuracy)
        change = Comparison(
            metric="accuracy",
            slice=OVERALL,
            rule="change",
            absolute=0.0,
            direction="higher_is_better",
            candidate=accuracy,
            baseline=None if baseline is None else before,
        )
        evidence = Evidence(validation_ok=True, comparisons=(value, change))
        return Evaluation(blessed=1, baseline=baseline, compared=baseline is not None, evidence=evidence)

    return make


def listing(root: Path) -> dict[str, tuple[int, bytes]]:
    """Gives everything under a directory: path, mode, and bytes or what a link leads to."""
    found = {}
    for path in root.rglob("*"):
        status = path.lstat()
        data = (
            path.read_bytes()
            if path.is_file()
            else str(path.readlink()).encode()
            if path.is_symlink()
            else b""
        )
        found[str(path.relative_to(root))] = (status.st_mode, data)
    return found


def outside_stamps(root: Path) -> dict[str, tuple[int, bytes]]:
    """Gives the same without stamps: linking a release's files elsewhere moves their times, and so its stamp."""
    return {path: entry for path, entry in listing(root).items() if "/stamps" not in path}


@contextlib.contextmanager
def refusal(look: Callable[[], object], error: type[HallmarkError], *parts: object) -> Iterator[None]:
    """Expects one error of ours: its class, its one line with these parts, and what `look` sees unchanged by it."""
    before = look()
    with pytest.raises(error) as caught:
        yield
    message = str(caught.value)
    assert caught.type is error
    assert "\n" not in message
    for part in parts:
        assert str(part) in message
    assert look() == before


@pytest.fixture
def refused(root: Path) -> Callable[..., contextlib.AbstractContextManager[None]]:
    """Expects one error of ours: its class, its one line with these parts, and nothing changed by it."""

    def expect(
        error: type[HallmarkError], *parts: object, unchanged: Path = root
    ) -> contextlib.AbstractContextManager[None]:
        return refusal(lambda: listing(unchanged), error, *parts)

    return expect
