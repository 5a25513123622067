"""What MLflow holds of a version, and that it stays in step, in a database that the client opens by itself."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.cli.conftest import PROVENANCE, evaluation
from tests.mirrors.mlflow.seen import (
    aliases_of,
    client,
    everything,
    experiment_of,
    files_of,
    registered,
    runs_of,
)
from tfx_hallmark.mirrors.mirror import Mirrored
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import DataSource, Provenance
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve

Make = Callable[[int], Path]
TIME = "2026-11-20T10:00:00.000000Z"


def bring(model: Model, place: str, *versions: str) -> Mirrored:
    told: list[str] = []
    asked = versions or tuple(model.state.versions)
    mirrored = open_mirror(f"mlflow:{place}").bring(model, asked, told=told.append)
    assert told == list(asked) == list(mirrored.links)
    return mirrored


def tag(model: Model, candidate: Path, provenance: Provenance = PROVENANCE, **given: Any) -> str:
    return model.tag(candidate, provenance=lambda _: provenance, **given).version


def test_a_run_holds_what_a_version_was_made_from_and_measured_at(
    model: Model, make_candidate: Make, database: str
) -> None:
    data = DataSource(
        uri="/data/examples/1",
        span="7",
        splits=("train", "eval"),
        records={"train": 200, "eval": 100},
        digest="b3:" + "ab" * 32,
    )
    hyperparameters = {"learning_rate": 0.01, "layers": [8, 4], "optimizer": {"name": "adam", "beta": 0.9}}
    made = msgspec.structs.replace(PROVENANCE, data=data, hyperparameters=hyperparameters)
    version = tag(model, make_candidate(1), made, description="the first", notes={"ticket": "A-1"})
    model.push(make_candidate(1), version, evaluation(0.9, None))
    mirrored = bring(model, database)

    run = runs_of(database)["1.0.0"]
    assert mirrored == Mirrored(links={"1.0.0": f"runs:/{run.info.run_id}"}, labels={"stable": "1.0.0"})
    assert (run.info.run_name, run.info.status) == ("penguin@1.0.0", "FINISHED")
    assert run.data.params == {
        "learning_rate": "0.01",
        "layers": "[8, 4]",
        "optimizer.name": "adam",
        "optimizer.beta": "0.9",
        "train_args.num_steps": "200",
        "seed": "42",
    }
    assert run.data.metrics == {"Overall/accuracy": 0.9, "island:Biscoe/accuracy": 0.9}
    tags = run.data.tags
    assert tags["mlflow.source.git.commit"] == "0123abc"
    assert tags["mlflow.note.content"].endswith("\n\nthe first")
    assert (tags["hallmark.pipeline"], tags["hallmark.pipeline_run"]) == ("penguin", "run-1")
    assert tags["hallmark.mlmd.model_uri"] == "/artifacts/Trainer/model/6"
    assert tags["hallmark.registry"] == str(model.root)
    assert (tags["hallmark.releases"], tags["hallmark.location"]) == ("1", f"{model.path}/1")
    assert tags["hallmark.note.ticket"] == "A-1"
    (dataset,) = (one.dataset for one in run.inputs.dataset_inputs)
    assert (dataset.name, dataset.digest) == ("examples of span 7", "b3:" + "ab" * 16 + "a")
    assert json.loads(dataset.source) == {"uri": "/data/examples/1", "digest": data.digest}
    assert json.loads(dataset.profile or "")["num_rows"] == 300
    files = files_of(client(database), run.info.run_id)
    assert set(files) == {"manifest.json", "verdict.json", "evidence.json"}
    assert msgspec.json.decode(files["manifest.json"], type=type(model.version("1").manifest)) == (
        model.version("1").manifest
    )
    one = registered(database)["1.0.0"]
    assert (one.run_id, one.source) == (run.info.run_id, f"{model.path}/1")
    assert one.tags["hallmark.digest"] == model.version("1").digest


def test_labels_are_aliases_that_follow_and_other_peoples_aliases_stay(
    root: Path, model: Model, publish: Callable[..., str], database: str
) -> None:
    for number in (1, 2, 3):
        publish(number)
    for label in ("canary", "v2", "beta.eu"):
        model.promote_unchecked("1.0.1", label, reason="a test")
    # The labelled ones come too, whatever is asked for.
    mirrored = bring(model, database, "1.0.0")
    assert mirrored.labels == {"stable": "1.0.2", "canary": "1.0.1", "v2": "1.0.1", "beta.eu": "1.0.1"}
    (dotted,) = (alias for alias in aliases_of(database) if alias.startswith("beta-eu-"))
    assert aliases_of(database) == {
        "stable": "1.0.2",
        "canary": "1.0.1",
        "label-v2": "1.0.1",
        dotted: "1.0.1",
    }
    assert set(registered(database)) == {"1.0.0", "1.0.1", "1.0.2"}
    number = registered(database)["1.0.0"].version
    client(database).set_registered_model_alias("penguin", "champion", number)

    model.rollback(reason="a test")
    model.withdraw("canary", reason="a test")
    bring(model, database, "1.0.1")
    there = aliases_of(database)
    assert (there["stable"], there["champion"], there["label-v2"]) == ("1.0.1", "1.0.0", "1.0.1")
    assert "canary" not in there


def test_a_second_time_nothing_changes(model: Model, three: list[str], database: str) -> None:
    first = bring(model, database)
    before = everything(database)
    assert bring(model, database) == first
    assert everything(database) == before


def test_a_quarantine_shows_and_goes_with_it(
    root: Path, model: Model, three: list[str], database: str
) -> None:
    Registry(root).settings.change(
        lambda now: msgspec.structs.replace(now, rollback_targets=0), actor="a test", reason="a test"
    )
    model.annotate("1.0.0", notes={"ticket": "A-1"}, reason="a test")
    bring(model, database)
    model.quarantine("1.0.0", reason="leaked labels")
    bring(model, database, "1.0.0")
    for tags in (runs_of(database)["1.0.0"].data.tags, registered(database)["1.0.0"].tags):
        assert tags["hallmark.quarantined"] == "leaked labels"
        assert "hallmark.pruned" not in tags
    model.annotate("1.0.0", notes={"ticket": ""}, reason="a test")
    model.unquarantine("1.0.0", reason="a test")
    model.prune(keep_last=0, reason="a test")
    bring(model, database, "1.0.0")
    for tags in (runs_of(database)["1.0.0"].data.tags, registered(database)["1.0.0"].tags):
        assert "hallmark.quarantined" not in tags
        assert tags["hallmark.pruned"] == "1"
    assert "hallmark.note.ticket" not in runs_of(database)["1.0.0"].data.tags


def test_what_is_measured_anew_is_what_it_shows(model: Model, make_candidate: Make, database: str) -> None:
    version = tag(model, make_candidate(1))
    model.push(make_candidate(1), version, evaluation(0.4, None))
    bring(model, database)
    assert runs_of(database)[version].data.tags["hallmark.outcome"] == "refused"
    assert client(database).search_registered_models() == []
    model.push(make_candidate(1), version, evaluation(0.8, None))
    bring(model, database)
    run = runs_of(database)[version]
    assert run.data.tags["hallmark.outcome"] == "published"
    assert run.data.metrics["Overall/accuracy"] == 0.8
    assert json.loads(files_of(client(database), run.info.run_id)["verdict.json"])["outcome"] == "published"
    before = everything(database)
    bring(model, database)
    assert everything(database) == before


def with_curve(root: Path, model: Model, candidate: Path, runs: dict[str, str]) -> str:
    """Tags a version whose training was recorded epoch by epoch."""
    losses = (0.9, 0.5, 0.4)
    epochs = tuple(
        Epoch(epoch=number, time=TIME, metrics={"loss": loss, "accuracy": 1 - loss})
        for number, loss in enumerate(losses, 1)
    )
    ledger = Ledger(Registry(root).places("penguin")[0], "penguin")
    digest = ledger.objects.put(TrainingCurve(epochs=epochs, runs=runs))
    return tag(model, candidate, msgspec.structs.replace(PROVENANCE, training_curve=digest))


def test_the_epochs_of_a_training_are_steps(
    root: Path, model: Model, make_candidate: Make, database: str
) -> None:
    version = with_curve(root, model, make_candidate(1), {})
    for _ in range(2):
        bring(model, database)
        history = client(database).get_metric_history(runs_of(database)[version].info.run_id, "loss")
        assert [(one.step, one.value) for one in history] == [(1, 0.9), (2, 0.5), (3, 0.4)]


def test_the_run_that_a_training_has_logged_to_becomes_its_versions(
    root: Path, model: Model, make_candidate: Make, database: str
) -> None:
    mlflow = client(database)
    training = mlflow.create_experiment("training", f"{root.as_uri()}-artifacts")
    begun = mlflow.create_run(training, run_name="penguin in training").info.run_id
    mlflow.log_metric(begun, "accuracy", 0.6, step=3)
    version = with_curve(root, model, make_candidate(1), {"mlflow": begun})
    model.push(make_candidate(1), version, evaluation(0.8, None))
    assert bring(model, database).links == {version: f"runs:/{begun}"}
    before = everything_of_run(database, begun)
    assert mlflow.search_runs([experiment_of(mlflow)]) == []
    assert (before["name"], before["metrics"]) == (
        f"penguin@{version}",
        {"accuracy": 0.6, "Overall/accuracy": 0.8, "island:Biscoe/accuracy": 0.8},
    )
    assert before["tags"]["hallmark.version"] == version
    bring(model, database)
    assert everything_of_run(database, begun) == before
    # Another version does not take it over.
    other = with_curve(root, model, make_candidate(2), {"mlflow": begun})
    assert bring(model, database, other).links != {other: f"runs:/{begun}"}


def everything_of_run(uri: str, run_id: str) -> dict[str, Any]:
    run = client(uri).get_run(run_id)
    return {"name": run.info.run_name, "metrics": run.data.metrics, "tags": run.data.tags}


def test_another_experiment_may_be_named_and_a_deleted_one_is_told(
    model: Model, three: list[str], database: str
) -> None:
    place = f"{database}?experiment=birds of the south"
    bring(model, place)
    assert set(runs_of(database, experiment="birds of the south")) == set(three)
    mlflow = client(database)
    mlflow.delete_experiment(experiment_of(mlflow, "birds of the south"))
    with pytest.raises(MirrorError, match="has deleted its experiment 'birds of the south'"):
        bring(model, place)


def test_mlflow_says_nothing_of_its_own(
    model: Model, three: list[str], database: str, capfd: pytest.CaptureFixture[str]
) -> None:
    bring(model, database)
    assert capfd.readouterr() == ("", "")
