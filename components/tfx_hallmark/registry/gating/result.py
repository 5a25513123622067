"""What a gate answers: passed or failed, every rule that was checked, and the reasons."""

import msgspec

from tfx_hallmark.registry.gating.measurement import GateReason, How
from tfx_hallmark.registry.verdict import Rule, VersionAt


class GateCheck(msgspec.Struct, frozen=True, kw_only=True):
    """One rule on one slice.

    Attributes:
        metric: Metric name.
        slice: `Overall` or `feature:value`.
        rule: `value` or `change`.
        threshold: The bound, in words.
        candidate: The version's value; null if there is none.
        baseline: The other's value; null if there is none.
        improvement: By how much the version is better; null if it cannot be told.
        margin: By how much the bound is met, negative if it is missed; null if it cannot be told.
        passed: Whether it is met, or nobody judged it.
        judged: Whether it counts; a slice with too few examples does not.
        note: What a reader should know besides; may be empty.
        examples: On how many examples it was measured; null where that was not counted.
        confidence: How sure an improvement had to be, 0 to 1; null if the value alone decided.
        interval: Least and greatest improvement at that confidence; null if there is none.
        reason: Why it failed, in a sentence; empty if it did not.
    """

    metric: str
    slice: str
    rule: Rule
    threshold: str
    candidate: float | None
    baseline: float | None
    improvement: float | None
    margin: float | None
    passed: bool
    judged: bool
    note: str
    examples: int | None
    confidence: float | None
    interval: tuple[float, float] | None
    reason: str


class GateResult(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a version is better than another, by what is on record.

    Attributes:
        model: The model's name.
        version: The version that was judged.
        digest: Its content digest.
        against: What it was held against: version, release (0 if it has none), digest; null if nothing is stable.
        passed: Whether nothing speaks against it.
        rules: `config`, or `record` for the thresholds that its own evaluation was judged by.
        measured: How both came to be measured: `together`, `same_run_data`, `further_data`, `other_data`, `alone`,
            or `nothing`.
        data: On what, in words.
        reasons: Every reason, the weightiest first; never empty.
        checks: Every rule on every slice, met or missed.
    """

    model: str
    version: str
    digest: str
    against: VersionAt | None
    passed: bool
    rules: str
    measured: How
    data: str
    reasons: tuple[GateReason, ...]
    checks: tuple[GateCheck, ...]

    @property
    def other(self) -> str:
        """What it was held against, for people."""
        return "nothing, for nothing is stable" if self.against is None else self.against.version

    @property
    def sentence(self) -> str:
        """The answer in one line."""
        outcome = "passed" if self.passed else "failed"
        told = "; ".join(reason.text for reason in self.reasons[:2])
        more = f" (and {len(self.reasons) - 2} more)" if len(self.reasons) > 2 else ""
        return f"{self.model} {self.version} against {self.other} {outcome}: {told}{more}"
