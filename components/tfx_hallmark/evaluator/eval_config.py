"""Builds EvalConfigs that a candidate passes by beating what serves."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, Literal

from tfx_hallmark.evidence import confidence_level
from tfx_hallmark.registry.errors import ConfigError

# TFMA's jackknife merges the sums of these twice, so that even their plain values come out wrong
# (`merge_accumulators` in tensorflow_model_analysis/metrics/mean_regression_error.py and flip_metrics.py).
_WRONG_BY_JACKKNIFE = ("mean_regression_error", "flip_metrics")

_SMALL = 1e-6  # what a change may be off by rounding: Keras computes many metrics in float32


def beats_baseline(
    metric: str,
    *,
    label_key: str,
    min_value: float | None = None,
    max_value: float | None = None,
    direction: Literal["higher_is_better", "lower_is_better"] = "higher_is_better",
    min_improvement: float = 0.0,
    slices: Sequence[str] = (),
    slice_min_value: float | None = None,
    slice_max_value: float | None = None,
    slice_tolerance: float | None = 0.0,
    slice_min_examples: int | None = None,
    confidence: float | None = None,
    more_metrics: Sequence[str] = (),
    signature_name: str = "serving_default",
    preprocessing: Sequence[str] = (),
) -> Any:
    """Build an EvalConfig that a candidate passes by beating what serves.

    The metric must be within its bounds overall; once something serves, it must also improve on that
    by more than `min_improvement` overall, and lose no more than `slice_tolerance` on any slice.

    With `confidence` that has to be more than noise: the whole interval of the improvement must lie above
    `min_improvement`, and a slice speaks against the candidate if its whole interval lies below
    `-slice_tolerance`. Bounds on values stay bounds on what was measured. Intervals take twenty samples of
    the examples, which TFMA draws anew in each run.

    Args:
        metric: Metric to decide on: a class name of Keras or TFMA such as `SparseCategoricalAccuracy`,
            or its snake case.
        label_key: Feature that holds the label.
        min_value: Least value overall; needed where higher is better, or nothing could ever be first.
        max_value: Greatest value overall; needed where lower is better.
        direction: Which way the metric is better.
        min_improvement: How much better than the baseline it must be, in the metric's unit; an equal
            candidate is never better.
        slices: Features to slice by, one at a time.
        slice_min_value: Least value on every slice.
        slice_max_value: Greatest value on every slice.
        slice_tolerance: How much worse than the baseline a slice may get, in the metric's unit; None
            leaves slices out of the comparison.
        slice_min_examples: Slices with fewer examples are told and not judged; None judges all. Only
            BaselineEvaluator can do that: with TFX's own Evaluator, one small slice fails every threshold.
        confidence: How sure an improvement must be, between 0 and 1, such as 0.95; None compares the
            measured values alone.
        more_metrics: Further metrics to compute, without thresholds.
        signature_name: Signature to evaluate.
        preprocessing: Signatures that transform the examples first, e.g. `transform_features`.

    Returns:
        A `tfma.EvalConfig`.

    Raises:
        ConfigError: If no first model could ever pass, a metric is unknown, or a number means nothing.
    """
    # TFX 1.21 puts stand-ins in place that TFMA's imports need, so it comes first.
    import tfx  # noqa: F401
    from tensorflow_model_analysis.proto import config_pb2

    _check_direction(direction, min_value, max_value)
    _check_numbers(min_improvement=min_improvement, slice_tolerance=slice_tolerance)
    _check_range("min_value", min_value, "max_value", max_value)
    _check_range("slice_min_value", slice_min_value, "slice_max_value", slice_max_value)
    _check_slice_arguments(slices, slice_min_value, slice_max_value, slice_tolerance, slice_min_examples)
    sign = 1.0 if direction == "higher_is_better" else -1.0
    towards = getattr(config_pb2.MetricDirection, direction.upper())

    def threshold(lower: float | None, upper: float | None, improvement: float | None) -> Any:
        bound = config_pb2.MetricThreshold()
        if lower is not None:
            bound.value_threshold.lower_bound.value = lower
        if upper is not None:
            bound.value_threshold.upper_bound.value = upper
        if improvement is not None:
            bound.change_threshold.absolute.value = sign * improvement
            bound.change_threshold.direction = towards
        return bound

    decided = config_pb2.MetricConfig(class_name=_class_name(metric))
    # A plain `threshold` would hold on every slice; the empty spec is the overall slice.
    overall = decided.per_slice_thresholds.add(threshold=threshold(min_value, max_value, min_improvement))
    overall.slicing_specs.add()
    sliced = threshold(
        slice_min_value, slice_max_value, None if slice_tolerance is None else -slice_tolerance - _SMALL
    )
    if slices and sliced.ByteSize():
        decided.per_slice_thresholds.add(
            threshold=sliced,
            slicing_specs=[config_pb2.SlicingSpec(feature_keys=[feature]) for feature in slices],
        )
    more = [config_pb2.MetricConfig(class_name=_class_name(name)) for name in (*more_metrics, "ExampleCount")]
    config = config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(
                signature_name=signature_name, label_key=label_key, preprocessing_function_names=preprocessing
            )
        ],
        slicing_specs=[config_pb2.SlicingSpec()]
        + [config_pb2.SlicingSpec(feature_keys=[feature]) for feature in slices],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[decided, *more])],
    )
    if slice_min_examples is not None:
        config.options.min_slice_size.value = slice_min_examples
    if confidence is not None:
        confidence_level.ask_for(config, confidence_level.check_level(confidence))
        config.options.confidence_intervals.method = _interval_method(
            one.class_name for one in (decided, *more)
        )
    return config


def wrong_by_jackknife(class_name: str) -> bool:
    """Tell whether TFMA's jackknife falsifies a metric; the bootstrap does not, at twenty times the work."""
    from tensorflow_model_analysis.metrics import metric_types

    metric = metric_types.registered_metrics().get(class_name)
    return metric is not None and metric.__module__.rpartition(".")[2] in _WRONG_BY_JACKKNIFE


def _interval_method(class_names: Iterable[str]) -> Any:
    from tensorflow_model_analysis.proto import config_pb2

    if any(map(wrong_by_jackknife, class_names)):
        return config_pb2.ConfidenceIntervalOptions.POISSON_BOOTSTRAP
    return config_pb2.ConfidenceIntervalOptions.JACKKNIFE


def _check_direction(direction: str, min_value: float | None, max_value: float | None) -> None:
    if direction not in ("higher_is_better", "lower_is_better"):
        msg = f"direction {direction!r} is unknown: use 'higher_is_better' or 'lower_is_better'"
        raise ConfigError(msg)
    needed = "min_value" if direction == "higher_is_better" else "max_value"
    if (min_value if direction == "higher_is_better" else max_value) is None:
        msg = f"{needed} is missing: without it no first model could be blessed, for there is nothing to beat"
        raise ConfigError(msg)


def _check_numbers(*, min_improvement: float, slice_tolerance: float | None) -> None:
    # Written so that NaN is refused too.
    if not min_improvement >= 0:
        msg = f"min_improvement is {min_improvement}: it cannot be negative, for a worse model beats nothing"
        raise ConfigError(msg)
    if slice_tolerance is not None and not 0 <= slice_tolerance < math.inf:
        msg = (
            f"slice_tolerance is {slice_tolerance}: give 0 or more; 0 lets no slice get worse, "
            "None leaves slices out of the comparison"
        )
        raise ConfigError(msg)


def _check_range(lower_name: str, lower: float | None, upper_name: str, upper: float | None) -> None:
    for name, bound in ((lower_name, lower), (upper_name, upper)):
        if bound is not None and not math.isfinite(bound):
            msg = f"{name} is {bound}: give a finite number"
            raise ConfigError(msg)
    if lower is not None and upper is not None and lower > upper:
        msg = f"{lower_name} {lower} is above {upper_name} {upper}: nothing could ever pass"
        raise ConfigError(msg)


def _check_slice_arguments(
    slices: Sequence[str],
    least: float | None,
    greatest: float | None,
    tolerance: float | None,
    min_examples: int | None,
) -> None:
    if isinstance(slices, str):
        msg = f"slices is the text {slices!r}: give a list of features, [{slices!r}]"
        raise ConfigError(msg)
    # A tolerance of nothing is the default, and says nothing where there are no slices.
    if not slices and (tolerance or any(bound is not None for bound in (least, greatest, min_examples))):
        msg = "there is a bound for slices, but no slices: name the features to slice by"
        raise ConfigError(msg)
    if min_examples is not None and (not isinstance(min_examples, int) or min_examples < 1):
        msg = f"slice_min_examples is {min_examples}: give a whole number from 1"
        raise ConfigError(msg)


def _class_name(metric: str) -> str:
    from tensorflow_model_analysis.metrics import metric_types

    known = metric_types.registered_metrics()
    camel = "".join(part.capitalize() for part in metric.split("_")) if "_" in metric else metric
    for name in (metric, camel, *(name for name in known if name.lower() == metric.replace("_", "").lower())):
        if name in known or _is_keras_metric(name):
            return str(name)
    msg = f"metric {metric!r} is unknown to TFMA and Keras: write its class name, e.g. 'BinaryAccuracy' or 'AUC'"
    raise ConfigError(msg)


def _is_keras_metric(name: str) -> bool:
    import tensorflow as tf

    return isinstance(getattr(tf.keras.metrics, name, None), type)
