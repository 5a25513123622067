"""Refuses EvalConfigs that do not mean what they seem to.

TFMA takes each of these without a word: change thresholds alone (never bless a first model), no
threshold at all (never bless anything), a change threshold without a direction (never passes), a
name on a single model (fails as soon as there is a baseline), a threshold on a slice that is not
computed (never passes), intervals by the jackknife for metrics that it falsifies.
"""

from collections.abc import Iterator
from typing import Any

from tfx_hallmark.evaluator.eval_config import wrong_by_jackknife
from tfx_hallmark.evaluator.tfma_share import judged_by_tfma
from tfx_hallmark.evidence import confidence_level
from tfx_hallmark.registry.errors import ConfigError

Features = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]


def check_eval_config(config: Any) -> None:
    """Make sure that an EvalConfig can bless a first model, and only a better one after it.

    Args:
        config: A `tfma.EvalConfig`.

    Raises:
        ConfigError: If it has no model, or a name on its only one; no threshold; change thresholds alone
            or none; a change threshold without a direction or a bound; a threshold on a slice that it
            does not compute; a confidence that is none, or intervals by a method that falsifies a metric;
            a least size of slices without the count of examples, or with thresholds on slices alone.
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
    _check_slice_size(config)
    _check_intervals(config)


def _check_slice_size(config: Any) -> None:
    if config.options.min_slice_size.value <= 1:
        return
    if not any(
        metric.class_name == "ExampleCount" for spec in config.metrics_specs for metric in spec.metrics
    ):
        msg = "EvalConfig has a min_slice_size, but nothing counts examples: add the metric ExampleCount"
        raise ConfigError(msg)
    left = _thresholds_within_slices(judged_by_tfma(config))
    if not any(threshold.HasField("value_threshold") for _, threshold in left):
        msg = (
            "EvalConfig has a min_slice_size and thresholds on slices alone, which leaves TFMA nothing to bless: "
            "add a value_threshold on the overall slice"
        )
        raise ConfigError(msg)


def _check_intervals(config: Any) -> None:
    from tensorflow_model_analysis.proto import config_pb2

    if confidence_level.asked_for(config) is None:
        return
    # TFMA takes the jackknife where no method is given (tensorflow_model_analysis/utils/config_util.py).
    if config.options.confidence_intervals.method == config_pb2.ConfidenceIntervalOptions.POISSON_BOOTSTRAP:
        return
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if wrong_by_jackknife(metric.class_name):
                msg = (
                    f"TFMA's jackknife falsifies {metric.class_name}: set options.confidence_intervals.method to "
                    "POISSON_BOOTSTRAP"
                )
                raise ConfigError(msg)


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
