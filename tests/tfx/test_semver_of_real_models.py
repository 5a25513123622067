"""docs/compatibility.md, The semantic version: models as TensorFlow exports them, and the numbers they get."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from tfx.types import standard_artifacts

from tests.tfx import tiny_model
from tests.tfx.workbench import Bench, Candidate, make_artifact, make_examples
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.tagger.provenance import TrainingRecord

TRAINING = TrainingRecord(module="train.py", hyperparameters={"rate": 0.1}, seed=1)


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
    (reason,) = found.reasons
    assert reason.startswith("graph changed: ")
    assert "from float32[1, 4] to float32[1, 8]" in reason


def test_new_feature_read_from_examples_is_minor(first: Bench) -> None:
    found = tagged(first, Net(more=True))
    assert outcome(found) == ("1.1.0", "minor")
    assert any("from float32[1, 4] to float32[2, 4]" in reason for reason in found.reasons)


def test_seed_alone_is_a_patch(first: Bench) -> None:
    training = TrainingRecord(module="train.py", hyperparameters={"rate": 0.1}, seed=2)
    found = tagged(first, Net(seed=2), training)
    assert (*outcome(found), found.reasons) == ("1.0.1", "patch", ("only weights changed (seed 1 to 2)",))


def test_data_alone_is_a_patch(first: Bench, tmp_path: Path) -> None:
    records = [tiny_model.serialized(row) for row in tiny_model.rows()][:150]
    first.examples = make_examples(tmp_path / "other", {"eval": records})
    first.examples.set_string_custom_property("span", "42")
    found = tagged(first, Net(seed=2))
    assert outcome(found) == ("1.0.1", "patch")
    (reason,) = found.reasons
    assert reason.startswith("training data changed")


@pytest.mark.parametrize("changes", [{"hyperparameters": {"rate": 0.2}}, {"train_args": {"num_steps": 7}}])
def test_settings_are_minor_though_the_graph_is_the_same(first: Bench, changes: Mapping[str, Any]) -> None:
    given = {"hyperparameters": {"rate": 0.1}, **changes}
    found = tagged(first, Net(seed=2), TrainingRecord(module="train.py", seed=1, **given))
    assert outcome(found) == ("1.1.0", "minor")


def test_renamed_output_is_major(first: Bench) -> None:
    found = tagged(first, Net(), output="probabilities")
    assert outcome(found) == ("2.0.0", "major")
    assert "signature serving_default lost output scores" in found.reasons


def test_new_output_is_minor(first: Bench) -> None:
    found = tagged(first, Net(), another=True)
    assert outcome(found) == ("1.1.0", "minor")
    assert any("gained output doubled" in reason for reason in found.reasons)


def test_same_model_exported_anew_is_no_more_than_a_patch(first: Bench) -> None:
    """TensorFlow numbers functions as they come, so the bytes differ though nothing did."""
    for _ in range(3):
        tf.function(lambda x: x + 1).get_concrete_function(tf.constant(1.0))
    found = tagged(first, Net())
    assert found.version in ("1.0.0", "1.0.1")
    assert not any("graph changed" in reason for reason in found.reasons)
