"""A registry with a history, built through the public API, and ways to run `hallmark` on it."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.cli.git_clones import git, make_clone, trained
from tests.conftest import listing
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue, VersionAt

HOSTILE = "\x1b[2J\x1b]0;owned\x07[bold red]boo[/bold red] \u202eevil\r\nsecond line\x9b31m"
WIDE = "ペンギン分類器🐧"
COMPONENTS = Path(__file__).parents[2] / "components"
RULES = """\
values:
  - {metric: accuracy, min: 0.5}
changes:
  - {metric: accuracy, direction: higher_is_better, absolute: 0}
  - {metric: accuracy, slice: "island:*", direction: higher_is_better, absolute: -0.1}
required_slices: ["island:Dream"]
slice_min_examples: 50
"""


def change(metric: str, where: str, candidate: float, baseline: float | None) -> Comparison:
    return Comparison(
        metric=metric,
        slice=where,
        rule="change",
        absolute=0.0,
        direction="higher_is_better",
        candidate=candidate,
        baseline=baseline,
    )


def evaluation(accuracy: float, baseline: VersionAt | None, *, before: float = 0.8) -> Evaluation:
    compared = None if baseline is None else before
    evidence = Evidence(
        validation_ok=True,
        comparisons=(
            Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=accuracy),
            Comparison(metric="auc", slice=OVERALL, rule="value", lower=0.6, candidate=0.97),
            change("accuracy", "island:Biscoe", accuracy, compared),
            change("accuracy", OVERALL, accuracy, compared),
        ),
        metrics=tuple(
            MetricValue(metric="accuracy", slice=where, value=accuracy)
            for where in (OVERALL, "island:Biscoe")
        ),
        baseline_metrics=(MetricValue(metric="accuracy", slice=OVERALL, value=before),) if baseline else (),
    )
    return Evaluation(blessed=1, baseline=baseline, compared=baseline is not None, evidence=evidence)


PROVENANCE = Provenance(
    data=DataSource(uri="/data/CsvExampleGen/examples/1", splits=("train", "eval"), span="7"),
    code=Code(module="trainer.py", commit="0123abc", dirty=True),
    hyperparameters={"learning_rate": 0.01, "optimizer": "adam"},
    train_args={"num_steps": 200},
    seed=42,
    environment=Environment(
        python="3.11.4",
        platform="Linux x86_64",
        cpus=2,
        memory=16_000_000_000,
        packages={"tensorflow": "2.21.0"},
        all_packages="b3:" + "0" * 64,
    ),
    run=Run(pipeline="penguin", run_id="run-1", model_uri="/artifacts/Trainer/model/6"),
)


def _write_history(root: Path, candidates: Path) -> None:
    model = Registry.create(root).model("penguin")

    def candidate(number: int) -> Path:
        return change_weights(copy_saved_model("linear", candidates / str(number)), number)

    first = candidate(1)
    model.tag(first, provenance=lambda _: PROVENANCE, description=WIDE, notes={"ticket": "A-1"})
    model.push(first, "1.0.0", evaluation(0.8, None))
    stable = model.state.stable_at

    worse = candidate(2)
    model.tag(worse, provenance=lambda _: PROVENANCE)
    model.push(worse, "1.0.1", evaluation(0.8, stable))

    better = candidate(3)
    model.tag(better, provenance=lambda _: PROVENANCE)
    model.push(better, "1.0.2", evaluation(0.9, stable), actor="pipeline")

    late = candidate(4)
    model.tag(late, provenance=lambda _: PROVENANCE)
    model.push(late, "1.0.3", evaluation(0.95, stable))

    forced = candidate(5)
    model.tag(forced, provenance=lambda _: PROVENANCE, description=HOSTILE)
    model.push_unchecked(forced, "1.0.4", reason=HOSTILE, actor=HOSTILE, label="canary")
    model.tag(candidate(6), provenance=lambda _: PROVENANCE)
    model.quarantine("1.0.5", reason="leaked labels")

    breaking = copy_saved_model("two_signatures", candidates / "breaking")
    model.tag(breaking)

    Registry.open(root).model("seal").tag(first)


@pytest.fixture(scope="session")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a registry; tests only read it."""
    root = tmp_path_factory.mktemp("registry")
    _write_history(root, tmp_path_factory.mktemp("candidates"))
    return root


@pytest.fixture
def penguin(history: Path) -> Model:
    return Registry.open(history).model("penguin")


@pytest.fixture
def hallmark(history: Path) -> Callable[..., Any]:
    """Runs the command on the registry in this process: arguments -> result with .exit_code .stdout .stderr."""

    def run(*arguments: str, **environment: str) -> Any:
        env = {"HALLMARK_ROOT": str(history), "COLUMNS": None, **environment}
        return CliRunner(env=env).invoke(app, list(arguments))

    return run


@pytest.fixture
def answer(hallmark: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command with --json and gives the document."""

    def run(*arguments: str) -> Any:
        result = hallmark(*arguments, "--json")
        assert result.exit_code == 0, result.stderr
        assert result.stderr == ""
        return json.loads(result.stdout)

    return run


@pytest.fixture
def run(hallmark: Callable[..., Any], root: Path) -> Callable[..., Any]:
    """Runs the command on the registry of this test, which it may change."""

    def runs(*arguments: object, **environment: str) -> Any:
        return hallmark(*map(str, arguments), HALLMARK_ROOT=str(root), **environment)

    return runs


@pytest.fixture
def told(run: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command on the registry of this test with --json and gives the document."""

    def runs(*arguments: object) -> Any:
        result = run(*arguments, "--json")
        assert (result.exit_code, result.stderr) == (0, "")
        return json.loads(result.stdout)

    return runs


@pytest.fixture
def wrong(run: Callable[..., Any], root: Path) -> Callable[..., str]:
    """Expects one line of complaint, an exit code and nothing changed; gives the line."""

    def runs(code: int, *arguments: object) -> str:
        before = listing(root)
        result = run(*arguments)
        assert (result.exit_code, result.stdout) == (code, ""), result.output
        # Click shows how the command is used before its own complaints.
        line = str(result.stderr).splitlines()[-1]
        assert line.startswith("hallmark: ") is (result.stderr.count("\n") == 1)
        assert listing(root) == before
        return line

    return runs


@pytest.fixture
def rules(tmp_path: Path) -> Callable[[str], Path]:
    """Writes rules for the gate, RULES or others, into a file."""

    def write(text: str) -> Path:
        file = tmp_path / "gate.yaml"
        file.write_text(text)
        return file

    return write


@pytest.fixture
def process(history: Path) -> Callable[..., Any]:
    """Runs Python with the package importable in a process of its own."""

    def run(*arguments: str, **options: Any) -> Any:
        environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_ROOT": str(history)}
        environment |= options.pop("environment", {})
        command = [sys.executable, *arguments]
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.run(command, env=environment, text=True, check=False, **options)

    return run


@pytest.fixture
def plain_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings of whoever runs the tests."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")


@pytest.fixture
def clone(plain_git: None, tmp_path: Path) -> Path:
    """Where `commits` has made a git repository."""
    return tmp_path / "source"


@pytest.fixture
def commits(clone: Path) -> list[str]:
    """The two commits of a git repository, oldest first."""
    return make_clone(clone)


@pytest.fixture
def of_commits(model: Model, commits: list[str], tmp_path: Path) -> Model:
    """Versions 1.0.0 of the first commit, stable and judged, and 1.0.1 of the second, tagged only."""
    candidate = trained(model, 1, tmp_path / "candidates", commits[0])
    model.push(candidate, "1.0.0", evaluation(0.9, None))
    trained(model, 2, tmp_path / "candidates", commits[1])
    return model


@pytest.fixture
def hub(clone: Path, commits: list[str], tmp_path: Path) -> Path:
    """A bare repository that the clone may push to, as `hub`."""
    path = tmp_path / "hub.git"
    git(tmp_path, "init", "--quiet", "--bare", str(path))
    git(clone, "remote", "add", "hub", str(path))
    return path
