"""What TFMA held against a candidate, and no comparison shows: slices without examples, metrics that are missing."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from tfx_hallmark.evidence.slices import SliceKey, applies, slice_name, slice_of, spec_name


def missing_slices(outcome: Any) -> Iterator[str]:
    """Name the slices that TFMA missed.

    Args:
        outcome: A `ValidationResult`.
    """
    for spec in outcome.missing_slices:
        yield spec_name(spec)
    for crossed in outcome.missing_cross_slices:
        others = " and ".join(spec_name(spec) for spec in crossed.slicing_specs)
        yield f"cross slice {spec_name(crossed.baseline_spec)} against {others}"


def without_examples(thresholds: Mapping[Any, Any], sliced: Collection[SliceKey]) -> Iterator[str]:
    """Name the slices that a threshold is on and that nothing was measured for, whoever judges them.

    Args:
        thresholds: By TFMA's MetricKey: pairs of slicing spec, or None, and bound.
        sliced: What was measured.
    """
    from tensorflow_model_analysis.proto import config_pb2

    for bounds in thresholds.values():
        for spec, _ in bounds:
            crossed = isinstance(spec, config_pb2.CrossSlicingSpec)
            if spec is not None and not crossed and not any(applies(spec, where) for where in sliced):
                yield spec_name(spec)


def failures(outcome: Any) -> Iterator[str]:
    """List what TFMA held against the candidate and no comparison shows.

    Args:
        outcome: A `ValidationResult`.
    """
    if outcome.missing_thresholds:
        yield "no threshold applied to any slice"
    for validation in outcome.metric_validations_per_slice:
        crossed = not validation.HasField("slice_key")
        where = "a cross slice" if crossed else slice_name(slice_of(validation))
        for failure in validation.failures:
            why = " ".join(failure.message.split())
            if crossed or why:
                value = f"is {failure.metric_value.double_value.value:.4g}"
                yield f"{failure.metric_key.name} on {where}: {why or value}"
