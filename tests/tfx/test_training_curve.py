"""From a training to the curve of its version: TFX's Trainer, the callback, VersionTagger."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tfx import v1 as tfx
from tfx.types import standard_artifacts
from tfx.types.artifact import Artifact

from pipeline.config import load_config
from pipeline.penguin_pipeline import create_pipeline
from tests.tfx import object_stores
from tests.tfx.workbench import NAME, Bench, Candidate, as_channel, make_artifact
from tfx_hallmark import VersionTagger
from tfx_hallmark.registry.version import Version
from tfx_hallmark.training_log import EpochLog, epoch_callback
from tfx_hallmark.training_log.epoch_file import NAME as FILE
from tfx_hallmark.training_log.epoch_file import read_curve, read_file

CONFIGS = Path(__file__).parents[2] / "configs"
LOSSES = {"loss", "val_loss"}


def train(bench: Bench, **settings: Any) -> tuple[Any, Candidate, Artifact]:
    """Runs TFX's Trainer; gives the component and what it made."""
    trainer = tfx.components.Trainer(
        examples=as_channel(bench.examples),
        run_fn="tests.tfx.logged_training.run_fn",
        train_args=tfx.proto.TrainArgs(splits=["eval"]),
        eval_args=tfx.proto.EvalArgs(splits=["eval"]),
        custom_config=settings,
    )
    made = bench.launch(trainer)
    return trainer, Candidate(model=made["model"]), made["model_run"]


def tag(bench: Bench, trainer: Any, candidate: Candidate, model_run: Artifact | None) -> Version:
    """Tags with what a Trainer was told, and the artifacts that it made."""
    given = VersionTagger.after(trainer, registry_root=str(bench.root), model_name=NAME)
    tagger = VersionTagger(
        as_channel(candidate.model),
        registry_root=str(bench.root),
        model_name=NAME,
        examples=as_channel(bench.examples),
        training=given_training(given),
        model_run=None if model_run is None else as_channel(model_run),
    )
    candidate.model_version = bench.launch(tagger)["model_version"]
    return bench.registered.version(candidate.model_version.get_string_custom_property("version"))


def given_training(tagger: VersionTagger) -> Any:
    import msgspec

    from tfx_hallmark.tagger.provenance import TrainingRecord

    return msgspec.json.decode(tagger.exec_properties["training"], type=TrainingRecord)


def test_the_curve_of_a_version_is_found_from_the_version(bench: Bench, tmp_path: Path) -> None:
    reader = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")
    where = {"log_to": [f"tensorboard:{tmp_path / 'board'}"], "log_as": "penguin"}
    trainer, candidate, model_run = train(bench, epochs=3, **where)
    version = tag(bench, trainer, candidate, model_run)
    curve = version.training_curve
    assert curve is not None
    assert [epoch.epoch for epoch in curve.epochs] == [1, 2, 3]
    assert all(set(epoch.metrics) == LOSSES for epoch in curve.epochs)
    assert version.manifest.created > curve.epochs[-1].time

    # The same points are in the mirror that was asked for, in a run that the version names.
    folder = Path(curve.runs["tensorboard"])
    assert folder.parent == tmp_path / "board" / "penguin"
    read = reader.EventAccumulator(str(folder))
    read.Reload()
    for metric in LOSSES:
        points = [(one.step, one.tensor_proto.float_val[0]) for one in read.Tensors(metric)]
        assert points == [(one.epoch, pytest.approx(one.metrics[metric])) for one in curve.epochs]

    # Where a training is logged makes no other model.
    made_from = version.manifest.provenance
    assert made_from.hyperparameters == {"epochs": 3}
    assert made_from.custom_config == {"epochs": 3, **where}
    trainer, candidate, model_run = train(bench, epochs=3, seed=2)
    again = tag(bench, trainer, candidate, model_run)
    assert again.digest != version.digest
    assert (again.manifest.bump, again.manifest.reasons) == ("patch", ("only weights changed",))
    assert again.training_curve is not None
    assert again.training_curve.runs == {}


def test_a_training_without_the_callback_has_no_curve(bench: Bench) -> None:
    empty = make_artifact(standard_artifacts.ModelRun, bench.new_folder())
    for number, model_run in enumerate((None, empty)):
        candidate = bench.train(20, 20, seed=number)
        trainer = tfx.components.Trainer(examples=as_channel(bench.examples), run_fn="tests.x.run_fn")
        assert tag(bench, trainer, candidate, model_run).training_curve is None


def test_a_curve_that_cannot_be_read_costs_no_version(bench: Bench) -> None:
    model_run = make_artifact(standard_artifacts.ModelRun, bench.new_folder())
    (Path(model_run.uri) / FILE).mkdir(parents=True)
    trainer = tfx.components.Trainer(examples=as_channel(bench.examples), run_fn="tests.x.run_fn")
    version = tag(bench, trainer, bench.train(20, 20), model_run)
    assert (version.version, version.training_curve) == ("1.0.0", None)


@pytest.mark.parametrize("scheme", ["ram", "memory"])
def test_a_model_run_in_an_object_store_is_written_and_read(bench: Bench, scheme: str) -> None:
    model_run = make_artifact(standard_artifacts.ModelRun, bench.new_folder())
    model_run.uri = f"{object_stores.new_bucket(scheme)}/model_run/1"
    for loss in (0.5, 0.25):  # a second attempt, resumed
        with EpochLog(model_run.uri) as log:
            log.log({"loss": loss}, epoch=round(3 - loss * 4))
    data = read_file(f"{model_run.uri}/{FILE}")
    assert data is not None
    curve = read_curve(data)
    assert curve is not None
    assert [epoch.metrics["loss"] for epoch in curve.epochs] == [0.5, 0.25]
    trainer = tfx.components.Trainer(examples=as_channel(bench.examples), run_fn="tests.x.run_fn")
    assert tag(bench, trainer, bench.train(20, 20), model_run).training_curve == curve


@pytest.mark.parametrize("name", ["keras", "tf_keras"])
def test_one_callback_is_for_either_keras_and_numbers_the_epochs_of_several_fits(
    tmp_path: Path, name: str
) -> None:
    importlib.import_module("keras")
    keras = importlib.import_module(name)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    rows, targets = [[1.0, 2.0], [3.0, 4.0]], [[1.0], [2.0]]
    tensor = importlib.import_module("tensorflow").constant
    callback = epoch_callback(EpochLog(tmp_path))

    def fit(**settings: Any) -> Mapping[str, list[float]]:
        history = model.fit(tensor(rows), tensor(targets), verbose=0, callbacks=[callback], **settings)
        measured: Mapping[str, list[float]] = history.history
        return measured

    first = fit(epochs=2)
    second = fit(epochs=2)
    third = fit(epochs=7, initial_epoch=5)
    curve = read_curve((tmp_path / FILE).read_bytes())
    assert curve is not None
    assert [epoch.epoch for epoch in curve.epochs] == [1, 2, 3, 4, 6, 7]
    losses = [*first["loss"], *second["loss"], *third["loss"]]
    assert [epoch.metrics["loss"] for epoch in curve.epochs] == pytest.approx(losses)


def test_after_takes_the_model_run_of_a_trainer(bench: Bench) -> None:
    trainer = tfx.components.Trainer(examples=as_channel(bench.examples), run_fn="tests.x.run_fn")
    settings = {"registry_root": str(bench.root), "model_name": NAME}
    assert VersionTagger.after(trainer, **settings).inputs["model_run"] is trainer.outputs["model_run"]
    assert "model_run" not in VersionTagger.after(trainer, model_run=None, **settings).inputs


@pytest.mark.parametrize("log_to", ["[]", "['mlflow:http://127.0.0.1:5000', 'wandb:ada/birds']"])
def test_the_reference_pipeline_logs_to_the_mirrors_of_its_settings(log_to: str) -> None:
    config = load_config(CONFIGS / "local.yaml", [f"trainer.log_to={log_to}"])
    components = {one.id: one for one in create_pipeline(config).components}
    told = components["Trainer"].exec_properties["custom_config"]
    assert ("mlflow:http://127.0.0.1:5000" in told) == ("log_as" in told) == (log_to != "[]")
    tagger = components["VersionTagger"]
    assert tagger.inputs["model_run"] is components["Trainer"].outputs["model_run"]
    assert set(given_training(tagger).hyperparameters) == {
        "batch_size", "dropout", "hidden_units", "learning_rate"
    }  # fmt: skip
