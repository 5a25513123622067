"""A better candidate that breaks the clients of what is stable: refused, unless somebody lets it through."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import tensorflow as tf
from click.testing import CliRunner
from tfx.types import standard_artifacts
from tfx.types.artifact import Artifact

from tests.tfx import tiny_model
from tests.tfx.tiny_model import TinyModel
from tests.tfx.workbench import NAME, Bench, Candidate, make_artifact, make_examples
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import ConfigError

EXAMPLES = tf.TensorSpec([None], tf.string, name="examples")


def candidate_of(bench: Bench, module: tf.Module, signatures: Mapping[str, Any]) -> Candidate:
    """Gives a model with these signatures as a Trainer leaves it."""
    model = make_artifact(standard_artifacts.Model, bench.new_folder())
    tf.saved_model.save(module, str(Path(model.uri) / "Format-Serving"), signatures=dict(signatures))
    return Candidate(model=model)


def renamed(bench: Bench) -> Candidate:
    """Gives a better model, whose output `predictions` is called `probabilities`."""
    module = TinyModel([10, 10])

    @tf.function(input_signature=[EXAMPLES])
    def predict(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": module.predict(examples)["predictions"]}

    return candidate_of(bench, module, {"serving_default": predict, "by_class": module.predict_classes})


def reading_a_band(bench: Bench, *, default: float | None) -> Candidate:
    """Gives a better model that reads another feature, `band`."""
    module = TinyModel([10, 10])
    feature = tf.io.FixedLenFeature([], tf.float32, default_value=default)

    @tf.function(input_signature=[EXAMPLES])
    def predict(examples: tf.Tensor) -> dict[str, tf.Tensor]:
        band = tf.io.parse_example(examples, {"band": feature})["band"]
        return {"predictions": module.predict(examples)["predictions"] + 0.0 * band[:, tf.newaxis]}

    return candidate_of(bench, module, {"serving_default": predict, "by_class": module.predict_classes})


def with_bands(folder: Path) -> Artifact:
    """Writes the examples that the new feature came with."""
    records = []
    for row in tiny_model.rows():
        example = tf.train.Example.FromString(tiny_model.serialized(row))
        example.features.feature["band"].float_list.value.append(1.5)
        records.append(example.SerializeToString(deterministic=True))
    return make_examples(folder, {"eval": records})


def codes(bench: Bench, version: str) -> list[str]:
    verdict = bench.registered.version(version).verdict
    assert verdict is not None
    return [reason.code for reason in verdict.reasons]


def why(bench: Bench, version: str, *more: str) -> str:
    done = CliRunner().invoke(app, ["why", f"{NAME}@{version}", "--root", str(bench.root), *more])
    assert done.exit_code == 0, done.stderr
    return done.stdout


def test_better_candidate_with_a_renamed_output_is_major_and_refused_until_it_is_let_through(
    serving: tuple[Bench, Candidate],
) -> None:
    bench, _ = serving
    candidate = bench.prepare(renamed(bench))
    lost = "signature serving_default lost output predictions"
    version = bench.registered.version("2.0.0")
    assert (version.manifest.bump, lost in version.manifest.reasons) == ("major", True)
    # TFMA has nothing to say against it.
    assert candidate.blessing.get_int_custom_property("blessed") == 1

    pushed = bench.push(candidate)
    assert pushed.get_int_custom_property("pushed") == 0
    refused = bench.registered.version("2.0.0")
    assert (refused.state.status, bench.registered.version("stable").version) == ("refused", "1.0.0")
    assert sorted(path.name for path in bench.registered.path.iterdir()) == ["1"]
    assert set(codes(bench, "2.0.0")) == {"breaking_change", "requests_fail"}
    assert f"breaking change: {lost}" in [reason.text for reason in refused.verdict.reasons]
    told = why(bench, "2.0.0")
    assert f"BREAKING {lost}" in told
    assert "golden requests: 16 sent: output predictions is missing" in told
    assert "allow_breaking=True" in told

    pushed = bench.push(candidate, allow_breaking=True)
    assert pushed.get_int_custom_property("pushed") == 1
    assert bench.registered.version("stable").version == "2.0.0"
    assert lost in bench.registered.version("2.0.0").verdict.allowed_breaks
    assert codes(bench, "2.0.0") == ["better"]
    assert lost in why(bench, "2.0.0")
    assert json.loads(why(bench, "2.0.0", "--json"))["outcome"] == "published"


def test_what_is_let_through_has_to_be_better_as_ever(serving: tuple[Bench, Candidate]) -> None:
    bench, _ = serving
    module = TinyModel([20, 20], seed=7)
    candidate = bench.prepare(candidate_of(bench, module, {"serving_default": module.predict}))
    assert bench.push(candidate, allow_breaking=True).get_int_custom_property("pushed") == 0
    assert codes(bench, "2.0.0") == ["not_better"]
    assert bench.registered.version("stable").version == "1.0.0"


def test_lost_signature_is_refused_although_every_golden_request_is_answered(
    serving: tuple[Bench, Candidate],
) -> None:
    bench, _ = serving
    module = TinyModel([10, 10])
    candidate = bench.prepare(candidate_of(bench, module, {"serving_default": module.predict}))
    assert bench.push(candidate).get_int_custom_property("pushed") == 0
    (reason,) = bench.registered.version("2.0.0").verdict.reasons
    assert reason.code == "breaking_change"
    assert "signature by_class is gone" in reason.text


def test_new_signature_breaks_nothing_and_is_minor(serving: tuple[Bench, Candidate]) -> None:
    bench, _ = serving
    module = TinyModel([10, 10])
    signatures = {name: module.predict_classes for name in ("by_class", "more")}
    candidate = bench.prepare(candidate_of(bench, module, {"serving_default": module.predict, **signatures}))
    assert bench.push(candidate).get_int_custom_property("pushed") == 1
    version = bench.registered.version("stable")
    assert (version.version, version.manifest.bump) == ("1.1.0", "minor")
    assert version.verdict.allowed_breaks == ()


def test_feature_that_nobody_sends_is_found_by_the_golden_requests_alone(
    serving: tuple[Bench, Candidate], tmp_path: Path
) -> None:
    bench, _ = serving
    bench.examples = with_bands(tmp_path / "bands")
    candidate = bench.prepare(reading_a_band(bench, default=None))
    version = candidate.model_version.get_string_custom_property("version")
    assert version.startswith("1."), "no signature tells of it"
    assert bench.push(candidate).get_int_custom_property("pushed") == 0
    (reason,) = bench.registered.version(version).verdict.reasons
    assert reason.code == "requests_fail"
    assert reason.text.startswith("16 requests that 1.0.0 answers fail")
    assert "band" in reason.text
    assert "\n" not in reason.text


def test_feature_with_a_default_is_accepted(serving: tuple[Bench, Candidate], tmp_path: Path) -> None:
    bench, _ = serving
    bench.examples = with_bands(tmp_path / "bands")
    candidate = bench.prepare(reading_a_band(bench, default=0.0))
    assert bench.push(candidate).get_int_custom_property("pushed") == 1
    verdict = bench.registered.version("stable").verdict
    assert (verdict.replay.requests, verdict.allowed_breaks) == (16, ())


def test_baseline_without_golden_predictions_has_nothing_to_send(bench: Bench, tmp_path: Path) -> None:
    first = bench.tag(bench.train(20, 20), golden_examples=0)
    bench.push(bench.evaluate(bench.hand_out_baseline(first)))
    bench.examples = with_bands(tmp_path / "bands")
    candidate = bench.prepare(reading_a_band(bench, default=None))
    assert bench.push(candidate).get_int_custom_property("pushed") == 1
    assert "golden" in why(bench, "stable")


@pytest.mark.parametrize("given", ["yes", 1, None])
def test_allow_breaking_is_true_or_false(published: tuple[Bench, Candidate], given: object) -> None:
    bench, candidate = published
    with pytest.raises(ConfigError, match="allow_breaking") as caught:
        bench.pusher(candidate, allow_breaking=given)
    assert "\n" not in str(caught.value)
