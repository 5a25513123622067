"""What `make demo` leaves, brought to a real MLflow server."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.mirrors.mlflow.seen import aliases_of, client, everything, registered, runs_of
from tests.mirrors.mlflow.servers import Cut
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.registry import Registry

pytestmark = [pytest.mark.tfx, pytest.mark.servers]
COMPONENTS = Path(__file__).parents[3] / "components"


@pytest.fixture
def root(demo_here: Path, tmp_path: Path) -> Path:
    """The demo's registry, for this test to change."""
    shutil.copytree(demo_here / "registry", tmp_path / "registry")
    return tmp_path / "registry"


def hallmark(root: Path, *arguments: str) -> Any:
    return CliRunner(env={"HALLMARK_ROOT": str(root), "HALLMARK_METADATA": ""}).invoke(app, list(arguments))


def mirror(root: Path, address: str) -> Any:
    return hallmark(root, "mirror", f"mlflow:{address}", "penguin")


def clear(server: str) -> None:
    """Deletes what the server has of any model."""
    mlflow = client(server)
    for model in mlflow.search_registered_models():
        mlflow.delete_registered_model(model.name)
    for experiment in mlflow.search_experiments():
        for run in mlflow.search_runs([experiment.experiment_id]):
            mlflow.delete_run(run.info.run_id)


@pytest.fixture
def fresh(server: str) -> str:
    """The server, with nothing of this model in it."""
    clear(server)
    return server


def test_versions_metrics_aliases_and_refusals_are_there_and_a_second_time_changes_nothing(
    root: Path, fresh: str
) -> None:
    done = hallmark(root, "mirror", f"mlflow:{fresh}", "penguin", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    penguin = Registry.open(root).model("penguin")
    assert [one["version"] for one in answer["versions"]] == ["1.0.0", "1.1.0", "1.2.0"]
    assert answer["labels"] == {"stable": "1.2.0"}

    runs = runs_of(fresh)
    assert set(runs) == {"1.0.0", "1.1.0", "1.2.0"}
    for one in answer["versions"]:
        run, version = runs[one["version"]], penguin.version(one["version"])
        assert one["link"] == f"{fresh}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
        assert run.data.metrics == {
            f"{where}/{name}": value
            for where, values in version.metrics.items()
            for name, value in values.items()
        } | dict(version.training_curve.epochs[-1].metrics)  # type: ignore[union-attr]
        assert run.data.params["learning_rate"] == str(
            version.manifest.provenance.hyperparameters["learning_rate"]
        )
        assert run.data.tags["hallmark.digest"] == version.digest
        assert run.data.tags["mlflow.source.git.commit"] == version.manifest.provenance.code.commit  # type: ignore[union-attr]
        assert run.data.tags["hallmark.mlmd.model_id"] == version.manifest.provenance.run.model_id  # type: ignore[union-attr]
        (data,) = run.inputs.dataset_inputs
        assert version.manifest.provenance.data.digest.startswith(data.dataset.digest)  # type: ignore[union-attr]

    refused = runs["1.1.0"].data.tags
    verdict = penguin.version("1.1.0").verdict
    assert verdict is not None
    assert refused["hallmark.outcome"] == "refused"
    assert refused["hallmark.verdict"] == verdict.sentence
    assert refused["hallmark.reasons"].count("threshold_missed: ") > 1
    assert set(registered(fresh)) == {"1.0.0", "1.2.0"}
    assert aliases_of(fresh) == {"stable": "1.2.0"}

    before = everything(fresh)
    assert json.loads(before["runs"]["1.1.0"]["files"]["verdict.json"])["outcome"] == "refused"
    again = hallmark(root, "mirror", f"mlflow:{fresh}", "penguin", "--json")
    assert json.loads(again.stdout) == answer
    assert everything(fresh) == before


def test_a_rollback_moves_the_alias(root: Path, fresh: str) -> None:
    assert hallmark(root, "mirror", f"mlflow:{fresh}", "penguin").exit_code == 0
    assert hallmark(root, "rollback", "penguin", "--reason", "a test").exit_code == 0
    assert aliases_of(fresh) == {"stable": "1.2.0"}
    done = hallmark(root, "mirror", f"mlflow:{fresh}", "penguin", "--version", "stable")
    assert done.exit_code == 0, done.output
    assert aliases_of(fresh) == {"stable": "1.0.0"}
    assert registered(fresh)["1.0.0"].tags["hallmark.releases"] == "1, 3"


def test_killed_half_way_it_is_completed_the_next_time(root: Path, fresh: str) -> None:
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "mirror"]
    environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_ROOT": str(root)}
    with Cut(fresh, hold=True) as way:
        assert mirror(root, way.address).exit_code == 0
        wanted = everything(fresh, ids=False)
        clear(fresh)
        way.let(way.seen // 2)
        process = subprocess.Popen([*command, f"mlflow:{way.address}", "penguin"], env=environment)
        assert way.reached.wait(120)
        process.kill()
        assert process.wait() != 0
        assert set(runs_of(fresh)) < {"1.0.0", "1.1.0", "1.2.0"}
    assert mirror(root, fresh).exit_code == 0
    assert everything(fresh, ids=False) == wanted


def test_cut_off_anywhere_it_says_so_in_a_line_and_is_completed(root: Path, fresh: str) -> None:
    with Cut(fresh) as way:
        assert mirror(root, way.address).exit_code == 0
        wanted, requests = everything(fresh, ids=False), way.seen
        clear(fresh)
        cuts = 0
        # Each attempt goes on from what the one before has left, so they are cut off between many two steps.
        for through in range(2, requests, 7):
            way.let(through)
            done = mirror(root, way.address)
            if way.reached.is_set():
                cuts += 1
                assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1)
                assert done.stderr.startswith(f"hallmark: MLflow at {way.address} failed: ")
        assert cuts > 3
        way.let(None)
        assert mirror(root, way.address).exit_code == 0
    assert everything(fresh, ids=False) == wanted
