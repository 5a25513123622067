"""The answer of `show`: one version with everything that is recorded about it."""

import msgspec

from tfx_hallmark.answers.listing import labels_of, status
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.model import Model
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


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `show`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        status: `tagged`, `published`, `refused`, `adopted` or `quarantined`.
        quarantine: Why it is in quarantine; null if it is not.
        releases: Its release numbers, oldest first.
        pruned: Those of them whose bytes are gone.
        labels: The labels that point to it, sorted.
        path: Directory of its newest release that is still there; null if there is none.
        description: Free text.
        notes: Key-value notes.
        metrics: Its metrics: by slice, then by name.
        baseline_metrics: The same of the baseline it was evaluated against.
        verdict: The gate's last verdict; null if there is none yet.
        manifest: The record made when it was tagged, as it is stored.
    """

    model: str
    version: str
    status: str
    quarantine: str | None
    releases: list[int]
    pruned: list[int]
    labels: list[str]
    path: str | None
    description: str
    notes: dict[str, str]
    metrics: dict[str, dict[str, float]]
    baseline_metrics: dict[str, dict[str, float]]
    verdict: Judgement | None
    manifest: Manifest


def describe(model: Model, which: str) -> Details:
    """Collect what is known of one version.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.
    """
    version = model.version(which)
    state = version.state
    baseline: dict[str, dict[str, float]] = {}
    for measured in version.evidence.baseline_metrics if version.evidence else ():
        if measured.value is not None:
            baseline.setdefault(measured.slice, {})[measured.metric] = measured.value
    return Details(
        model=model.name,
        version=version.version,
        status=status(state),
        quarantine=state.quarantined,
        releases=state.releases,
        pruned=state.pruned,
        labels=labels_of(model.state, version.version),
        path=_path(version),
        description=state.description or version.manifest.description,
        notes={**version.manifest.notes, **state.notes},
        metrics=version.metrics,
        baseline_metrics=baseline,
        verdict=_judgement(version),
        manifest=version.manifest,
    )


def _path(version: Version) -> str | None:
    try:
        return as_text(version.path)
    except NotFoundError:
        return None


def _judgement(version: Version) -> Judgement | None:
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
