"""The answers of `list`: the models of a registry, or the versions of a model, now or at a moment of the past."""

from collections.abc import Callable

import msgspec

from tfx_hallmark.answers.moment import models_of, state_of
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState

STATUSES = ("tagged", "published", "refused", "adopted", "quarantined")


class Stable(msgspec.Struct, frozen=True):
    """What a model serves by default.

    Attributes:
        version: Semantic version.
        release: Its release number.
        since: Since when, UTC.
    """

    version: str
    release: int
    since: str


class ListedModel(msgspec.Struct, frozen=True, kw_only=True):
    """One model in brief.

    Attributes:
        model: Its name.
        stable: What it serves; null if nothing.
        latest: The version tagged last.
        versions: How many it has.
        refused: How many of them the gate last refused.
        quarantined: How many of them are in quarantine.
    """

    model: str
    stable: Stable | None
    latest: str | None
    versions: int
    refused: int
    quarantined: int


class ModelList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `list`.

    Attributes:
        root: The registry root.
        models: Sorted by name.
        at: The moment that this is about, UTC; null for now. Models that came later are left out.
    """

    root: str
    models: list[ListedModel]
    at: str | None = None


class ListedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version in brief.

    Attributes:
        version: Semantic version.
        status: `tagged`, `published`, `refused`, `adopted` or `quarantined`.
        releases: Its release numbers, oldest first.
        labels: The labels that point to it, sorted.
        created: When it was tagged or adopted, UTC.
        size: Bytes.
        bump: `first`, `major`, `minor`, `patch` or `explicit`; empty for an adopted version.
        digest: Content digest.
        refusal: Why the gate refused it; null if it is not refused.
        quarantine: Why it is in quarantine; null if it is not.
        held: Why its files must stay; null if retention may delete them.
        pruned: Those of its releases whose files were deleted.
        description: What was noted of it since it was tagged; `show` tells all.
        notes: Key-value notes since then.
    """

    version: str
    status: str
    releases: list[int]
    labels: list[str]
    created: str
    size: int
    bump: str
    digest: str
    refusal: str | None
    quarantine: str | None
    held: str | None = None
    pruned: list[int] = []
    description: str = ""
    notes: dict[str, str] = {}

    @property
    def remarks(self) -> list[str]:
        """What a reader of a table should know of it, the weightiest first."""
        told = [self.refusal] if self.refusal is not None and self.quarantine is None else []
        if self.quarantine is not None:
            told.append(f"in quarantine: {self.quarantine}")
        if self.held is not None:
            told.append(f"held: {self.held}")
        if self.releases and set(self.releases) == set(self.pruned):
            told.append("files deleted")
        return [
            *told,
            *filter(None, [self.description]),
            *(f"{key}: {note}" for key, note in self.notes.items()),
        ]


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `list MODEL`.

    Attributes:
        model: The model's name.
        versions: Newest first.
        more: How many older ones fit too and are left out.
        at: The moment that this is about, UTC; null for now.
        hints: Of a search that found nothing: what may be wrong with it.
    """

    model: str
    versions: list[ListedVersion]
    more: int
    at: str | None
    hints: list[str] = []


def list_models(registry: Registry, *, at: str | None = None) -> ModelList:
    """List the models of a registry.

    Args:
        registry: The registry.
        at: As they were at this moment, as events have it; None for now.

    Raises:
        NotFoundError: If all of its models came later.
    """
    listed = [model_in_brief(state) for _, state in models_of(registry, at)]
    return ModelList(root=as_text(registry.root), models=listed, at=at)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which versions of a model are to be listed.

    Attributes:
        fits: Tells by a version's status whether it is wanted.
        limit: How many at most; None for all.
        at: As they were at this moment, as events have it; None for now.
    """

    fits: Callable[[str], bool]
    limit: int | None
    at: str | None = None


def list_versions(model: Model, wanted: Wanted) -> VersionList:
    """List the versions of a model.

    Args:
        model: The model.
        wanted: Which of its versions.

    Raises:
        NotFoundError: If the model came later.
    """
    state = state_of(model, wanted.at)
    labels = labels_by_version(state)
    found = [version for version in reversed(state.versions.values()) if wanted.fits(status(version))]
    shown = found[: wanted.limit]
    return VersionList(
        model=state.model,
        versions=[in_brief(version, labels.get(version.version, [])) for version in shown],
        more=len(found) - len(shown),
        at=wanted.at,
    )


def status(version: VersionState) -> str:
    """Return what a version is listed as: a quarantine outweighs what the gate said."""
    return version.standing


def labels_of(state: ModelState, version: str) -> list[str]:
    """Return the labels that point to a version, sorted."""
    return labels_by_version(state).get(version, [])


def stable_of(state: ModelState) -> Stable | None:
    """Return what a model serves by default, and since when; None if nothing."""
    version = state.stable
    if version is None:
        return None
    return Stable(version.version, state.labels[STABLE], state.stable_moves[-1].time)


def labels_by_version(state: ModelState) -> dict[str, list[str]]:
    """Return the labels of each version that has any, sorted."""
    return state.labels_by_version()


def model_in_brief(state: ModelState) -> ListedModel:
    """Return one model as `list` shows it, by what its log says or said."""
    found = [status(version) for version in state.versions.values()]
    return ListedModel(
        model=state.model,
        stable=stable_of(state),
        latest=None if state.latest is None else state.latest.version,
        versions=len(found),
        refused=found.count("refused"),
        quarantined=found.count("quarantined"),
    )


def in_brief(version: VersionState, labels: list[str]) -> ListedVersion:
    """Return one version as `list` shows it.

    Args:
        version: What the log says of it.
        labels: The labels that point to it.
    """
    return ListedVersion(
        version=version.version,
        status=status(version),
        releases=version.releases,
        labels=labels,
        created=version.created,
        size=version.size,
        bump=version.bump,
        digest=version.digest,
        refusal=version.summary if version.status == "refused" else None,
        quarantine=version.quarantined,
        held=version.held,
        pruned=version.pruned,
        description=version.description,
        notes={key: note for key, note in version.notes.items() if note},
    )
