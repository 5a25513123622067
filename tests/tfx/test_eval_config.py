"""EvalConfigs: what `beats_baseline` builds and TFMA makes of it, and which ones are refused before anything runs."""

import pytest
import tfx  # noqa: F401  (before TFMA, for its stand-ins)
from tensorflow_model_analysis.proto import config_pb2
from tfx.types import standard_artifacts
from tfx.types.channel import Channel

from tests.tfx.workbench import Bench, accuracy_gate, moved_to
from tfx_hallmark import BaselineEvaluator, ModelVersion, beats_baseline
from tfx_hallmark.evaluator.eval_config_check import check_eval_config
from tfx_hallmark.registry.errors import ConfigError

HIGHER = config_pb2.MetricDirection.HIGHER_IS_BETTER


def wire(eval_config):
    """Constructs the component, as a pipeline's definition does."""
    return BaselineEvaluator(
        Channel(type=standard_artifacts.Examples),
        Channel(type=standard_artifacts.Model),
        baseline=Channel(type=standard_artifacts.Model),
        model_version=Channel(type=ModelVersion),
        eval_config=eval_config,
    )


def value(lower=0.5, upper=None):
    bounds = {"lower_bound": {"value": lower}} if lower is not None else {}
    if upper is not None:
        bounds["upper_bound"] = {"value": upper}
    return config_pb2.GenericValueThreshold(**bounds)


def change(absolute=0.0, direction=HIGHER):
    bounds = {} if absolute is None else {"absolute": {"value": absolute}}
    return config_pb2.GenericChangeThreshold(direction=direction, **bounds)


def config(threshold=None, *, slicing=((),), per_slice=(), name="", spec_thresholds=None):
    """Makes a configuration by hand, as users do.

    Args:
        threshold: Holds on every slice.
        slicing: Features of each slicing spec.
        per_slice: Pairs of a threshold and the features of its slicing spec.
        name: Name of the only model.
        spec_thresholds: The map `MetricsSpec.thresholds`.
    """
    metric = config_pb2.MetricConfig(class_name="BinaryAccuracy")
    if threshold is not None:
        metric.threshold.CopyFrom(threshold)
    for bound, spec in per_slice:
        metric.per_slice_thresholds.add(threshold=bound, slicing_specs=[spec])
    return config_pb2.EvalConfig(
        model_specs=[config_pb2.ModelSpec(label_key="label", name=name)],
        slicing_specs=[config_pb2.SlicingSpec(feature_keys=list(features)) for features in slicing],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[metric], thresholds=spec_thresholds or {})],
    )


def both(**changes):
    return config_pb2.MetricThreshold(value_threshold=value(), change_threshold=change(**changes))


def only_value():
    return config_pb2.MetricThreshold(value_threshold=value())


def only_change():
    return config_pb2.MetricThreshold(change_threshold=change())


def on(*keys, **values):
    return config_pb2.SlicingSpec(feature_keys=list(keys), feature_values=values)


REFUSED = {
    "change thresholds only": (
        config(only_change()),
        "EvalConfig has change thresholds only, so no first model could be blessed, for there is nothing to "
        "compare it with: add a value_threshold",
    ),
    "no change threshold": (
        config(only_value()),
        "EvalConfig has no change threshold, so nothing is ever compared with what serves: add a "
        "change_threshold with a direction",
    ),
    "no threshold": (
        config(),
        "EvalConfig has no threshold, so nothing could ever be blessed: add one, or use beats_baseline(...)",
    ),
    "no direction": (
        config(both(direction=0)),
        "the change threshold of BinaryAccuracy has no direction: set HIGHER_IS_BETTER or LOWER_IS_BETTER",
    ),
    "change without a bound": (
        config(both(absolute=None)),
        "the change threshold of BinaryAccuracy bounds nothing: set absolute or relative",
    ),
    "name on the only model": (
        config(both(), name="candidate"),
        "EvalConfig names its only model 'candidate', which fails once there is a baseline: "
        "leave ModelSpec.name empty",
    ),
    "slice that is not computed": (
        config(both(), per_slice=[(only_value(), on("region"))]),
        "BinaryAccuracy has a threshold on slice region, which is not computed: add it to slicing_specs",
    ),
    "value of a slice that is not computed": (
        config(both(), per_slice=[(only_value(), on(region="north"))]),
        "BinaryAccuracy has a threshold on slice region, which is not computed: add it to slicing_specs",
    ),
    "direction missing in the map of a MetricsSpec": (
        config(spec_thresholds={"binary_accuracy": both(direction=0)}),
        "the change threshold of binary_accuracy has no direction: set HIGHER_IS_BETTER or LOWER_IS_BETTER",
    ),
}


@pytest.mark.parametrize(("eval_config", "message"), REFUSED.values(), ids=REFUSED)
def test_eval_config_that_cannot_work_is_refused_when_the_pipeline_is_defined(eval_config, message):
    with pytest.raises(ConfigError) as caught:
        wire(eval_config)
    assert str(caught.value) == message


def test_overall_slice_with_a_threshold_but_not_computed_is_refused():
    # TFMA adds the overall slice only where there are no slicing specs at all.
    with pytest.raises(ConfigError, match="not computed"):
        wire(config(slicing=[("region",)], per_slice=[(both(), on())]))


def test_value_threshold_that_bounds_nothing_is_refused():
    empty = config_pb2.MetricThreshold(value_threshold={}, change_threshold=change())
    with pytest.raises(ConfigError, match="bounds nothing"):
        wire(config(empty))


def test_change_threshold_on_cross_slices_alone_is_refused():
    # It compares slices of one model: nothing is compared with what serves.
    made = config(only_value(), slicing=[(), ("region",)])
    made.cross_slicing_specs.add(baseline_spec=on(region="north"), slicing_specs=[on(region="south")])
    made.metrics_specs[0].metrics[0].cross_slice_thresholds.add(
        threshold=only_change(), cross_slicing_specs=made.cross_slicing_specs
    )
    with pytest.raises(ConfigError, match="no change threshold"):
        wire(made)


def computed_by_value(made):
    made.slicing_specs.append(on(region="north"))
    return made


ACCEPTED = {
    "plain threshold": config(both()),
    "map of a MetricsSpec": config(spec_thresholds={"binary_accuracy": both()}),
    "threshold on a computed slice": config(
        both(), slicing=[(), ("region",)], per_slice=[(only_value(), on("region"))]
    ),
    "threshold on a value of a computed slice": config(
        both(), slicing=[(), ("region",)], per_slice=[(only_value(), on(region="north"))]
    ),
    "threshold on a feature of which one value is computed": (
        computed_by_value(config(both(), per_slice=[(only_value(), on("region"))]))
    ),
    "tolerance alone, as TFX's tutorials have it": config(both(absolute=-1e-10)),
    "nothing said about slices": config(both(), slicing=[]),
    "features in another order": config(
        both(), slicing=[(), ("region", "label")], per_slice=[(only_value(), on("label", "region"))]
    ),
}


@pytest.mark.parametrize("eval_config", ACCEPTED.values(), ids=ACCEPTED)
def test_eval_config_that_can_work_is_accepted(eval_config):
    wire(eval_config)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"min_value": None},
            "min_value is missing: without it no first model could be blessed, for there is nothing to beat",
        ),
        (
            {"direction": "lower_is_better"},
            "max_value is missing: without it no first model could be blessed, for there is nothing to beat",
        ),
        ({"direction": "up"}, "direction 'up' is unknown: use 'higher_is_better' or 'lower_is_better'"),
        (
            {"min_improvement": -0.1},
            "min_improvement is -0.1: it cannot be negative, for a worse model beats nothing",
        ),
        (
            {"slice_tolerance": -1.0},
            "slice_tolerance is -1.0: give 0 or more; 0 lets no slice get worse, None leaves slices out of the "
            "comparison",
        ),
        (
            {"more_metrics": ["Acuracy"]},
            "metric 'Acuracy' is unknown to TFMA and Keras: write its class name, e.g. 'BinaryAccuracy' or 'AUC'",
        ),
    ],
)
def test_builder_refuses_what_cannot_work(changes, message):
    with pytest.raises(ConfigError) as caught:
        accuracy_gate(**changes)
    assert str(caught.value) == message


def test_builder_refuses_an_unknown_metric():
    with pytest.raises(ConfigError, match="'accuracy_of_sorts' is unknown"):
        beats_baseline("accuracy_of_sorts", label_key="label", min_value=0.5)


@pytest.mark.parametrize(
    "changes", [{"slice_min_value": 0.4}, {"slice_max_value": 0.4}, {"slice_tolerance": 0.1}], ids=str
)
def test_builder_refuses_slice_bounds_without_slices(changes):
    # Left out in silence, they would be bounds that hold nobody.
    with pytest.raises(ConfigError, match="slices"):
        beats_baseline("BinaryAccuracy", label_key="label", min_value=0.5, **changes)


def test_builder_refuses_one_text_for_slices():
    # A string is a sequence too: of letters.
    with pytest.raises(ConfigError, match="slices"):
        accuracy_gate(slices="region")


@pytest.mark.parametrize(
    "bounds", [{"min_value": 0.9, "max_value": 0.5}, {"min_improvement": float("nan")}], ids=str
)
def test_builder_refuses_bounds_that_nothing_meets(bounds):
    with pytest.raises(ConfigError):
        accuracy_gate(**bounds)


@pytest.mark.parametrize(
    ("spelling", "class_name"),
    [
        ("BinaryAccuracy", "BinaryAccuracy"),
        ("binary_accuracy", "BinaryAccuracy"),
        ("auc", "AUC"),
        ("AUC", "AUC"),
        ("mean_squared_error", "MeanSquaredError"),
        ("sparse_categorical_accuracy", "SparseCategoricalAccuracy"),
    ],
)
def test_builder_takes_a_metric_by_class_name_or_snake_case(spelling, class_name):
    built = beats_baseline(spelling, label_key="label", min_value=0.5)
    assert built.metrics_specs[0].metrics[0].class_name == class_name


def test_what_the_builder_builds_passes_its_own_check():
    check_eval_config(accuracy_gate())
    check_eval_config(
        beats_baseline("BinaryCrossentropy", label_key="label", max_value=1, direction="lower_is_better")
    )


# What TFMA and the gate make of it, on models whose accuracy is known


@pytest.mark.parametrize(("south_errors", "pushed"), [(60, 1), (61, 0)])
def test_overall_bound_holds_overall_only_and_slice_bound_on_each_slice(bench, south_errors, pushed):
    # South is at 0.4 or just below, less than the 0.5 that holds overall.
    candidate = bench.prepare(bench.train(0, south_errors))
    assert bench.push(candidate).get_int_custom_property("pushed") == pushed
    verdict = bench.registered.version("1.0.0").verdict
    assert [(check.slice, check.threshold, check.passed) for check in verdict.checks] == [
        ("Overall", ">= 0.5", True),
        ("region:north", ">= 0.4", True),
        ("region:south", ">= 0.4", bool(pushed)),
    ]
    assert candidate.blessing.get_int_custom_property("blessed") == pushed


@pytest.mark.parametrize(
    ("tolerance", "errors", "pushed"),
    [
        # Nothing lost on south, within a tolerance of nothing.
        (0.0, (10, 20), 1),
        # In float32, 0.75 is more than 0.05 below 0.8, by a rounding error.
        (0.05, (0, 25), 1),
        (0.05, (0, 26), 0),
    ],
)
def test_slice_tolerance_is_inclusive_in_single_precision_too(keras_bench, tolerance, errors, pushed):
    candidate = keras_bench.prepare(keras_bench.train(*errors), keras_gate(tolerance))
    assert keras_bench.push(candidate).get_int_custom_property("pushed") == pushed


def keras_gate(tolerance):
    # TFMA has no metric of its own by this name: Keras computes it, in float32.
    return beats_baseline(
        "Accuracy", label_key="label", min_value=0.1, slices=["region"], slice_tolerance=tolerance
    )


@pytest.fixture(scope="module")
def _keras_start(tmp_path_factory, examples):
    bench = Bench(tmp_path_factory.mktemp("keras"), examples)
    first = bench.prepare(bench.train(20, 20), keras_gate(0.0))
    assert bench.push(first).get_int_custom_property("pushed") == 1
    return bench, first


@pytest.fixture
def keras_bench(_keras_start, tmp_path):
    return moved_to(*_keras_start, tmp_path / "bench")[0]


def test_metric_that_is_asked_for_twice_is_computed_once(bench):
    gate = accuracy_gate(more_metrics=["binary_accuracy", "ExampleCount", "AUC"])
    assert bench.push(bench.prepare(bench.train(20, 20), gate)).get_int_custom_property("pushed") == 1
    assert set(bench.registered.version("1.0.0").metrics["Overall"]) == {
        "binary_accuracy",
        "example_count",
        "auc",
    }
