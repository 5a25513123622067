"""How far a difference between two models may be off, from TFMA's standard errors.

TFMA evaluates both models on the same twenty samples of the examples and takes the difference in each, so its
standard error is that of the paired difference (tensorflow_model_analysis/evaluators/jackknife.py,
poisson_bootstrap.py).
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.verdict import Comparison


class StandardError(msgspec.Struct, frozen=True):
    """How much a value scatters from sample to sample.

    Attributes:
        value: Its standard error, in its own unit.
        degrees: Degrees of freedom of Student's t-distribution: one less than there were samples.
    """

    value: float
    degrees: int


def standard_errors(entry: Any) -> dict[Any, StandardError]:
    """Return the standard errors of one slice, by TFMA's MetricKey, where TFMA computed any.

    Args:
        entry: A `MetricsForSlice`.
    """
    from tensorflow_model_analysis.metrics import metric_types

    found = {}
    for pair in entry.metric_keys_and_values:
        of = pair.confidence_interval
        if of.HasField("standard_error") and of.HasField("degrees_of_freedom"):
            error, degrees = of.standard_error.double_value.value, of.degrees_of_freedom.value
            if math.isfinite(error) and degrees > 0:
                found[metric_types.MetricKey.from_proto(pair.key)] = StandardError(error, degrees)
    return found


def with_interval(
    comparison: Comparison, key: Any, errors: Mapping[Any, StandardError], confidence: float | None
) -> Comparison:
    """Add to a comparison of two models how sure its improvement must be, and how sure it is.

    The interval is two-sided, about the difference that was measured on all examples. TFMA's own is about the
    mean of its samples, which with the bootstrap adds noise of its own, and always at 95 %.

    Args:
        comparison: By the change rule.
        key: TFMA's MetricKey of the difference.
        errors: Of its slice.
        confidence: The level asked for; None asks for none.
    """
    if confidence is None or comparison.rule != "change":
        return comparison
    interval = None
    if comparison.candidate is not None and comparison.baseline is not None and key in errors:
        # TFMA itself needs SciPy, so it is there.
        from scipy import stats  # type: ignore[import-untyped]

        sign = -1.0 if comparison.direction == "lower_is_better" else 1.0
        improvement = sign * (comparison.candidate - comparison.baseline)
        error = errors[key]
        reach = float(stats.t.ppf((1 + confidence) / 2, error.degrees)) * error.value
        interval = (improvement - reach, improvement + reach)
    return msgspec.structs.replace(comparison, confidence=confidence, interval=interval)
