"""The answer of `why`: how the gate came to its verdict on a version."""

import msgspec

from tfx_hallmark.answers.listing import status
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Reason, Replay, VersionAt


class CheckLine(msgspec.Struct, frozen=True, kw_only=True):
    """One threshold on one slice.

    Attributes:
        metric: Metric name.
        slice: `Overall` or `feature:value`.
        rule: `value` or `change`.
        threshold: The bound, in words.
        candidate: The candidate's value; null if there is none.
        baseline: The baseline's value; null if there is none.
        margin: By how much the bound is met, negative if it is missed; null if it cannot be told.
        passed: Whether it is met, or nobody judged it.
        judged: Whether it counts; a slice with too few examples does not.
        note: What a reader should know besides; may be empty.
        improvement: By how much the candidate is better than the baseline; null if there is nothing to compare.
        examples: On how many examples it was measured; null where that was not counted.
        confidence: How sure an improvement had to be, 0 to 1; null if the value alone decided.
        interval: Least and greatest improvement at that confidence; null if there is none.
    """

    metric: str
    slice: str
    rule: str
    threshold: str
    candidate: float | None
    baseline: float | None
    margin: float | None
    passed: bool
    judged: bool
    note: str
    improvement: float | None
    examples: int | None
    confidence: float | None
    interval: tuple[float, float] | None


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `why`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        status: What the version is now: see `list`.
        quarantine: Why it is in quarantine now; null if it is not.
        outcome: `published` or `refused`.
        sentence: The verdict in a sentence.
        bootstrap: Whether there was no stable version to beat.
        override: Why the gate was passed over; null if it was not.
        baseline: What was stable when the gate decided: version, release, digest; null if nothing was.
        compared_with: What the values were measured against; another one if stable moved meanwhile.
        reasons: Every reason, the weightiest first: a fixed code and a sentence.
        checks: Every threshold, met or missed, slice by slice within a metric.
        evidence: Digest of the evidence object; null if the verdict rests on none.
        allowed_breaks: What breaks the baseline's clients and was let through on a person's word.
        replay: What the version made of the baseline's golden requests; null if they were not sent to it.
    """

    model: str
    version: str
    status: str
    quarantine: str | None
    outcome: str
    sentence: str
    bootstrap: bool
    override: str | None
    baseline: VersionAt | None
    compared_with: VersionAt | None
    reasons: tuple[Reason, ...]
    checks: list[CheckLine]
    evidence: str | None
    allowed_breaks: tuple[str, ...]
    replay: Replay | None


def explain(model: Model, which: str) -> Explanation:
    """Explain the last verdict on one version.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.

    Raises:
        NotFoundError: If there is no such version, or no verdict on it yet.
    """
    version = model.version(which)
    verdict = version.verdict
    if verdict is None:
        msg = f"{version} has no verdict: it is {status(version.state)}, the gate has not decided on it"
        raise NotFoundError(msg)
    metrics = list(dict.fromkeys(check.metric for check in verdict.checks))
    slices = list(dict.fromkeys(check.slice for check in verdict.checks))
    checks = sorted(
        verdict.checks, key=lambda check: (metrics.index(check.metric), slices.index(check.slice))
    )
    return Explanation(
        model=model.name,
        version=version.version,
        status=status(version.state),
        quarantine=version.state.quarantined,
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        bootstrap=verdict.bootstrap,
        override=verdict.override,
        baseline=verdict.baseline,
        compared_with=verdict.compared_with,
        reasons=verdict.reasons,
        checks=[
            CheckLine(
                metric=check.metric,
                slice=check.slice,
                rule=check.rule,
                threshold=check.threshold,
                candidate=check.candidate,
                baseline=check.baseline,
                margin=check.margin,
                passed=check.passed,
                judged=check.judged,
                note=check.note,
                improvement=check.improvement,
                examples=check.examples,
                confidence=check.confidence,
                interval=check.interval,
            )
            for check in checks
        ],
        evidence=verdict.evidence,
        allowed_breaks=verdict.allowed_breaks,
        replay=verdict.replay,
    )
