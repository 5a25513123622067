"""The gate's noise and its small slices: what `beats_baseline` asks for, TFMA measures, and the verdict says."""

import json
from pathlib import Path

import pytest
import tfx  # noqa: F401  (before TFMA, for its stand-ins)
from tensorflow_model_analysis.proto import config_pb2

from tests.tfx.test_eval_config import both, config, wire
from tests.tfx.workbench import accuracy_gate
from tfx_hallmark import beats_baseline
from tfx_hallmark.evidence import confidence_level
from tfx_hallmark.registry.errors import ConfigError

METHODS = config_pb2.ConfidenceIntervalOptions


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"confidence": 0}, "confidence is 0: give a number between 0 and 1, such as 0.95"),
        ({"confidence": 95}, "confidence is 95: give a number between 0 and 1, such as 0.95"),
        ({"confidence": "much"}, "confidence is much: give a number between 0 and 1, such as 0.95"),
        ({"slice_min_examples": 0}, "slice_min_examples is 0: give a whole number from 1"),
        ({"slice_min_examples": 2.5}, "slice_min_examples is 2.5: give a whole number from 1"),
    ],
)
def test_builder_refuses_numbers_that_mean_nothing(changes, message):
    with pytest.raises(ConfigError) as caught:
        accuracy_gate(**changes)
    assert str(caught.value) == message


def test_least_size_of_slices_without_slices_is_refused():
    with pytest.raises(ConfigError, match="no slices"):
        beats_baseline("BinaryAccuracy", label_key="label", min_value=0.5, slice_min_examples=10)


def test_confidence_travels_within_the_eval_config():
    assert confidence_level.asked_for(accuracy_gate()) is None
    built = accuracy_gate(confidence=0.9)
    assert confidence_level.asked_for(config_pb2.EvalConfig.FromString(built.SerializeToString())) == 0.9


@pytest.mark.parametrize(
    ("metric", "method"),
    [("BinaryAccuracy", METHODS.JACKKNIFE), ("MeanAbsoluteError", METHODS.POISSON_BOOTSTRAP)],
)
def test_metric_that_the_jackknife_falsifies_is_sampled_by_the_bootstrap(metric, method):
    built = beats_baseline(metric, label_key="label", min_value=0.1, confidence=0.95)
    assert built.options.confidence_intervals.method == method
    wire(built)


def test_intervals_by_the_jackknife_for_a_metric_that_it_falsifies_are_refused():
    made = config(both())
    made.metrics_specs[0].metrics.add(class_name="MeanAbsoluteError")
    wire(made)
    made.options.compute_confidence_intervals.value = True
    with pytest.raises(ConfigError, match="jackknife falsifies MeanAbsoluteError"):
        wire(made)


def test_least_size_of_slices_needs_the_count_of_examples():
    made = config(both(), slicing=[(), ("region",)])
    made.options.min_slice_size.value = 10
    with pytest.raises(ConfigError, match="add the metric ExampleCount"):
        wire(made)
    made.metrics_specs[0].metrics.add(class_name="ExampleCount")
    wire(made)


def test_slices_are_compared_with_the_baseline_unless_told_otherwise():
    def changes(**options):
        built = beats_baseline(
            "BinaryAccuracy", label_key="label", min_value=0.5, slices=["region"], **options
        )
        thresholds = built.metrics_specs[0].metrics[0].per_slice_thresholds
        return [one.threshold.change_threshold.absolute.value for one in thresholds]

    assert changes() == [0.0, pytest.approx(0.0, abs=2e-6)]
    assert changes(slice_tolerance=None) == [0.0]
    assert changes(slice_tolerance=0.1) == [0.0, pytest.approx(-0.1, abs=2e-6)]


# On models whose accuracy is known


def lines(verdict):
    return {(check.slice, check.rule): check for check in verdict.checks}


def test_small_slice_that_loses_is_told_and_judged_by_nobody(serving):
    bench, _ = serving
    gate = accuracy_gate(slice_min_examples=101)
    candidate = bench.prepare(bench.train(0, 35), gate)
    assert candidate.blessing.get_int_custom_property("blessed") == 1
    asked, judged = (
        json.loads((Path(candidate.evaluation.uri) / name).read_text())
        for name in ("hallmark_eval_config.json", "eval_config.json")
    )
    assert asked["options"]["minSliceSize"] == 101
    assert "minSliceSize" not in judged["evalConfig"].get("options", {}), "TFMA would fail every threshold"
    assert bench.push(candidate).get_int_custom_property("pushed") == 1
    assert json.loads(bench.registered.version("stable").evidence.eval_config) == asked
    south = lines(bench.registered.version("stable").verdict)["region:south", "change"]
    assert (south.judged, south.passed, south.examples) == (False, True, 100)
    assert south.note == "not judged: 100 examples, fewer than 101"
    assert south.improvement == pytest.approx(-0.15)
    overall = lines(bench.registered.version("stable").verdict)["Overall", "change"]
    assert (overall.judged, overall.examples) == (True, 200)


def test_slice_of_just_the_least_size_is_judged(serving):
    bench, _ = serving
    candidate = bench.prepare(bench.train(0, 35), accuracy_gate(slice_min_examples=100))
    assert bench.push(candidate).get_int_custom_property("pushed") == 0
    verdict = bench.registered.version("1.0.1").verdict
    assert [reason.code for reason in verdict.reasons] == ["slice_worse"]
    assert "region:south" in verdict.sentence


@pytest.mark.slow
@pytest.mark.parametrize(("errors", "code"), [((19, 19), "within_noise"), ((2, 2), "better")])
def test_improvement_must_be_more_than_noise(serving, errors, code):
    # Right on one more row of a hundred; or on eighteen more.
    bench, _ = serving
    bench.push(bench.prepare(bench.train(*errors), accuracy_gate(confidence=0.95)))
    verdict = bench.registered.version("1.0.1").verdict
    assert [reason.code for reason in verdict.reasons] == [code]
    overall = lines(verdict)["Overall", "change"]
    least, greatest = overall.interval
    assert least < overall.improvement < greatest
    assert overall.improvement == pytest.approx(0.2 - errors[0] / 100)
    assert (least > 0) is (code == "better")
    assert overall.confidence == 0.95
    assert overall.threshold == "better by more than 0 at 95% confidence"
