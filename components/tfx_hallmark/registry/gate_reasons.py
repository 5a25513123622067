"""Says in words what measured values speak for a candidate, or against it. Pure functions."""

from collections.abc import Sequence

from tfx_hallmark.registry.threshold_check import within_noise
from tfx_hallmark.registry.verdict import OVERALL, Check, Comparison, Reason, VersionAt


def missed(comparison: Comparison, failed: Check) -> Reason:
    """Say which threshold a candidate misses, and by what numbers."""
    required = f"required: {failed.threshold}"
    note = f" ({failed.note})" if failed.note else ""
    if failed.rule == "value":
        on = f" on {_examples(failed.examples)}" if failed.examples is not None else ""
        text = f"{_of(failed)} is {_shown(failed.candidate)}{on}{note}, {required}"
        return Reason("threshold_missed", text)
    if failed.slice != OVERALL and failed.improvement is not None and failed.improvement < 0:
        text = f"slice {failed.slice} is worse: {failed.metric} {_change(failed)}{note}, {required}"
        return Reason("slice_worse", text)
    text = f"not better: {_of(failed)} {_change(failed)}{note}, {required}"
    return Reason("within_noise" if within_noise(comparison) else "not_better", text)


def none_improved(changes: Sequence[Check]) -> Reason | None:
    """Say that no metric improved, where none did; None where one did.

    Tolerances alone, such as TFX's customary -1e-10, would let an equal candidate through.
    """
    if any(_improved(change) for change in changes):
        return None
    noisy = [change for change in changes if change.judged and (change.improvement or 0) > 0]
    told = next(iter(noisy or changes))
    beyond = " beyond the noise" if noisy else ""
    text = f"not better: no metric improved{beyond} ({_of(told)} {_change(told)}, required: {told.threshold})"
    return Reason("within_noise" if noisy else "not_better", text)


def in_favour(stable: VersionAt | None, checks: Sequence[Check]) -> Reason:
    """Say why a candidate that nothing speaks against is let through."""
    if stable is None:
        return Reason(
            "first_version", "nothing was stable before it, and every value threshold is met (bootstrap)"
        )
    changes = [check for check in checks if check.rule == "change" and check.judged]
    served = f"release {stable.release} ({stable.version})" if stable.release else stable.version
    if not any(map(_improved, changes)):
        return Reason(
            "not_worse", f"every threshold against {served} is met, and no improvement was asked for"
        )
    improved = max(changes, key=lambda check: (check.slice == OVERALL, check.improvement or 0))
    others = len(changes) - 1
    held = f", and meets {others} more threshold{'s' if others > 1 else ''}" if others else ""
    gain = f"{_of(improved)} {_change(improved)}{held}"
    return Reason("better", f"it beats {served}: {gain}")


def _improved(change: Check) -> bool:
    if not change.judged:
        return False
    if change.confidence is not None:
        return change.interval is not None and change.interval[0] > 0
    return (change.improvement or 0) > 0


def _of(check: Check) -> str:
    return f"{check.metric} overall" if check.slice == OVERALL else f"{check.metric} on {check.slice}"


def _change(check: Check) -> str:
    told = []
    if check.confidence is not None and check.interval is not None:
        least, greatest = check.interval
        told.append(f"{check.confidence * 100:g}% interval {least:+.4f} to {greatest:+.4f}")
    if check.examples is not None:
        told.append(f"on {_examples(check.examples)}")
    went = f"went from {_shown(check.baseline)} to {_shown(check.candidate)}"
    if not told or check.improvement is None:
        return went
    return f"{went} ({', '.join((f'{check.improvement:+.4f}', *told))})"


def _examples(count: int) -> str:
    return f"{count} example{'' if count == 1 else 's'}"


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4f}"
