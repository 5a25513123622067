"""The answer of `show`: one version with everything that is recorded about it."""

import msgspec

from tfx_hallmark.answers.listing import labels_of, status
from tfx_hallmark.answers.monitored import Look, looks
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.event_kinds import Pruned
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.training_curve import TrainingCurve
from tfx_hallmark.registry.verdict import VersionAt
from tfx_hallmark.registry.version import Version


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """The gate's last verdict in brief.

    Attributes:
        outcome: `published` or `refused`.
        sentence: The verdict in a sentence.
        bootstrap: Whether there was no stable version to beat.
        override: Why the gate was passed over; null if it was not.
        baseline: What was stable then; null if nothing was.
    """

    outcome: str
    sentence: str
    bootstrap: bool
    override: str | None
    baseline: VersionAt | None


class Tombstone(msgspec.Struct, frozen=True, kw_only=True):
    """A deletion of files, of which what is known stays.

    Attributes:
        releases: The releases whose directories went.
        time: When, UTC.
        actor: Who or what did it.
        reason: Why.
    """

    releases: tuple[int, ...]
    time: str
    actor: str
    reason: str


class SecondTraining(msgspec.Struct, frozen=True, kw_only=True):
    """How near a second training came; see `hallmark reproduce`.

    Attributes:
        outcome: `bit_equal`, `same_predictions`, `same_metrics` or `different`.
        summary: The same in a sentence.
        reasons: Why it came no nearer.
    """

    outcome: str
    summary: str
    reasons: tuple[str, ...]


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `show`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        status: `tagged`, `published`, `refused`, `adopted` or `quarantined`.
        quarantine: Why it is in quarantine; null if it is not.
        held: Why its files must stay; null if retention may delete them.
        signed_by: Fingerprint of the key of its newest signature, unchecked; null if it is not signed.
        releases: Its release numbers, oldest first.
        pruned: Those of them whose bytes are gone.
        tombstones: When, by whom and why they were deleted, oldest first.
        labels: The labels that point to it, sorted.
        path: Directory of its newest release that is still there; null if there is none.
        description: Free text.
        notes: Key-value notes.
        metrics: Its metrics: by slice, then by name.
        baseline_metrics: The same of the baseline it was evaluated against.
        verdict: The gate's last verdict; null if there is none yet.
        reproductions: How near second trainings of it came, oldest first.
        monitored: What the newest looks at new data found while it was stable, oldest first; twenty at most.
        commit_page: Address of its git commit on GitHub, GitLab or Bitbucket; null if it has none there.
        training_curve: How its training went, epoch by epoch; null if that is not recorded.
        manifest: The record made when it was tagged, as it is stored.
    """

    model: str
    version: str
    status: str
    quarantine: str | None
    held: str | None
    signed_by: str | None
    releases: list[int]
    pruned: list[int]
    tombstones: list[Tombstone]
    labels: list[str]
    path: str | None
    description: str
    notes: dict[str, str]
    metrics: dict[str, dict[str, float]]
    baseline_metrics: dict[str, dict[str, float]]
    verdict: Judgement | None
    reproductions: list[SecondTraining]
    monitored: list[Look]
    commit_page: str | None
    training_curve: TrainingCurve | None
    manifest: Manifest


def describe(model: Model, which: str) -> Details:
    """Collect what is known of one version.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.
    """
    version = model.version(which)
    state, code = version.state, version.manifest.provenance.code
    baseline: dict[str, dict[str, float]] = {}
    for measured in version.evidence.baseline_metrics if version.evidence else ():
        if measured.value is not None:
            baseline.setdefault(measured.slice, {})[measured.metric] = measured.value
    return Details(
        model=model.name,
        version=version.version,
        status=status(state),
        quarantine=state.quarantined,
        held=state.held,
        signed_by=version.signed_by,
        releases=state.releases,
        pruned=state.pruned,
        tombstones=[_tombstone(model.event(seq)) for seq in state.prunings],
        labels=labels_of(model.state, version.version),
        path=_path(version),
        description=version.description,
        notes=version.notes,
        metrics=version.metrics,
        baseline_metrics=baseline,
        verdict=judgement(version),
        reproductions=[
            SecondTraining(outcome=report.outcome, summary=report.summary, reasons=report.reasons)
            for report in version.reproductions
        ],
        monitored=looks(version),
        commit_page=None if code is None else code.commit_page,
        training_curve=version.training_curve,
        manifest=version.manifest,
    )


def _tombstone(event: Event) -> Tombstone:
    assert isinstance(event.data, Pruned)
    return Tombstone(releases=event.data.releases, time=event.time, actor=event.actor, reason=event.reason)


def _path(version: Version) -> str | None:
    try:
        return as_text(version.location)
    except NotFoundError:
        return None


def judgement(version: Version) -> Judgement | None:
    """Return the gate's last verdict on a version in brief; None if there is none yet."""
    verdict = version.verdict
    if verdict is None:
        return None
    return Judgement(
        outcome=verdict.outcome,
        sentence=verdict.sentence,
        bootstrap=verdict.bootstrap,
        override=verdict.override,
        baseline=verdict.baseline,
    )
