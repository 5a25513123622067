"""What the page of a version shows."""

import msgspec

from tfx_hallmark.answers.details import Details, Tombstone, describe
from tfx_hallmark.answers.explanation import CheckLine, Explanation, explain
from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.answers.listing import stable_of
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.dashboard.views.curve_view import CurveView, curve_view
from tfx_hallmark.dashboard.views.own_events import own_events
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version_facts import Fact, facts, tensor_text

_MADE_FROM = (
    "Data",
    "Inputs of the Trainer",
    "Code",
    "Hyperparameters",
    "Chosen by the Tuner",
    "Training",
    "Cost",
    "Environment",
    "Run",
    "Model structure",
)


class KnownFact(msgspec.Struct, frozen=True):
    """One thing that is recorded.

    Attributes:
        name: What it is.
        fact: Its value and unit.
    """

    name: str
    fact: Fact


class FactSection(msgspec.Struct, frozen=True):
    """What is recorded under one heading.

    Attributes:
        title: The heading.
        facts: At least one.
    """

    title: str
    facts: list[KnownFact]


class Tensor(msgspec.Struct, frozen=True, kw_only=True):
    """One input or output.

    Attributes:
        signature: Name of the signature.
        role: `input`, `optional input` or `output`.
        name: The name that a client uses.
        text: Its type and shape.
    """

    signature: str
    role: str
    name: str
    text: str


class OwnRelease(msgspec.Struct, frozen=True, kw_only=True):
    """One release of the version.

    Attributes:
        number: The release number.
        time: When it was committed, UTC.
        path: Its directory.
        deleted: When, by whom and why its files were deleted; None if they were not.
    """

    number: int
    time: str
    path: str
    deleted: Tombstone | None


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on one slice.

    Attributes:
        metric: Its name.
        slice: `Overall` or `feature:value`.
        value: The version's.
        baseline: The baseline's on the same data; None if there is none.
    """

    metric: str
    slice: str
    value: float
    baseline: float | None


class VersionView(msgspec.Struct, frozen=True, kw_only=True):
    """One version.

    Attributes:
        details: Everything that is recorded.
        explanation: How the gate came to its verdict; None if there is none.
        checks: The verdict's lines, what failed first.
        sections: What it was made from.
        tensors: What clients send and get back.
        releases: Oldest first.
        metrics: What was measured, with the baseline's.
        curve: How its training went; None if that is not recorded.
        before: The version tagged before it; empty for the first one.
        stable: The version that is stable now; empty for none.
        events: What happened to it, newest first.
    """

    details: Details
    explanation: Explanation | None
    checks: list[CheckLine]
    sections: list[FactSection]
    tensors: list[Tensor]
    releases: list[OwnRelease]
    metrics: list[Measured]
    curve: CurveView | None
    before: str
    stable: str
    events: list[LoggedEvent]

    @property
    def failed(self) -> int:
        """How many lines of the verdict failed."""
        return sum(not check.passed for check in self.checks)

    @property
    def baseline(self) -> str:
        """The version that it was measured against; empty for none."""
        told = self.explanation
        found = None if told is None else told.compared_with or told.baseline
        return "" if found is None else found.version

    @property
    def others(self) -> dict[str, str]:
        """What it may be compared with: by version, what that one is."""
        found: dict[str, str] = {}
        for what, version in (("stable", self.stable), ("baseline", self.baseline), ("before", self.before)):
            if version and version != self.details.version:
                found.setdefault(version, what)
        return found


def version_view(model: Model, which: str) -> VersionView:
    """Collect what the page shows.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.

    Raises:
        NotFoundError: If there is no such version, or a record of it is missing.
        InvalidNameError: If `which` is no reference.
    """
    details = describe(model, which)
    explanation = None if details.verdict is None else explain(model, details.version)
    stable = stable_of(model.state)
    return VersionView(
        details=details,
        explanation=explanation,
        checks=[] if explanation is None else sorted(explanation.checks, key=lambda check: check.passed),
        sections=_sections(model, details.version),
        tensors=_tensors(details),
        releases=_releases(model, details),
        metrics=[
            Measured(
                metric=metric,
                slice=where,
                value=value,
                baseline=details.baseline_metrics.get(where, {}).get(metric),
            )
            for where, metrics in details.metrics.items()
            for metric, value in metrics.items()
        ],
        curve=None if details.training_curve is None else curve_view(details.training_curve),
        before=_before(model, details.version),
        stable="" if stable is None else stable.version,
        events=[logged(model.event(seq)) for seq in reversed(own_events(model, details.version))],
    )


def _sections(model: Model, version: str) -> list[FactSection]:
    told = facts(model.version(version))
    found = []
    for title in _MADE_FROM:
        known = [KnownFact(name, fact) for name, fact in told[title].items() if fact is not None]
        if known:
            found.append(FactSection(title, known))
    return found


def _tensors(details: Details) -> list[Tensor]:
    found: list[Tensor] = []
    for name, signature in details.manifest.signatures.items():
        optional = signature.optional_inputs
        for key, spec in signature.inputs.items():
            role = "optional input" if key in optional else "input"
            found.append(Tensor(signature=name, role=role, name=key, text=tensor_text(spec)))
        for key, spec in signature.outputs.items():
            found.append(Tensor(signature=name, role="output", name=key, text=tensor_text(spec)))
    return found


def _releases(model: Model, details: Details) -> list[OwnRelease]:
    deleted = {number: stone for stone in details.tombstones for number in stone.releases}
    return [
        OwnRelease(
            number=number,
            time=model.state.releases[number].time,
            path=as_text(model.location_of(number)),
            deleted=deleted.get(number),
        )
        for number in details.releases
    ]


def _before(model: Model, version: str) -> str:
    before = ""
    for one in model.state.versions:
        if one == version:
            break
        before = one
    return before
