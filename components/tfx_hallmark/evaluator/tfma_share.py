"""Parts what TFMA can judge in an EvalConfig from what only the gate can.

TFMA compares bare values: it knows no noise (tensorflow_model_analysis/evaluators/metrics_validator.py). With
`min_slice_size` it drops the numbers of small slices and then fails every threshold for them. So tolerances under a
confidence, and slices under a least size, are kept from it; its blessing then speaks of the rest, and the gate of all.
"""

from typing import Any

from tfx_hallmark.evidence import confidence_level


def judged_by_tfma(config: Any) -> Any:
    """Return an EvalConfig with those thresholds that TFMA can judge; all of them, where it can.

    Args:
        config: A `tfma.EvalConfig`, as a person wrote it.
    """
    from tensorflow_model_analysis.proto import config_pb2

    share = config_pb2.EvalConfig()
    share.CopyFrom(config)
    if confidence_level.asked_for(config) is not None:
        _drop_tolerances(share)
    if config.options.min_slice_size.value > 1:
        share.options.ClearField("min_slice_size")
        _keep_overall(share)
    return share


def _drop_tolerances(config: Any) -> None:
    """Take out what bounds a loss: a slice that seems to lose may only be noisy."""
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.HasField("threshold"):
                _drop_tolerance(metric.threshold)
                if not metric.threshold.ByteSize():
                    metric.ClearField("threshold")
            _drop_tolerances_of(metric.per_slice_thresholds)
        for name in list(spec.thresholds):
            _drop_tolerance(spec.thresholds[name])
            if not spec.thresholds[name].ByteSize():
                del spec.thresholds[name]
        for several in spec.per_slice_thresholds.values():
            _drop_tolerances_of(several.thresholds)


def _drop_tolerances_of(entries: Any) -> None:
    for entry in entries:
        _drop_tolerance(entry.threshold)
    kept = [entry for entry in entries if entry.threshold.ByteSize()]
    del entries[:]
    entries.extend(kept)


def _drop_tolerance(threshold: Any) -> None:
    if not threshold.HasField("change_threshold"):
        return
    change = threshold.change_threshold
    bounds = [
        getattr(change, name).value
        for name in ("absolute", "relative")
        if change.HasField(name) and getattr(change, name).value
    ]
    from tensorflow_model_analysis.proto import config_pb2

    # TFMA bounds the difference, whose sign is the other way round where lower is better.
    sign = -1.0 if change.direction == config_pb2.MetricDirection.LOWER_IS_BETTER else 1.0
    if any(sign * bound < 0 for bound in bounds):
        threshold.ClearField("change_threshold")


def _keep_overall(config: Any) -> None:
    """Take out thresholds on slices; one on every slice becomes one on the overall slice."""
    from tensorflow_model_analysis.proto import config_pb2

    overall = config_pb2.SlicingSpec()
    computed = not config.slicing_specs or overall in config.slicing_specs
    for spec in config.metrics_specs:
        for metric in spec.metrics:
            if metric.HasField("threshold"):
                if computed:
                    metric.per_slice_thresholds.add(threshold=metric.threshold, slicing_specs=[overall])
                metric.ClearField("threshold")
            _keep_overall_of(metric.per_slice_thresholds)
        for name, threshold in list(spec.thresholds.items()):
            if computed:
                spec.per_slice_thresholds[name].thresholds.add(threshold=threshold, slicing_specs=[overall])
            del spec.thresholds[name]
        for name in list(spec.per_slice_thresholds):
            _keep_overall_of(spec.per_slice_thresholds[name].thresholds)


def _keep_overall_of(entries: Any) -> None:
    from tensorflow_model_analysis.proto import config_pb2

    overall = config_pb2.SlicingSpec()
    kept = [
        config_pb2.PerSliceMetricThreshold(threshold=entry.threshold, slicing_specs=[overall])
        for entry in entries
        if overall in entry.slicing_specs
    ]
    del entries[:]
    entries.extend(kept)
