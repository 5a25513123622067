"""The gate: decides from evidence whether a candidate may become stable. A pure function.

TFMA alone cannot be the gate: it passes a candidate equal to the baseline, drops every change
threshold when there is no baseline, and says neither in its blessing
(tensorflow_model_analysis/evaluators/metrics_validator.py, tfx/components/evaluator/executor.py).
So a blessing is necessary here, and never sufficient.
"""

import math
from collections.abc import Iterator

from tfx_hallmark.registry.verdict import (
    OVERALL,
    Check,
    Code,
    Comparison,
    Evaluation,
    Reason,
    Verdict,
    VersionAt,
)


def decide(
    *,
    model: str,
    version: str,
    digest: str,
    stable: VersionAt | None,
    quarantined: str | None,
    evaluation: Evaluation,
    evidence: str,
) -> Verdict:
    """Decide on a candidate, given what is stable now.

    Args:
        model: The model's name.
        version: The candidate's semantic version.
        digest: The candidate's content digest.
        stable: What `stable` points to at this moment; None if nothing.
        quarantined: Why the candidate is in quarantine; None if it is not.
        evaluation: What the pipeline found out before.
        evidence: Digest under which the evidence is stored.

    Returns:
        A verdict that is `published` only if there is nothing against it.
    """
    checks = tuple(check(comparison) for comparison in _applicable(evaluation))
    against = tuple(_objections(stable, quarantined, evaluation, checks))
    return Verdict(
        model=model,
        version=version,
        digest=digest,
        outcome="refused" if against else "published",
        bootstrap=stable is None,
        baseline=stable,
        compared_with=evaluation.baseline if evaluation.compared else None,
        reasons=against or (_in_favour(stable, checks),),
        checks=checks,
        evidence=evidence,
    )


def check(comparison: Comparison) -> Check:
    """Hold one measured value against its threshold.

    A value threshold includes its bound, as TFMA's does. A change threshold excludes it: TFMA passes
    `difference >= absolute`, so with `absolute: 0` a candidate that changed nothing.
    """
    if comparison.rule == "value":
        return _check_value(comparison)
    return _check_change(comparison)


def _applicable(evaluation: Evaluation) -> Iterator[Comparison]:
    for comparison in evaluation.evidence.comparisons:
        # With nothing to compare with, TFMA drops change thresholds; a check that never ran is no check.
        if comparison.rule == "value" or evaluation.compared:
            yield comparison


def _check_value(comparison: Comparison) -> Check:
    value = comparison.candidate
    bounds = []
    margins = []
    if comparison.lower is not None:
        bounds.append(f">= {comparison.lower:g}")
        margins.append(math.nan if value is None else value - comparison.lower)
    if comparison.upper is not None:
        bounds.append(f"<= {comparison.upper:g}")
        margins.append(math.nan if value is None else comparison.upper - value)
    margin = _least(margins)
    return _line(comparison, " and ".join(bounds), margin, margin is not None and margin >= 0)


def _check_change(comparison: Comparison) -> Check:
    improvement = _improvement(comparison)
    bounds = []
    margins = []
    if comparison.absolute is not None:
        bounds.append(_change_bound(comparison.absolute, ""))
        margins.append(math.nan if improvement is None else improvement - comparison.absolute)
    if comparison.relative is not None:
        bounds.append(_change_bound(comparison.relative * 100, "%"))
        # TFMA divides by the baseline as it is: zero gives NaN, and a negative one turns the sign.
        base = comparison.baseline
        usable = improvement is not None and base is not None and base > 0
        margins.append(improvement / base - comparison.relative if usable else math.nan)  # type: ignore[operator]
    margin = _least(margins)
    return _line(comparison, " and ".join(bounds), margin, margin is not None and margin > 0)


def _change_bound(bound: float, unit: str) -> str:
    if bound < 0:
        return f"worse by less than {-bound:.4g}{unit}"
    return f"better by more than {bound:.4g}{unit}"


def _improvement(comparison: Comparison) -> float | None:
    """Return by how much the candidate is better, in the metric's unit; None if it cannot be told."""
    if comparison.candidate is None or comparison.baseline is None or comparison.direction is None:
        return None
    gain = comparison.candidate - comparison.baseline
    return -gain if comparison.direction == "lower_is_better" else gain


def _least(margins: list[float]) -> float | None:
    # A NaN anywhere means that a bound could not be checked, which is not the same as met.
    if not margins or any(math.isnan(margin) for margin in margins):
        return None
    return min(margins)


def _line(comparison: Comparison, threshold: str, margin: float | None, passed: bool) -> Check:
    return Check(
        metric=comparison.metric,
        slice=comparison.slice,
        rule=comparison.rule,
        threshold=threshold,
        candidate=comparison.candidate,
        baseline=comparison.baseline if comparison.rule == "change" else None,
        improvement=_improvement(comparison) if comparison.rule == "change" else None,
        margin=margin,
        passed=passed,
        note=_note(comparison) if margin is None else "",
    )


def _note(comparison: Comparison) -> str:
    if comparison.candidate is None or math.isnan(comparison.candidate):
        return "no value for the candidate"
    if comparison.rule == "change":
        if comparison.baseline is None or math.isnan(comparison.baseline):
            return "no value for the baseline"
        if comparison.direction is None:
            return "no direction given"
        if comparison.relative is not None and comparison.baseline <= 0:
            return "a relative change from zero or below means nothing: use an absolute one"
    return "no bound given"


def _objections(
    stable: VersionAt | None, quarantined: str | None, evaluation: Evaluation, checks: tuple[Check, ...]
) -> Iterator[Reason]:
    if quarantined is not None:
        yield Reason("quarantined", f"this version is in quarantine ({quarantined})")
    yield from _baseline_objections(stable, evaluation)
    yield from _measured_objections(stable, evaluation, checks)
    if evaluation.infra_blessed not in (None, 1):
        yield Reason("infra_not_blessed", "InfraValidator did not bless it")
    if evaluation.blessed is None or (stable is None and not checks):
        yield Reason("not_validated", "TFMA validated nothing: the EvalConfig has no threshold that applies")
    elif evaluation.blessed != 1 or evaluation.evidence.validation_ok is False:
        yield Reason("not_blessed", "TFMA did not bless it")
        # What the checks cannot show: thresholds on metrics that are missing, or across slices.
        for failure in evaluation.evidence.failures:
            yield Reason("not_blessed", f"TFMA: {failure}")


def _baseline_objections(stable: VersionAt | None, evaluation: Evaluation) -> Iterator[Reason]:
    evaluated = evaluation.baseline if evaluation.compared else None
    if stable is not None and evaluated is None:
        yield Reason("no_baseline", f"it was evaluated without a baseline while {_release(stable)} is stable")
    elif _identity(stable) != _identity(evaluated):
        yield Reason("baseline_moved", f"baseline moved from {_release(evaluated)} to {_release(stable)}")


def _identity(version: VersionAt | None) -> tuple[str, str] | None:
    return None if version is None else (version.version, version.digest)


def _release(version: VersionAt | None) -> str:
    return "none" if version is None else f"release {version.release}"


def _measured_objections(
    stable: VersionAt | None, evaluation: Evaluation, checks: tuple[Check, ...]
) -> Iterator[Reason]:
    for missing in evaluation.evidence.missing_slices:
        yield Reason("missing_slice", f"slice {missing} has a threshold but no examples")
    # Value thresholds first: they hold whatever serves.
    for failed in sorted(
        (check for check in checks if not check.passed), key=lambda check: check.rule != "value"
    ):
        code: Code = "threshold_missed" if failed.rule == "value" else "not_better"
        yield Reason(code, _failure(failed))
    if stable is None or not evaluation.compared:
        return
    changes = [change for change in checks if change.rule == "change"]
    if not changes:
        yield Reason("nothing_compared", "no change threshold: nothing was compared with the baseline")
    elif all(change.passed for change in changes) and not any(
        (change.improvement or 0) > 0 for change in changes
    ):
        # Tolerances alone, such as TFX's customary -1e-10, would let an equal candidate through.
        yield Reason(
            "not_better",
            f"not better: no metric improved ({_failure(changes[0]).removeprefix('not better: ')})",
        )


def _failure(check: Check) -> str:
    note = f" ({check.note})" if check.note else ""
    if check.rule == "value":
        return f"{_of(check)} is {_shown(check.candidate)}{note}, required: {check.threshold}"
    change = f"{_of(check)} went from {_shown(check.baseline)} to {_shown(check.candidate)}{note}"
    return f"not better: {change}, required: {check.threshold}"


def _of(check: Check) -> str:
    return f"{check.metric} overall" if check.slice == OVERALL else f"{check.metric} on {check.slice}"


def _shown(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.4f}"


def _in_favour(stable: VersionAt | None, checks: tuple[Check, ...]) -> Reason:
    if stable is None:
        return Reason(
            "first_version", "nothing was stable before it, and every value threshold is met (bootstrap)"
        )
    changes = [check for check in checks if check.rule == "change"]
    improved = max(changes, key=lambda check: (check.slice == OVERALL, check.improvement or 0))
    others = len(changes) - 1
    held = f", and meets {others} more threshold{'s' if others > 1 else ''}" if others else ""
    gain = f"{_of(improved)} went from {_shown(improved.baseline)} to {_shown(improved.candidate)}{held}"
    return Reason("better", f"it beats release {stable.release} ({stable.version}): {gain}")
