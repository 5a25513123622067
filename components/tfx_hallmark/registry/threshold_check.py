"""Holds a measured value against its threshold, with the noise in it where that is known. Pure functions."""

import math
from collections.abc import Sequence

import msgspec

from tfx_hallmark.registry.verdict import OVERALL, Check, Comparison

# Smaller tolerances are there for rounding errors alone: TFX's customary -1e-10, float32 in Keras's metrics.
_ROUNDING = 1e-5


def check(comparison: Comparison) -> Check:
    """Hold one measured value against its threshold.

    A value threshold includes its bound, as TFMA's does. A change threshold excludes it: TFMA passes
    `difference >= absolute`, so with `absolute: 0` a candidate that changed nothing.

    Where a confidence is asked for, an improvement must be above its bound with all of its interval, and a
    loss breaks a tolerance only with all of it: neither may be noise. TFMA compares the value alone
    (tensorflow_model_analysis/evaluators/metrics_validator.py).

    A slice with fewer examples than `min_examples` is not judged.
    """
    if comparison.rule == "value":
        threshold, margins = _value_margins(comparison)
        margin = _least(margins)
        passed = margin is not None and margin >= 0
    else:
        threshold, margins = _change_margins(comparison)
        margin = _least(margins)
        passed = margin is not None and margin > 0
    judged = not _too_few(comparison)
    return Check(
        metric=comparison.metric,
        slice=comparison.slice,
        rule=comparison.rule,
        threshold=threshold,
        candidate=comparison.candidate,
        baseline=comparison.baseline if comparison.rule == "change" else None,
        improvement=_improvement(comparison) if comparison.rule == "change" else None,
        margin=margin,
        passed=passed or not judged,
        judged=judged,
        note=_note(comparison, margin),
        examples=comparison.examples,
        confidence=comparison.confidence if comparison.rule == "change" else None,
        interval=comparison.interval if comparison.rule == "change" else None,
    )


def within_noise(comparison: Comparison) -> bool:
    """Tell whether a change meets its bound by its value, and by its interval might not."""
    if comparison.rule == "value" or comparison.interval is None or check(comparison).passed:
        return False
    return check(msgspec.structs.replace(comparison, confidence=None, interval=None)).passed


def _too_few(comparison: Comparison) -> bool:
    if comparison.slice == OVERALL or comparison.examples is None or comparison.min_examples is None:
        return False
    return comparison.examples < comparison.min_examples


def _value_margins(comparison: Comparison) -> tuple[str, list[float]]:
    value = comparison.candidate
    bounds = []
    margins = []
    if comparison.lower is not None:
        bounds.append(f">= {comparison.lower:g}")
        margins.append(math.nan if value is None else value - comparison.lower)
    if comparison.upper is not None:
        bounds.append(f"<= {comparison.upper:g}")
        margins.append(math.nan if value is None else comparison.upper - value)
    return " and ".join(bounds), margins


def _change_margins(comparison: Comparison) -> tuple[str, list[float]]:
    bounds = []
    margins = []
    if comparison.absolute is not None:
        bounds.append(_change_bound(comparison.absolute, "", comparison.confidence))
        margins.append(_counted(comparison, comparison.absolute) - comparison.absolute)
    if comparison.relative is not None:
        bounds.append(_change_bound(comparison.relative * 100, "%", comparison.confidence))
        # TFMA divides by the baseline as it is: zero gives NaN, and a negative one turns the sign.
        base = comparison.baseline
        usable = base is not None and base > 0
        gain = _counted(comparison, comparison.relative)
        margins.append(gain / base - comparison.relative if usable else math.nan)  # type: ignore[operator]
    return " and ".join(bounds), margins


def _counted(comparison: Comparison, bound: float) -> float:
    """Return the improvement that is held against a bound; NaN if it cannot be told."""
    improvement = _improvement(comparison)
    if improvement is None:
        return math.nan
    if comparison.confidence is None:
        return improvement
    if comparison.interval is None:
        # Nothing tells the noise: that is no gain, and no excuse for a loss.
        return math.nan if bound >= 0 else improvement
    least, greatest = comparison.interval
    return least if bound >= 0 else greatest


def _change_bound(bound: float, unit: str, confidence: float | None) -> str:
    sure = "" if confidence is None else f" at {confidence * 100:g}% confidence"
    if -_ROUNDING < bound < 0:
        return f"not worse{sure}"
    if bound < 0:
        return f"worse by less than {-bound:.4g}{unit}{sure}"
    return f"better by more than {bound:.4g}{unit}{sure}"


def _improvement(comparison: Comparison) -> float | None:
    """Return by how much the candidate is better, in the metric's unit; None if it cannot be told."""
    if comparison.candidate is None or comparison.baseline is None or comparison.direction is None:
        return None
    gain = comparison.candidate - comparison.baseline
    return -gain if comparison.direction == "lower_is_better" else gain


def _least(margins: Sequence[float]) -> float | None:
    # A NaN anywhere means that a bound could not be checked, which is not the same as met.
    if not margins or any(math.isnan(margin) for margin in margins):
        return None
    return min(margins)


def _note(comparison: Comparison, margin: float | None) -> str:
    if _too_few(comparison):
        few = f"{comparison.examples} example{'' if comparison.examples == 1 else 's'}"
        return f"not judged: {few}, fewer than {comparison.min_examples}"
    if margin is None:
        return _why_no_margin(comparison)
    if comparison.rule == "change" and comparison.confidence is not None and comparison.interval is None:
        return "no interval: judged by the value alone"
    return ""


def _why_no_margin(comparison: Comparison) -> str:
    if comparison.candidate is None or math.isnan(comparison.candidate):
        return "no value for the candidate"
    if comparison.rule == "change":
        if comparison.baseline is None or math.isnan(comparison.baseline):
            return "no value for the baseline"
        if comparison.direction is None:
            return "no direction given"
        if comparison.relative is not None and comparison.baseline <= 0:
            return "a relative change from zero or below means nothing: use an absolute one"
        if comparison.confidence is not None and comparison.interval is None:
            return "no interval: there are too few examples to tell the noise"
    return "no bound given"
