"""The gate: decides from evidence whether a candidate may become stable. A pure function.

TFMA alone cannot be the gate: it passes a candidate equal to the baseline, drops every change
threshold when there is no baseline, and says neither in its blessing
(tensorflow_model_analysis/evaluators/metrics_validator.py, tfx/components/evaluator/executor.py).
So a blessing is necessary here, and never sufficient.
"""

from collections.abc import Iterator
from typing import TypeAlias

from tfx_hallmark.registry import compatibility, gate_reasons
from tfx_hallmark.registry.threshold_check import check
from tfx_hallmark.registry.verdict import Check, Comparison, Evaluation, Reason, Verdict, VersionAt

Measured: TypeAlias = tuple[tuple[Comparison, Check], ...]


def decide(
    *,
    model: str,
    version: str,
    digest: str,
    stable: VersionAt | None,
    quarantined: str | None,
    breaks: tuple[str, ...] = (),
    evaluation: Evaluation,
    evidence: str,
    must_improve: bool = True,
) -> Verdict:
    """Decide on a candidate, given what is stable now.

    Args:
        model: The model's name.
        version: The candidate's semantic version.
        digest: The candidate's content digest.
        stable: What `stable` points to at this moment; None if nothing.
        quarantined: Why the candidate is in quarantine; None if it is not.
        breaks: What clients of what is stable could stumble over, see `compatibility.breaks`.
        evaluation: What the pipeline found out before.
        evidence: Digest under which the evidence is stored.
        must_improve: Whether a metric must have improved; without it, meeting every threshold is enough.

    Returns:
        A verdict that is `published` only if there is nothing against it.
    """
    measured = tuple((comparison, check(comparison)) for comparison in _applicable(evaluation))
    checks = tuple(held for _, held in measured)
    against = tuple(_objections(stable, quarantined, breaks, evaluation, measured, must_improve))
    return Verdict(
        model=model,
        version=version,
        digest=digest,
        outcome="refused" if against else "published",
        bootstrap=stable is None,
        baseline=stable,
        compared_with=evaluation.baseline if evaluation.compared else None,
        reasons=against or (gate_reasons.in_favour(stable, checks),),
        checks=checks,
        evidence=evidence,
        allowed_breaks=() if against else compatibility.allowed_breaks(breaks, evaluation),
        replay=evaluation.replay,
    )


def identity(version: VersionAt | None) -> tuple[str, str] | None:
    """Return what makes two sightings of a version the same one: not its release, for a rollback makes a new one."""
    return None if version is None else (version.version, version.digest)


def _applicable(evaluation: Evaluation) -> Iterator[Comparison]:
    for comparison in evaluation.evidence.comparisons:
        # With nothing to compare with, TFMA drops change thresholds; a check that never ran is no check.
        if comparison.rule == "value" or evaluation.compared:
            yield comparison


def _objections(
    stable: VersionAt | None,
    quarantined: str | None,
    breaks: tuple[str, ...],
    evaluation: Evaluation,
    measured: Measured,
    must_improve: bool,
) -> Iterator[Reason]:
    if quarantined is not None:
        yield Reason("quarantined", f"this version is in quarantine ({quarantined})")
    yield from _baseline_objections(stable, evaluation)
    yield from compatibility.objections(breaks, evaluation)
    yield from _measured_objections(stable, evaluation, measured, must_improve)
    if evaluation.infra_blessed not in (None, 1):
        yield Reason("infra_not_blessed", "InfraValidator did not bless it")
    if evaluation.blessed is None or (stable is None and not any(held.judged for _, held in measured)):
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
    elif identity(stable) != identity(evaluated):
        yield Reason("baseline_moved", f"baseline moved from {_release(evaluated)} to {_release(stable)}")


def _release(version: VersionAt | None) -> str:
    return "none" if version is None else f"release {version.release}"


def _measured_objections(
    stable: VersionAt | None, evaluation: Evaluation, measured: Measured, must_improve: bool
) -> Iterator[Reason]:
    for missing in evaluation.evidence.missing_slices:
        yield Reason("missing_slice", f"slice {missing} has a threshold but no examples")
    # Value thresholds first: they hold whatever serves.
    for comparison, held in sorted(measured, key=lambda pair: pair[1].rule != "value"):
        if not held.passed:
            yield gate_reasons.missed(comparison, held)
    if stable is None or not evaluation.compared or not must_improve:
        return
    changes = [held for _, held in measured if held.rule == "change"]
    if not changes:
        yield Reason("nothing_compared", "no change threshold: nothing was compared with the baseline")
    elif all(change.passed for change in changes):
        none = gate_reasons.none_improved(changes)
        if none is not None:
            yield none
