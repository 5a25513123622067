"""Golden predictions: what VersionTagger keeps, what a release gets of it, and what asking again finds out."""

import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner
from tensorflow_serving.apis import prediction_log_pb2

from tests.tfx import tiny_model
from tests.tfx.workbench import NAME, Bench, Candidate, make_examples
from tfx_hallmark import Registry
from tfx_hallmark.cli.main import app
from tfx_hallmark.evidence.predictions import to_numpy
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.events import GENESIS, Tagged, seal
from tfx_hallmark.registry.golden import GoldenPredictions
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE


def hallmark(*arguments: object) -> Any:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def requests_in(warmup: Path) -> list[Any]:
    """Gives the requests as TensorFlow Serving reads them."""
    records = tf.data.TFRecordDataset(str(warmup)).as_numpy_iterator()
    return [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]


def golden_of(bench: Bench, version: str = "1.0.0") -> GoldenPredictions:
    found = bench.registered.version(version).golden_predictions
    assert found is not None
    return found


def sampled(folder: Path, records: list[bytes], examples: Path, **settings: Any) -> tuple[bytes, ...]:
    """Gives the requests that are kept of these examples."""
    bench = Bench(folder, make_examples(examples, {"eval": records}, **settings))
    bench.tag(bench.train(20, 20))
    return golden_of(bench).inputs["examples"].strings


def test_answers_of_a_new_version_are_kept_with_the_requests(published: tuple[Bench, Candidate]) -> None:
    bench, _ = published
    golden = golden_of(bench)
    assert (golden.signature, golden.split, golden.requests) == ("serving_default", "eval", 16)
    requests = golden.inputs["examples"].strings
    assert len(set(requests)) == 16
    assert set(requests) <= {tiny_model.serialized(row) for row in tiny_model.rows()}
    answers = to_numpy(golden.outputs["predictions"])
    for request, answer in zip(requests, answers, strict=True):
        features = tf.train.Example.FromString(request).features.feature
        row, truth = (features[name].int64_list.value[0] for name in ("row", "truth"))
        assert answer == pytest.approx([truth if row >= 20 else 1 - truth])


def test_same_examples_in_another_order_and_in_other_files_give_the_same_requests(tmp_path: Path) -> None:
    records = [tiny_model.serialized(row) for row in tiny_model.rows()]
    first = sampled(tmp_path / "bench-1", records, tmp_path / "examples-1")
    # Every example twice, backwards, in three files.
    again = sampled(tmp_path / "bench-2", [*records[::-1], *records], tmp_path / "examples-2", files=3)
    assert first == again


def test_release_carries_its_requests_as_a_warm_up_file(published: tuple[Bench, Candidate]) -> None:
    bench, first = published
    version = bench.registered.version("stable")
    requests = requests_in(version.path / WARMUP_FILE)
    golden = golden_of(bench)
    assert {(request.model_spec.name, request.model_spec.signature_name) for request in requests} == {
        (NAME, "serving_default")
    }
    sent = np.concatenate([tf.make_ndarray(request.inputs["examples"]) for request in requests])
    assert tuple(sent) == golden.inputs["examples"].strings
    # TensorFlow Serving sends them to this very model, so it has to answer, as it did.
    answers = version.load().signatures["serving_default"](examples=tf.constant(sent))
    np.testing.assert_array_equal(answers["predictions"], to_numpy(golden.outputs["predictions"]))
    # It is none of the model's own files: the candidate has none, and the digest is the candidate's.
    assert not (Path(first.model.uri) / "Format-Serving" / WARMUP_FILE).exists()
    assert WARMUP_FILE not in [file.path for file in version.manifest.files]


def test_verify_finds_a_warm_up_file_that_is_not_the_one_recorded(serving: tuple[Bench, Candidate]) -> None:
    bench, _ = serving
    path = bench.registered.version("stable").path / WARMUP_FILE
    path.parent.chmod(0o755)
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-5] ^= 1
    path.write_bytes(data)
    done = hallmark("verify", f"{NAME}@stable", "--root", bench.root, "--json")
    assert done.exit_code == 1
    assert [finding["code"] for finding in json.loads(done.stdout)["findings"]] == ["warmup-wrong"]


def test_verify_predictions_finds_an_untouched_release_as_recorded(
    published: tuple[Bench, Candidate],
) -> None:
    bench, _ = published
    for reference in ("stable", "1", "1.0.0"):
        done = hallmark("verify", "--predictions", f"{NAME}@{reference}", "--root", bench.root)
        assert done.exit_code == 0, done.stderr
        first = done.stdout.splitlines()[0]
        assert first == "tiny@1.0.0 release 1: 16 requests to serving_default, tolerance 1e-05: as recorded"
    told = json.loads(
        hallmark(
            "verify", "--predictions", f"{NAME}@1", "--tolerance", 0, "--root", bench.root, "--json"
        ).stdout
    )
    assert told["agrees"] is True
    (release,) = told["releases"]
    assert (release["release"], release["requests"], release["agrees"]) == (1, 16, True)
    assert [(output["output"], output["elements"]) for output in release["outputs"]] == [("predictions", 16)]


def forge(bench: Bench, golden_from: Bench) -> None:
    """Rewrites manifest and log so that 1.0.0 of a bench has the golden predictions of another's, all digests right."""
    model = bench.registered
    records = bench.root / ".hallmark" / NAME
    golden = golden_from.registered.version("1.0.0").manifest.golden
    assert golden is not None
    objects = Registry.open(bench.root).model(NAME)._ledger.objects  # a forger has the same door
    assert objects.put(golden_of(golden_from)) == golden.predictions
    manifest: Manifest = msgspec.structs.replace(model.version("1.0.0").manifest, golden=golden)
    digest = objects.put(manifest)
    identity = model.version("1.0.0").path / HALLMARK_FILE
    text = identity.read_text().replace(model.version("1.0.0").state.manifest, digest)
    identity.parent.chmod(0o755)
    identity.chmod(0o644)
    identity.write_text(text)
    events, prev = list(model.events()), GENESIS
    for event in sorted(events, key=lambda one: one.seq):
        if isinstance(event.data, Tagged):
            event = msgspec.structs.replace(event, data=msgspec.structs.replace(event.data, manifest=digest))
        data, prev = seal(msgspec.structs.replace(event, prev=prev))
        file = records / "log" / f"{event.seq:020d}.json"
        file.chmod(0o644)
        file.write_bytes(data)


def test_replaced_weights_whose_records_were_forged_are_found_by_their_answers(
    tmp_path: Path, published: tuple[Bench, Candidate]
) -> None:
    honest, _ = published
    forged = Bench(tmp_path / "forged", honest.examples)
    assert forged.push(forged.prepare(forged.train(45, 45))).get_int_custom_property("pushed") == 1
    forge(forged, golden_from=honest)
    # Nothing that reads bytes sees it.
    for command in (("verify", f"{NAME}@1"), ("log", NAME)):
        assert hallmark(*command, "--root", forged.root).exit_code == 0, command
    done = hallmark("verify", "--predictions", f"{NAME}@1", "--root", forged.root)
    assert done.exit_code == 1
    assert done.stdout.splitlines()[0].endswith("not what was recorded")
    told = json.loads(
        hallmark("verify", "--predictions", f"{NAME}@1", "--root", forged.root, "--json").stdout
    )
    (release,) = told["releases"]
    (output,) = release["outputs"]
    wrong = golden_of(honest).inputs["examples"].strings
    rows = [tf.train.Example.FromString(one).features.feature["row"].int64_list.value[0] for one in wrong]
    assert output["beyond"] == sum(20 <= row < 45 for row in rows) > 0
    assert output["absolute"] == pytest.approx(1.0)
    assert told["agrees"] is release["agrees"] is False


def test_version_without_golden_examples_says_why_and_has_no_warm_up_file(bench: Bench) -> None:
    candidate = bench.tag(bench.train(20, 20), golden_examples=0)
    bench.push(bench.evaluate(bench.hand_out_baseline(candidate)))
    version = bench.registered.version("stable")
    assert version.golden_predictions is None
    assert not (version.path / WARMUP_FILE).exists()
    done = hallmark("verify", "--predictions", f"{NAME}@stable", "--root", bench.root)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr == "hallmark: tiny@1.0.0 has no golden predictions: golden_examples is 0\n"
    assert hallmark("verify", f"{NAME}@stable", "--root", bench.root).exit_code == 0


def test_tagging_goes_on_where_the_model_does_not_take_the_examples(bench: Bench, tmp_path: Path) -> None:
    bench.examples = make_examples(tmp_path / "other", {"eval": [tf.train.Example().SerializeToString()]})
    candidate = bench.tag(bench.train(20, 20))
    assert candidate.model_version.get_string_custom_property("version") == "1.0.0"
    golden = bench.registered.version("1.0.0").manifest.golden
    assert golden.predictions is None
    assert "serving_default" in golden.note
    assert "\n" not in golden.note
    assert candidate.model.uri not in golden.note


@pytest.mark.parametrize("count", [-1, 1001, True, "16"])
def test_number_of_golden_examples_out_of_range_is_refused_when_the_pipeline_is_defined(
    bench: Bench, count: object
) -> None:
    with pytest.raises(ConfigError, match="give a whole number from 0 to 1,000") as caught:
        bench.tag(bench.train(20, 20), golden_examples=count)
    assert "\n" not in str(caught.value)
