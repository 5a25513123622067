"""Reading what TFMA really writes: each kind of threshold and of value that an EvalConfig can ask for."""

import math

import pytest
import tfx  # noqa: F401  (before TFMA, for its stand-ins)
from google.protobuf import text_format
from tensorflow_model_analysis.proto import config_pb2
from tfx.components import Evaluator

from tests.tfx.workbench import Bench, accuracy_gate, as_channel, launch
from tfx_hallmark.evidence.tfma_results import read_evidence


@pytest.fixture(scope="module")
def models(tmp_path_factory, examples):
    """A candidate that is right on 100 and 70 rows of the regions, a baseline that is on 80 of each."""
    bench = Bench(tmp_path_factory.mktemp("models"), examples)
    return bench, bench.train(0, 30), bench.train(20, 20)


@pytest.fixture(scope="module")
def results(models):
    """Evaluates the candidate by an EvalConfig in text form, alone or against the baseline."""
    bench, candidate, baseline = models

    def evaluate(text, *, against=False):
        evaluator = Evaluator(
            examples=as_channel(bench.examples),
            model=as_channel(candidate.model),
            baseline_model=as_channel(baseline.model) if against else None,
            eval_config=text_format.Parse(text, config_pb2.EvalConfig()),
        )
        written = launch(evaluator, bench.new_folder())
        validated = written["blessing"].has_custom_property("blessed")
        return read_evidence(written["evaluation"].uri, validated=validated)

    return evaluate


def table(evidence):
    """Gives metric, slice, rule, bound, and the values of both models, in a fixed order."""
    return sorted(
        (
            line.metric,
            line.slice,
            line.rule,
            line.lower if line.rule == "value" else line.absolute,
            line.candidate,
            line.baseline,
        )
        for line in evidence.comparisons
    )


def measured(evidence):
    return {(value.metric, value.slice): value.value for value in evidence.metrics}


@pytest.fixture(scope="module")
def by_class(results):
    return results(
        """
        model_specs { label_key: "label" signature_name: "by_class" }
        slicing_specs {} slicing_specs { feature_keys: "region" }
        metrics_specs {
          metrics { class_name: "SparseCategoricalAccuracy"
                    threshold { value_threshold { lower_bound { value: 0.75 } } } }
          metrics { class_name: "MeanPrediction" config: '"name": "mean"' }
          thresholds { key: "mean" value { value_threshold { lower_bound { value: 0.0 } } } }
        }
        metrics_specs {
          binarize { class_ids { values: [0, 1] } }
          metrics { class_name: "AUC"
                    per_slice_thresholds { slicing_specs { feature_keys: "region" }
                                           threshold { value_threshold { lower_bound { value: 0.8 } } } } }
          metrics { class_name: "Precision" config: '"thresholds": 0.3, "name": "precision_at_0.3"' }
        }
        """
    ).evidence


def test_plain_threshold_holds_on_every_slice(by_class):
    assert [row[1:5] for row in table(by_class) if row[0] == "sparse_categorical_accuracy"] == [
        ("Overall", "value", 0.75, pytest.approx(0.85)),
        ("region:north", "value", 0.75, pytest.approx(1.0)),
        ("region:south", "value", 0.75, pytest.approx(0.7)),
    ]
    assert by_class.validation_ok is False


def test_threshold_of_each_class_is_told_apart_and_holds_on_its_slices_only(by_class):
    rows = [row for row in table(by_class) if "auc" in row[0]]
    assert [(row[1], row[4]) for row in rows] == [
        ("region:north", pytest.approx(1.0)),
        ("region:south", pytest.approx(0.7)),
    ] * 2
    names = {row[0] for row in rows}
    assert len(names) == 2
    assert all(any(str(number) in name for name in names) for number in (0, 1))


def test_metrics_without_a_threshold_are_kept(by_class):
    values = measured(by_class)
    precision = {name for name, _ in values if name.startswith("precision_at_0.3")}
    assert len(precision) == 2
    for name in precision:
        assert values[name, "region:south"] == pytest.approx(0.7)


def test_threshold_in_the_map_of_a_metrics_spec_is_listed(by_class):
    assert {row[1] for row in table(by_class) if row[0] == "mean"} == {
        "Overall",
        "region:north",
        "region:south",
    }


@pytest.fixture(scope="module")
def holes(results):
    return results(
        """
        model_specs { label_key: "label" }
        slicing_specs {} slicing_specs { feature_keys: "region" }
        cross_slicing_specs {
          baseline_spec { feature_values { key: "region" value: "north" } }
          slicing_specs { feature_values { key: "region" value: "south" } }
        }
        metrics_specs {
          metrics {
            class_name: "BinaryAccuracy"
            per_slice_thresholds { slicing_specs { feature_values { key: "region" value: "east" } }
                                   threshold { value_threshold { lower_bound { value: 0.75 } } } }
            cross_slice_thresholds {
              cross_slicing_specs {
                baseline_spec { feature_values { key: "region" value: "north" } }
                slicing_specs { feature_values { key: "region" value: "south" } }
              }
              threshold { value_threshold { upper_bound { value: 0.1 } } }
            }
          }
          thresholds { key: "no_such_metric" value { value_threshold { lower_bound { value: 0.5 } } } }
        }
        """
    ).evidence


def test_slice_that_has_a_threshold_but_no_examples_is_missing(holes):
    assert "region:east" in holes.missing_slices
    assert not [line for line in holes.comparisons if line.slice == "region:east"]


def test_metric_that_tfma_did_not_find_has_no_value(holes):
    rows = [row for row in table(holes) if row[0] == "no_such_metric"]
    assert [(row[1], row[4]) for row in rows] == [
        ("Overall", None),
        ("region:north", None),
        ("region:south", None),
    ]
    assert "no_such_metric on Overall: Metric not found." in holes.failures


def test_difference_between_slices_is_listed_among_the_failures(holes):
    assert any(
        "binary_accuracy on a cross slice" in failure and "0.3" in failure for failure in holes.failures
    )


def test_cross_slice_that_is_missing_is_named(holes):
    (name,) = [missing for missing in holes.missing_slices if missing.startswith("cross slice")]
    assert "region:north" in name
    assert "region:south" in name


@pytest.fixture(scope="module")
def intervals(results):
    return results(
        """
        model_specs { label_key: "label" }
        slicing_specs {} slicing_specs { feature_keys: "region" }
        options { compute_confidence_intervals { value: true } }
        metrics_specs {
          metrics {
            class_name: "BinaryAccuracy"
            threshold { value_threshold { lower_bound { value: 0.5 } }
                        change_threshold { absolute { value: 0.01 } relative { value: 0.02 }
                                           direction: HIGHER_IS_BETTER } }
          }
          # Its own values are wrong with intervals switched on: TFMA adds up the samples. Only bounds are tested.
          metrics {
            class_name: "MeanAbsoluteError"
            threshold { value_threshold { upper_bound { value: 0.5 } }
                        change_threshold { absolute { value: -0.01 } relative { value: -0.02 }
                                           direction: LOWER_IS_BETTER } }
          }
        }
        """,
        against=True,
    )


def test_values_are_read_with_confidence_intervals_switched_on(intervals):
    accuracy = [row for row in table(intervals.evidence) if row[0] == "binary_accuracy"]
    assert [(row[1], row[2], row[3], row[4], row[5]) for row in accuracy] == [
        ("Overall", "change", 0.01, pytest.approx(0.85), pytest.approx(0.8)),
        ("Overall", "value", 0.5, pytest.approx(0.85), None),
        ("region:north", "change", 0.01, pytest.approx(1.0), pytest.approx(0.8)),
        ("region:north", "value", 0.5, pytest.approx(1.0), None),
        ("region:south", "change", 0.01, pytest.approx(0.7), pytest.approx(0.8)),
        ("region:south", "value", 0.5, pytest.approx(0.7), None),
    ]


def test_bounds_on_a_change_are_improvements_whichever_way_is_better(intervals):
    changes = [
        line for line in intervals.evidence.comparisons if line.rule == "change" and line.slice == "Overall"
    ]
    assert {(line.metric, line.direction, line.absolute, line.relative) for line in changes} == {
        ("binary_accuracy", "higher_is_better", 0.01, 0.02),
        ("mean_absolute_error", "lower_is_better", 0.01, 0.02),
    }


def test_both_models_are_named_and_their_metrics_kept_apart(intervals, models):
    _, candidate, baseline = models
    assert intervals.candidate.startswith(candidate.model.uri)
    assert intervals.baseline.startswith(baseline.model.uri)
    evidence = intervals.evidence
    assert measured(evidence)["binary_accuracy", "region:south"] == pytest.approx(0.7)
    baseline_metrics = {(value.metric, value.slice): value.value for value in evidence.baseline_metrics}
    assert baseline_metrics["binary_accuracy", "region:south"] == pytest.approx(0.8)
    # Differences are not metrics of either model.
    assert len(evidence.metrics) == len(evidence.baseline_metrics) == 6


def test_metric_without_a_value_somewhere_does_not_spoil_the_record(bench):
    # Of rows that are all negative there is no recall: TFMA has NaN there, and JSON knows none.
    gate = accuracy_gate(slices=["label"], more_metrics=["Recall", "Calibration"])
    assert bench.push(bench.prepare(bench.train(0, 0), gate)).get_int_custom_property("pushed") == 1
    version = bench.registered.version("1.0.0")
    assert version.metrics["Overall"]["recall"] == pytest.approx(1.0)
    assert version.metrics["label:1"]["recall"] == pytest.approx(1.0)
    assert version.metrics["label:0"].get("recall") is None


def test_candidate_without_a_value_for_a_bounded_metric_is_refused(bench):
    gate = accuracy_gate(slices=["label"], slice_min_value=None, slice_tolerance=None)
    metric = gate.metrics_specs[0].metrics.add(class_name="Recall")
    metric.threshold.value_threshold.lower_bound.value = 0.1
    assert bench.push(bench.prepare(bench.train(0, 0), gate)).get_int_custom_property("pushed") == 0
    version = bench.registered.version("1.0.0")
    (failed,) = [check for check in version.verdict.checks if not check.passed]
    assert (failed.metric, failed.slice, failed.margin) == ("recall", "label:0", None)
    assert failed.candidate is None or math.isnan(failed.candidate)
    assert failed.note == "no value for the candidate"
