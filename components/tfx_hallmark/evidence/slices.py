"""TFMA's slices: what they are called, and which of them a threshold is on."""

from typing import Any

from tfx_hallmark.registry.verdict import OVERALL

SliceKey = tuple[tuple[str, Any], ...]  # pairs of a feature and its value; none of them is all examples


def slice_of(entry: Any) -> SliceKey:
    """Return the slice that TFMA's metrics, or its validation, are of."""
    from tensorflow_model_analysis.slicer import slicer_lib

    return tuple(slicer_lib.deserialize_slice_key(entry.slice_key))


def applies(spec: Any, where: SliceKey) -> bool:
    """Tell whether a threshold with this slicing spec is on a slice."""
    from tensorflow_model_analysis.slicer import slicer_lib

    # A threshold without a slicing spec holds on every slice (tfma/evaluators/metrics_validator.py).
    return spec is None or slicer_lib.SingleSliceSpec(spec=spec).is_slice_applicable(where)


def slice_name(where: SliceKey) -> str:
    """Return what evidence calls a slice: `Overall`, or `feature:value`, several joined by `, `."""
    return ", ".join(f"{column}:{_text(value)}" for column, value in where) or OVERALL


def _text(value: Any) -> str:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)


def spec_name(spec: Any) -> str:
    """Return what evidence calls the slices of a SlicingSpec: by feature, where it names no value."""
    columns = [*spec.feature_keys, *(f"{key}:{value}" for key, value in sorted(spec.feature_values.items()))]
    return ", ".join(columns) or OVERALL
