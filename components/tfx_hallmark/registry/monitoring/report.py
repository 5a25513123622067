"""The record of one monitoring: what was found, and what follows from it."""

from typing import Literal

import msgspec

from tfx_hallmark.registry.monitoring.rules import Comparator

SCHEMA = 1

FindingCode = Literal[
    "drift",
    "schema_anomaly",
    "drift_unknown",
    "below_floor",
    "below_predecessor",
    "not_measured",
    "too_few_examples",
    "no_better_version",
]
Outcome = Literal["normal", "alert"]
ActionKind = Literal["rollback", "promote"]
Standing = Literal["proposed", "automatic", "refused"]
Role = Literal["stable", "canary", "predecessor"]

# What is told besides, and is no reason to wake anybody.
_REMARKS: tuple[FindingCode, ...] = ("too_few_examples", "no_better_version")
_TOLD = 3  # how many findings a summary names before it counts the rest


class DriftDistance(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How far a feature of the new data lies from that of the training data.

    Attributes:
        feature: The feature.
        comparator: `l_infinity` of a categorical feature, `jensen_shannon` of a numeric one; both from 0 to 1.
        distance: The distance.
        threshold: The greatest that the rules allow; None if they do not judge it.
    """

    feature: str
    comparator: Comparator
    distance: float
    threshold: float | None = None

    @property
    def drifted(self) -> bool:
        """Whether it is farther than the rules allow."""
        return self.threshold is not None and self.distance > self.threshold


class MonitoringFinding(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing that monitoring found.

    Attributes:
        code: A fixed code for programs.
        text: A sentence for people.
        subject: The feature, or metric and slice, that it is about; empty for the data as a whole.
        value: The distance or the metric's value; None where there is no number.
        bound: What it was held to.
    """

    code: FindingCode
    text: str
    subject: str = ""
    value: float | None = None
    bound: float | None = None

    @property
    def alerts(self) -> bool:
        """Whether it is a reason to alert."""
        return self.code not in _REMARKS


class MonitoringAction(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What follows by the rules.

    Attributes:
        kind: `rollback` or `promote`.
        version: The version that is to be stable.
        why: Why.
        standing: `proposed` for somebody to do; `automatic`, so the event after this one does it; or `refused`:
            the rules ask for it and the registry does not allow it.
        objection: Why the registry does not allow it.
    """

    kind: ActionKind
    version: str
    why: str
    standing: Standing = "proposed"
    objection: str = ""


class MeasuredVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was evaluated on the new data.

    Attributes:
        version: Semantic version.
        role: What it is in service.
        evidence: Digest of the evidence object.
        summary: What it was measured at, in a line.
    """

    version: str
    role: Role
    evidence: str
    summary: str


class MonitoringReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one look at new data came to. The same data and versions under the same rules make the same report.

    Attributes:
        schema: Version of this form.
        model: The model's name.
        version: The version that was stable.
        release: The release that it served as.
        digest: Its content digest.
        data: Where the new data lies.
        span: ExampleGen's span of it, if it had one.
        examples: How many examples were evaluated; None if nothing counted them.
        training: What the new data was compared with, in words; empty if it could not be.
        distances: How far each feature lies from the training data, the farthest first.
        measured: The versions that were evaluated.
        findings: What was found, the weightiest first; empty for a normal span.
        action: What follows; None for nothing.
        outcome: `normal` or `alert`.
        summary: The same in a sentence.
    """

    schema: int = SCHEMA
    model: str
    version: str
    release: int
    digest: str
    data: str
    span: str | None = None
    examples: int | None = None
    training: str = ""
    distances: tuple[DriftDistance, ...] = ()
    measured: tuple[MeasuredVersion, ...] = ()
    findings: tuple[MonitoringFinding, ...] = ()
    action: MonitoringAction | None = None
    outcome: Outcome
    summary: str


def outcome_of(findings: tuple[MonitoringFinding, ...]) -> Outcome:
    """Return whether what was found is an alert."""
    return "alert" if any(finding.alerts for finding in findings) else "normal"


def summary_of(findings: tuple[MonitoringFinding, ...], action: MonitoringAction | None) -> str:
    """Return what was found and what follows, in a line."""
    texts = [finding.text for finding in findings]
    more = f" (and {len(texts) - _TOLD} more)" if len(texts) > _TOLD else ""
    told = "; ".join(texts[:_TOLD]) + more if texts else "nothing out of the ordinary"
    return told if action is None else f"{told}; {action_text(action)}"


def action_text(action: MonitoringAction) -> str:
    """Say what follows, in a phrase."""
    what = f"rollback to {action.version}" if action.kind == "rollback" else f"promotion of {action.version}"
    if action.standing == "refused":
        return f"{what} is not possible: {action.objection}"
    return f"{what} {'proposed' if action.standing == 'proposed' else 'follows'}: {action.why}"
