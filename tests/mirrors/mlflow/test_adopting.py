"""`hallmark adopt mlflow:NAME`: registered versions of MLflow become versions here."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.mirrors.mlflow.seen import client
from tests.saved_models import copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.registry import Registry

REMOTE = "git@example.org:birds.git"


@pytest.fixture
def place(database: str, make_candidate: Callable[[int], Path], tmp_path: Path) -> str:
    """An MLflow with a registered model `bird`.

    Version 1 is a SavedModel in the folder that MLflow's flavour gives it; 2 is none; 3 has other
    weights, and lies bare; 4 is version 1 again; 5 has another signature; the files of 6 are gone.
    All were made by one run.
    """
    mlflow = client(database)
    experiment = mlflow.create_experiment("birds", (tmp_path / "artifacts").as_uri())
    tags = {"mlflow.source.git.commit": "ab12cd3", "mlflow.source.git.repoURL": REMOTE}
    run = mlflow.create_run(experiment, tags=tags).info.run_id
    for name, value in {
        "learning_rate": "0.01",
        "layers": "[8, 4]",
        "optimizer": "adam",
        "seed": "7",
    }.items():
        mlflow.log_param(run, name, value)
    mlflow.log_metric(run, "accuracy", 0.7, step=1)
    mlflow.log_metric(run, "accuracy", 0.9, step=2)
    mlflow.create_registered_model("bird")
    wrapped, other = tmp_path / "wrapped", tmp_path / "other"
    shutil.copytree(make_candidate(1), wrapped / "data" / "model")
    (wrapped / "MLmodel").write_text("flavors: {tensorflow: {saved_model_dir: data/model}}\n")
    other.mkdir()
    (other / "model.pkl").write_bytes(b"no SavedModel")
    breaking = copy_saved_model("two_signatures", tmp_path / "breaking")
    for folder in (wrapped, other, make_candidate(2), wrapped, breaking, tmp_path / "gone"):
        mlflow.create_model_version("bird", folder.as_uri(), run, description=f"from {folder.name}")
    mlflow.set_registered_model_alias("bird", "champion", "3")
    return database


@pytest.fixture
def adopt(place: str, root: Path) -> Callable[..., Any]:
    def run(*arguments: str) -> Any:
        given = ["adopt", "mlflow:bird", "--tracking-uri", place, "--root", str(root), *arguments]
        return CliRunner(env={"HALLMARK_METADATA": ""}).invoke(app, given)

    return run


def test_every_saved_model_becomes_a_version_and_the_rest_is_left_out_with_the_reason(
    adopt: Callable[..., Any], place: str, root: Path
) -> None:
    before = listing(root)
    rehearsed = adopt("--dry-run", "--json")
    assert listing(root) == before
    done = adopt("--json")
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    answer = json.loads(done.stdout)
    assert {**answer, "dry_run": True} == json.loads(rehearsed.stdout)
    by_number = {one["number"]: one for one in answer["versions"]}
    assert {number: one["version"] for number, one in by_number.items()} == {
        1: "1.0.0",
        2: None,
        3: "1.0.1",
        4: "1.0.0",
        5: "2.0.0",
        6: None,
    }
    assert by_number[2]["left_out"] == "it holds no TensorFlow SavedModel"
    assert "cannot be read" in by_number[6]["left_out"]
    assert by_number[3]["aliases"] == ["champion"]
    assert by_number[4]["already"] is True

    bird = Registry.open(root).model("bird")
    assert bird.state.labels == {}
    assert bird.state.releases == {}
    first = bird.version("1.0.0")
    made = first.manifest.provenance
    assert made.hyperparameters == {"learning_rate": 0.01, "layers": [8, 4], "optimizer": "adam", "seed": 7}
    assert made.seed == 7
    assert made.code is not None
    assert (made.code.commit, made.code.remote) == ("ab12cd3", REMOTE)
    assert made.run is not None
    assert made.run.model_uri == "models:/bird/1"
    assert first.description == "from wrapped"
    assert first.metrics == {"Overall": {"accuracy": 0.9}}
    assert (first.notes["mlflow_uri"], first.notes["mlflow_version"]) == (place, "1")
    assert first.notes["mlflow_run"] == made.run.run_id


def test_a_second_time_nothing_is_done(adopt: Callable[..., Any], root: Path) -> None:
    assert adopt().exit_code == 0
    before = listing(root)
    done = adopt()
    assert done.exit_code == 0
    assert "bird: 0 versions adopted, 4 known before, 2 left out" in done.stdout
    assert listing(root) == before


def test_what_gets_a_label_is_released_past_the_gate_and_only_when_asked(
    adopt: Callable[..., Any], root: Path, make_candidate: Callable[[int], Path]
) -> None:
    assert adopt().exit_code == 0
    for _ in range(2):
        done = adopt("--label", "champion=stable", "--reason", "moving over")
        assert done.exit_code == 0, done.output
    bird = Registry.open(root).model("bird")
    stable = bird.version("stable")
    assert (stable.version, stable.releases, bird.state.labels) == ("1.0.1", (1,), {"stable": 1})
    assert (stable.path / "saved_model.pb").read_bytes() == (
        make_candidate(2) / "saved_model.pb"
    ).read_bytes()
    assert stable.verdict is not None
    assert stable.verdict.override == "moving over"
    assert bird.verify() == ()
    assert bird.audit() == ()


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("--label", "champion=stable"), 1, "reason"),
        (("--label", "champion=canary", "--reason", "x"), 1, "under the serving policy 'latest'"),
        (("--label", "nobody=stable", "--reason", "x"), 1, "its aliases: champion"),
        (("--label", "2=stable", "--reason", "x"), 1, "version 2 cannot get the label stable: it holds no"),
        (("--label", "champion=9", "--reason", "x"), 2, "label '9' cannot be used"),
        (("--model", "a/b"), 2, "model name 'a/b' cannot be used"),
    ],
)
def test_what_cannot_be_is_one_line(
    adopt: Callable[..., Any], arguments: tuple[str, ...], code: int, why: str
) -> None:
    done = adopt(*arguments)
    assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (code, "", 1), done.output
    assert why in done.stderr


def test_an_mlflow_or_a_model_that_there_is_not_is_one_line(
    database: str, root: Path, tmp_path: Path
) -> None:
    def adopt(*arguments: str) -> Any:
        return CliRunner(env={"HALLMARK_ROOT": str(root)}).invoke(app, ["adopt", *arguments])

    done = adopt("mlflow:nobody", "--tracking-uri", database)
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "has no registered model 'nobody'" in done.stderr
    assert adopt("mlflow:nobody", "--tracking-uri", f"sqlite:///{tmp_path}/no/x.db").exit_code == 1
    assert "needs --tracking-uri" in adopt("mlflow:nobody").stderr
    assert "--label is of mlflow:NAME" in adopt(str(tmp_path), "--label", "a=stable").stderr


@pytest.mark.servers
def test_files_are_downloaded_from_a_server(
    server: str, root: Path, make_candidate: Callable[[int], Path]
) -> None:
    mlflow = client(server)
    run = mlflow.create_run(mlflow.create_experiment("downloads")).info.run_id
    mlflow.log_artifacts(run, str(make_candidate(1)), "model/tf2model")
    mlflow.create_registered_model("downloaded")
    mlflow.create_model_version("downloaded", f"runs:/{run}/model", run)
    given = [
        "adopt",
        "mlflow:downloaded",
        "--tracking-uri",
        server,
        "--label",
        "1=stable",
        "--reason",
        "a test",
    ]
    done = CliRunner(env={"HALLMARK_ROOT": str(root), "HALLMARK_METADATA": ""}).invoke(app, given)
    assert (done.exit_code, done.stderr) == (0, ""), done.output
    model = Registry.open(root).model("downloaded")
    assert (model.version("stable").version, model.verify()) == ("1.0.0", ())
