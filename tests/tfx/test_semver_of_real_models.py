"""docs/compatibility.md, The semantic version: models as TensorFlow exports them, and the numbers they get."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx import v1 as tfx
from tfx.types import standard_artifacts

from tests.tfx import tiny_model
from tests.tfx.workbench import NAME, Bench, Candidate, as_channel, make_artifact, make_examples
from tfx_hallmark import VersionTagger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.tagger.provenance import TrainingRecord

TRAINING = TrainingRecord(module="train.py", hyperparameters={"rate": 0.1}, seed=1)
TWO = tf.constant(2.0)


class Net(tf.Module):
    """Two dense layers on `row` and, if asked, on `truth` too, read from serialized Examples."""

    def __init__(self, *, units: int = 4, seed: int = 1, more: bool = False) -> None:
        super().__init__()
        self.features = ("row", "truth") if more else ("row",)
        draw = tf.random.Generator.from_seed(seed)
        self.hidden = tf.Variable(draw.normal([len(self.features), units]))
        self.last = tf.Variable(draw.normal([units, 1]))

    def dense(self, x: tf.Tensor) -> tf.Tensor:
        return tf.nn.sigmoid(tf.nn.relu(x @ self.hidden) @ self.last)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def predict(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        wanted = {name: tf.io.FixedLenFeature([], tf.int64) for name in self.features}
        rows = tf.io.parse_example(examples, wanted)
        columns = [tf.cast(rows[name], tf.float32) for name in self.features]
        return {"scores": self.dense(tf.stack(columns, axis=1))}

    def signatures(self, *, output: str | None = None, another: bool = False) -> dict[str, Any]:
        if output is None and not another:
            return {"serving_default": self.predict}

        @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
        def predict(examples: tf.Tensor) -> dict[str, tf.Tensor]:
            scores = self.predict(examples)["scores"]
            return {output or "scores": scores} | ({"doubled": 2.0 * scores} if another else {})

        return {"serving_default": predict}


def exported(bench: Bench, net: Net, **signatures: Any) -> Candidate:
    """Gives a model as a Trainer leaves it."""
    model = make_artifact(standard_artifacts.Model, bench.new_folder())
    destination = Path(model.uri) / "Format-Serving"
    tf.saved_model.save(net, str(destination), signatures=net.signatures(**signatures))
    return Candidate(model=model)


def tagged(bench: Bench, net: Net, training: TrainingRecord = TRAINING, **signatures: Any) -> Manifest:
    """Tags a model and gives what is on record of it."""
    candidate = bench.tag(exported(bench, net, **signatures), training=training)
    version = candidate.model_version.get_string_custom_property("version")
    return bench.registered.version(version).manifest


@pytest.fixture
def first(bench: Bench) -> Bench:
    """A bench where 1.0.0 is tagged."""
    assert tagged(bench, Net()).version == "1.0.0"
    return bench


def outcome(manifest: Manifest) -> tuple[str, str]:
    return manifest.version, manifest.bump


def test_wider_layer_is_minor_and_named_with_its_shapes(first: Bench) -> None:
    found = tagged(first, Net(units=8))
    assert outcome(found) == ("1.1.0", "minor")
    wider = "hidden from float32[1, 4] to float32[1, 8], last from float32[4, 1] to float32[8, 1]"
    assert found.reasons == (f"graph changed: {wider}",)


def test_new_feature_read_from_examples_is_minor(first: Bench) -> None:
    found = tagged(first, Net(more=True))
    assert outcome(found) == ("1.1.0", "minor")
    assert found.reasons == ("graph changed: hidden from float32[1, 4] to float32[2, 4]",)


def test_seed_alone_is_a_patch(first: Bench) -> None:
    training = TrainingRecord(module="train.py", hyperparameters={"rate": 0.1}, seed=2)
    found = tagged(first, Net(seed=2), training)
    assert (*outcome(found), found.reasons) == ("1.0.1", "patch", ("only weights changed (seed 1 to 2)",))


def test_data_alone_is_a_patch(first: Bench, tmp_path: Path) -> None:
    records = [tiny_model.serialized(row) for row in tiny_model.rows()][:150]
    first.examples = make_examples(tmp_path / "other", {"eval": records})
    first.examples.set_string_custom_property("span", "42")
    found = tagged(first, Net(seed=2))
    assert (*outcome(found), found.reasons) == ("1.0.1", "patch", ("training data changed",))
    first.examples = make_examples(tmp_path / "next", {"eval": records[:100]})
    first.examples.set_string_custom_property("span", "43")
    reasons = tagged(first, Net(seed=3)).reasons
    assert reasons == ("training data changed (span 42 to 43)",)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hyperparameters": {"rate": 0.2}}, "rate changed from 0.1 to 0.2"),
        ({"train_args": {"num_steps": 7}}, "train_args.num_steps set to 7"),
    ],
)
def test_settings_are_minor_though_the_graph_is_the_same(
    first: Bench, changes: Mapping[str, Any], reason: str
) -> None:
    given = {"hyperparameters": {"rate": 0.1}, **changes}
    found = tagged(first, Net(seed=2), TrainingRecord(module="train.py", seed=1, **given))
    assert (*outcome(found), found.reasons) == ("1.1.0", "minor", (reason,))


def test_renamed_output_is_major(first: Bench) -> None:
    found = tagged(first, Net(), output="probabilities")
    assert outcome(found) == ("2.0.0", "major")
    assert "signature serving_default lost output scores" in found.reasons


def test_new_output_is_minor(first: Bench) -> None:
    found = tagged(first, Net(), another=True)
    assert outcome(found) == ("1.1.0", "minor")
    assert any("gained output doubled" in reason for reason in found.reasons)


class Dense(tf.Module):
    """Doubles `x`, and takes a width too if asked: no features, but inputs that the signature names."""

    @tf.function(input_signature=[tf.TensorSpec([None], tf.float32, name="x")])
    def narrow(self, x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": 2.0 * x}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, name="x"),
            tf.TensorSpec([], tf.float32, name="width"),
        ]
    )
    def wide(self, x: tf.Tensor, width: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": width * x}

    @tf.function(
        input_signature=[
            tf.TensorSpec([None], tf.float32, name="x"),
            tf.TensorSpec([], tf.float32, name="width"),
        ]
    )
    def optional(self, x: tf.Tensor, width: tf.Tensor = TWO) -> dict[str, tf.Tensor]:
        return {"y": width * x}


@pytest.mark.parametrize(
    ("serve", "version", "bump", "reason"),
    [
        ("wide", "2.0.0", "major", "signature serving_default requires a new input width"),
        ("optional", "1.1.0", "minor", "signature serving_default gained optional input width"),
    ],
)
def test_new_feature_as_an_input_is_major_unless_it_has_a_default(
    bench: Bench, serve: str, version: str, bump: str, reason: str
) -> None:
    module = Dense()
    for name in ("narrow", serve):
        model = make_artifact(standard_artifacts.Model, bench.new_folder())
        signatures = {"serving_default": getattr(module, name)}
        tf.saved_model.save(module, str(Path(model.uri) / "Format-Serving"), signatures=signatures)
        bench.tag(Candidate(model=model), training=TRAINING)
    found = bench.registered.version("latest").manifest
    assert outcome(found) == (version, bump)
    assert reason in found.reasons


def test_code_beside_the_module_is_minor_and_names_the_files(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "modules"
    folder.mkdir()
    files = {"train.py": "import features\n", "features.py": "DEPTH = 3\n", "unused.py": "", "same.py": "\n"}
    found = []
    for number, changes in enumerate(
        (
            files,
            {"features.py": "DEPTH = 4\n", "unused.py": None, "new.py": ""},
            {"train.py": "import new\n", "features.py": "DEPTH = 5\n"},
        )
    ):
        for name, text in changes.items():
            if text is None:
                (folder / name).unlink()
            else:
                (folder / name).write_text(text)
        found.append(tagged_after_a_trainer(bench, folder / "train.py", Net(seed=number)))
    assert [outcome(one) for one in found] == [("1.0.0", "first"), ("1.1.0", "minor"), ("1.2.0", "minor")]
    assert found[1].reasons == ("training code changed beside the module: features.py, new.py, unused.py",)
    assert found[2].reasons == ("training code changed",), "the module itself tells enough"


def tagged_after_a_trainer(bench: Bench, module: Path, net: Net) -> Manifest:
    """Tags a model as a pipeline with a stock Trainer does."""
    trainer = tfx.components.Trainer(
        examples=as_channel(bench.examples),
        module_file=str(module),
        train_args=tfx.proto.TrainArgs(num_steps=1),
        eval_args=tfx.proto.EvalArgs(num_steps=1),
    )
    trainer.outputs["model"].set_artifacts([exported(bench, net).model])
    tagger = VersionTagger.after(trainer, registry_root=str(bench.root), model_name=NAME)
    version = bench.launch(tagger)["model_version"].get_string_custom_property("version")
    return bench.registered.version(version).manifest


def test_same_model_exported_anew_is_no_more_than_a_patch(first: Bench) -> None:
    """TensorFlow numbers functions as they come, so the bytes differ though nothing did."""
    for _ in range(3):
        tf.function(lambda x: x + 1).get_concrete_function(tf.constant(1.0))
    found = tagged(first, Net())
    assert found.version in ("1.0.0", "1.0.1")
    assert not any("graph changed" in reason for reason in found.reasons)
