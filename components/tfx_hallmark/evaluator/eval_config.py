"""EvalConfigs that mean what they seem to: one builder, and one check for those made by hand.

TFMA takes each of these without a word: change thresholds alone (never bless a first model), no
threshold at all (never bless anything), a change threshold without a direction (never passes), a
name on a single model (fails as soon as there is a baseline), a threshold on a slice that is not
computed (never passes).
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from tfx_hallmark.registry.errors import ConfigError

Features = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]

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
    slice_tolerance: float | None = None,
    more_metrics: Sequence[str] = (),
    signature_name: str = "serving_default",
    preprocessing: Sequence[str] = (),
) -> Any:
    """Build an EvalConfig that a candidate passes by beating what serves.

    The metric must be within its bounds overall; once something serves, it must also improve on that
    by more than `min_improvement` overall, and lose no more than `slice_tolerance` on any slice.

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
        more_metrics: Further metrics to compute, without thresholds.
        signature_name: Signature to evaluate.
        preprocessing: Signatures that transform the examples first, e.g. `transform_features`.

    Returns:
        A `tfma.EvalConfig`.

    Raises:
        ConfigError: If no first model could ever pass, or a metric is unknown.
    """
    # TFX 1.21 puts stand-ins in place that TFMA's imports need, so it comes first.
    import tfx  # noqa: F401
    from tensorflow_model_analysis.proto import config_pb2

    _check_direction(direction, min_value, max_value)
    _check_numbers(min_improvement=min_improvement, slice_tolerance=slice_tolerance)
    _check_range("min_value", min_value, "max_value", max_value)
    _check_range("slice_min_value", slice_min_value, "slice_max_value", slice_max_value)
    _check_slice_arguments(slices, slice_min_value, slice_max_value, slice_tolerance)
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
    return config_pb2.EvalConfig(
        model_specs=[
            config_pb2.ModelSpec(
                signature_name=signature_name, label_key=label_key, preprocessing_function_names=preprocessing
            )
        ],
        slicing_specs=[config_pb2.SlicingSpec()]
        + [config_pb2.SlicingSpec(feature_keys=[feature]) for feature in slices],
        metrics_specs=[config_pb2.MetricsSpec(metrics=[decided, *more])],
    )


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
    if slice_tolerance is not None and not slice_tolerance >= 0:
        msg = f"slice_tolerance is {slice_tolerance}: it cannot be negative; 0 lets no slice get worse"
        raise ConfigError(msg)


def _check_range(lower_name: str, lower: float | None, upper_name: str, upper: float | None) -> None:
    for name, bound in ((lower_name, lower), (upper_name, upper)):
        if bound is not None and not math.isfinite(bound):
            msg = f"{name} is {bound}: give a finite number"
            raise ConfigError(msg)
    if lower is not None and upper is not None and lower > upper:
        msg = f"{lower_name} {lower} is above {upper_name} {upper}: nothing could ever pass"
        raise ConfigError(msg)


def _check_slice_arguments(slices: Sequence[str], *bounds: float | None) -> None:
    if isinstance(slices, str):
        msg = f"slices is the text {slices!r}: give a list of features, [{slices!r}]"
        raise ConfigError(msg)
    if not slices and any(bound is not None for bound in bounds):
        msg = "there is a bound for slices, but no slices: name the features to slice by"
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


def check_eval_config(config: Any) -> None:
    """Make sure that an EvalConfig can bless a first model, and only a better one after it.

    Args:
        config: A `tfma.EvalConfig`.

    Raises:
        ConfigError: If it has no model, or a name on its only one; no threshold; change thresholds alone
            or none; a change threshold without a direction or a bound; or a threshold on a slice that it
            does not compute.
    """
    if len(config.model_specs) == 1 and config.model_specs[0].name:
        msg = (
            f"EvalConfig names its only model {config.model_specs[0].name!r}, which fails once there is a "
            "baseline: leave ModelSpec.name empty"
        )
        raise ConfigError(msg)
    thresholds = list(_thresholds(config))
    if not thresholds:
        msg = "EvalConfig has no threshold, so nothing could ever be blessed: add one, or use beats_baseline(...)"
        raise ConfigError(msg)
    for metric, threshold in thresholds:
        if threshold.HasField("value_threshold"):
            _check_value(metric, threshold.value_threshold)
        if threshold.HasField("change_threshold"):
            _check_change(metric, threshold.change_threshold)
    # Differences between slices say nothing about the model as such, nor about the one before.
    within = [threshold for _, threshold in _thresholds_within_slices(config)]
    if not any(threshold.HasField("value_threshold") for threshold in within):
        msg = (
            "EvalConfig has change thresholds only, so no first model could be blessed, for there is nothing to "
            "compare it with: add a value_threshold"
        )
        raise ConfigError(msg)
    if not any(threshold.HasField("change_threshold") for threshold in within):
        msg = (
            "EvalConfig has no change threshold, so nothing is ever compared with what serves: add a "
            "change_threshold with a direction"
        )
        raise ConfigError(msg)
    _check_slices(config)


def _check_value(metric: str, value: Any) -> None:
    if not value.HasField("lower_bound") and not value.HasField("upper_bound"):
        msg = f"the value threshold of {metric} bounds nothing: set lower_bound or upper_bound"
        raise ConfigError(msg)


def _check_change(metric: str, change: Any) -> None:
    if not change.direction:
        msg = f"the change threshold of {metric} has no direction: set HIGHER_IS_BETTER or LOWER_IS_BETTER"
        raise ConfigError(msg)
    if not change.HasField("absolute") and not change.HasField("relative"):
        msg = f"the change threshold of {metric} bounds nothing: set absolute or relative"
        raise ConfigError(msg)


def _check_slices(config: Any) -> None:
    # Without slicing specs TFMA computes the overall slice alone; with some, only if it is among them.
    computed = {_features(spec) for spec in config.slicing_specs} or {((), ())}
    for metric, spec in _sliced_specs(config):
        if not any(_meets(one, _features(spec)) for one in computed):
            names = ", ".join([*spec.feature_keys, *spec.feature_values]) or "Overall"
            msg = f"{metric} has a threshold on slice {names}, which is not computed: add it to slicing_specs"
            raise ConfigError(msg)


def _meets(computed: Features, wanted: Features) -> bool:
    """Tell whether a computed slice is one that a threshold is on (tfma/slicer/slicer_lib.py)."""
    keys, values = dict.fromkeys(computed[0]), dict(computed[1])
    same = {*keys, *values} == {*wanted[0], *dict(wanted[1])}
    return same and all(values.get(key, value) == value for key, value in wanted[1])


def _features(spec: Any) -> Features:
    return tuple(sorted(spec.feature_keys)), tuple(sorted(spec.feature_values.items()))


def _thresholds(config: Any) -> Iterator[tuple[str, Any]]:
    yield from _thresholds_within_slices(config)
    for spec in config.metrics_specs:
        for metric, several in spec.cross_slice_thresholds.items():
            yield from ((metric, entry.threshold) for entry in several.thresholds)
        for metric_config in spec.metrics:
            yield from (
                (metric_config.class_name, entry.threshold) for entry in metric_config.cross_slice_thresholds
            )


def _thresholds_within_slices(config: Any) -> Iterator[tuple[str, Any]]:
    for spec in config.metrics_specs:
        yield from spec.thresholds.items()
        for metric, several in spec.per_slice_thresholds.items():
            yield from ((metric, entry.threshold) for entry in several.thresholds)
        for metric_config in spec.metrics:
            if metric_config.HasField("threshold"):
                yield metric_config.class_name, metric_config.threshold
            yield from (
                (metric_config.class_name, entry.threshold) for entry in metric_config.per_slice_thresholds
            )


def _sliced_specs(config: Any) -> Iterator[tuple[str, Any]]:
    for spec in config.metrics_specs:
        for metric, several in spec.per_slice_thresholds.items():
            yield from ((metric, sliced) for entry in several.thresholds for sliced in entry.slicing_specs)
        for metric_config in spec.metrics:
            for entry in metric_config.per_slice_thresholds:
                yield from ((metric_config.class_name, sliced) for sliced in entry.slicing_specs)
