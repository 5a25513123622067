"""What retention would delete and what it keeps, worked out from a model's state alone.

Only bytes are ever deleted: of a version whose files are gone everything that is recorded stays.
"""

import datetime
import math
from collections.abc import Collection, Iterator
from itertools import islice

import msgspec

from tfx_hallmark.registry.eligibility import no_objection, rollback_targets
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.log import as_utc
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import signature_demands
from tfx_hallmark.registry.state import ModelState, VersionState


class RetentionRule(msgspec.Struct, frozen=True, kw_only=True):
    """Which versions retention may delete the files of: those that are past every limit given.

    Attributes:
        keep_last: Keep the files of this many versions, those released last; None for no such limit.
        keep_days: Keep the files of versions that were released, or stopped being stable, within so
            many days of 24 hours; None for no such limit.
        quarantined_too: Whether the files of versions in quarantine, which are evidence, may go as well.

    Raises:
        ConfigError: If there is no limit, or one below 0.
    """

    keep_last: int | None = None
    keep_days: float | None = None
    quarantined_too: bool = False

    def __post_init__(self) -> None:
        """Refuse what would delete everything, or nothing ever."""
        if self.keep_last is None and self.keep_days is None:
            msg = "nothing says what to keep: give --keep-last N, --keep-days D, or both"
            raise ConfigError(msg)
        for limit in (self.keep_last, self.keep_days):
            if limit is not None and not (limit >= 0 and math.isfinite(limit)):
                msg = f"{limit} versions or days cannot be kept: give a number from 0 on"
                raise ConfigError(msg)


class Deletion(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a version that go.

    Attributes:
        version: Semantic version.
        releases: The releases whose directories go.
        last: Whether no files of it are left then; else a newer release holds the same ones.
        reason: Why they may go.
    """

    version: str
    releases: tuple[int, ...]
    last: bool
    reason: str


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """Files of a version that stay.

    Attributes:
        version: Semantic version.
        releases: The releases whose directories stay.
        reasons: Why; at least one.
    """

    version: str
    releases: tuple[int, ...]
    reasons: tuple[str, ...]


class PrunePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What retention would do to the versions of a model that have files.

    Attributes:
        model: The model's name.
        deletions: What goes, of the version released last first.
        kept: What stays, in the same order.
    """

    model: str
    deletions: tuple[Deletion, ...]
    kept: tuple[Kept, ...]


def plan_prune(
    state: ModelState,
    settings: Settings,
    rule: RetentionRule,
    *,
    present: Collection[int],
    listed: Collection[int] = (),
    now: str,
) -> PrunePlan:
    """Plan what to delete.

    Args:
        state: The model's state.
        settings: What holds in the root.
        rule: What may go.
        present: The releases that are in the base path. The others are left alone: they may be about to be
            exposed, or be gone by hand, which is not for retention to settle.
        listed: The releases that `models.config` lists, which a model server may be serving although the
            labels have moved on.
        now: The time, as events have it.
    """
    planning = _Planning(state, settings, rule, frozenset(present), frozenset(listed), now)
    deletions, kept = [], []
    for version in planning.by_release():
        reasons = planning.reasons_to_keep(version)
        gone = planning.superseded(version) if reasons else planning.all_present(version)
        left = [number for number in _live(version) if number not in gone]
        if gone:
            why = planning.why_superseded(version) if left else planning.why_past_the_limits()
            deletions.append(
                Deletion(version=version.version, releases=tuple(gone), last=not left, reason=why)
            )
        if left:
            kept.append(Kept(version=version.version, releases=tuple(left), reasons=tuple(reasons)))
    return PrunePlan(model=state.model, deletions=tuple(deletions), kept=tuple(kept))


class _Planning:
    """One look at one state.

    Args:
        state: The model's state.
        settings: What holds in the root.
        rule: What may go.
        present: The releases that are in the base path.
        listed: The releases that `models.config` lists.
        now: The time, as events have it.
    """

    def __init__(
        self,
        state: ModelState,
        settings: Settings,
        rule: RetentionRule,
        present: frozenset[int],
        listed: frozenset[int],
        now: str,
    ) -> None:
        self._state = state
        self._rule = rule
        self._present = present
        self._listed = listed
        self._since = None if rule.keep_days is None else _days_before(now, rule.keep_days)
        self._newest = {version.version for version in self.by_release()[: rule.keep_last or 0]}
        self._targets = _targets(state, settings, present)
        self._labels: dict[int, list[str]] = {}
        for label, number in sorted(state.labels.items()):
            self._labels.setdefault(number, []).append(label)
        self._served = _served(state, present) if settings.serving_policy == "latest" else frozenset()
        self._stable_until = _stable_until(state)

    def by_release(self) -> list[VersionState]:
        """Return the versions that have files, by the log, that released last first."""
        found = [version for version in self._state.versions.values() if _live(version)]
        return sorted(found, key=lambda version: max(_live(version)), reverse=True)

    def reasons_to_keep(self, version: VersionState) -> list[str]:
        """Return why the files of a version must stay; none if they may go."""
        return [*self._protection(version), *self._limits(version)]

    def superseded(self, version: VersionState) -> list[int]:
        """Return the releases of a version that stays which may go, for a newer one holds the same files."""
        if version.held is not None or self._is_evidence(version):
            return []
        *older, newest = _live(version)
        if newest not in self._present:
            return []
        return [
            number
            for number in older
            if number in self._present - self._listed - self._labels.keys() and not self._is_recent(number)
        ]

    def all_present(self, version: VersionState) -> list[int]:
        """Return the releases of a version that are in the base path."""
        return [number for number in _live(version) if number in self._present]

    def why_superseded(self, version: VersionState) -> str:
        """Say why older releases of a version that stays may go."""
        return f"release {max(_live(version))} holds the same files"

    def why_past_the_limits(self) -> str:
        """Say why the files of a version may go."""
        rule = self._rule
        told = [f"not {_last(rule.keep_last)}"] if rule.keep_last else []
        told += [] if rule.keep_days is None else [f"out of use for {_days(rule.keep_days)}"]
        return " and ".join(told) or "nothing keeps it"

    def _protection(self, version: VersionState) -> Iterator[str]:
        live = _live(version)
        labels = [label for number in live for label in self._labels.get(number, [])]
        if labels:
            yield f"it is {' and '.join(labels)}"
        if version.version in self._targets:
            place = self._targets.index(version.version) + 1
            yield f"it is rollback target {place} of {len(self._targets)}"
        if version.held is not None:
            yield f"it is held: {version.held}"
        if self._is_evidence(version):
            yield f"it is in quarantine: {version.quarantined}"
        for number in self._served & set(live):
            yield f"TF Serving serves the highest number, {number}"
        listed = [str(number) for number in live if number in self._listed]
        if listed:
            yield f"models.config lists it, as {', '.join(listed)}"
        missing = [str(number) for number in live if number not in self._present]
        if missing:
            yield f"not in the base path: {', '.join(missing)}"

    def _limits(self, version: VersionState) -> Iterator[str]:
        if version.version in self._newest:
            yield _last(self._rule.keep_last or 0)
        if self._is_recent(max(_live(version))) or self._was_stable_lately(version):
            yield f"released or stable within {_days(self._rule.keep_days or 0)}"

    def _is_evidence(self, version: VersionState) -> bool:
        return version.quarantined is not None and not self._rule.quarantined_too

    def _is_recent(self, number: int) -> bool:
        return self._since is not None and self._state.releases[number].time > self._since

    def _was_stable_lately(self, version: VersionState) -> bool:
        return self._since is not None and self._stable_until.get(version.version, "") > self._since


def _live(version: VersionState) -> list[int]:
    """Return the releases of a version that were not pruned, oldest first."""
    return [number for number in version.releases if number not in version.pruned]


def _targets(state: ModelState, settings: Settings, present: frozenset[int]) -> list[str]:
    """Return the versions to be kept for rollbacks, first the one that would be chosen first."""
    # What stands by is loaded in the model servers.
    standby = settings.standby if settings.serving_policy == "labels" else 0
    wanted = max(settings.rollback_targets, standby)
    found: dict[str, None] = {}
    # An unsigned one may be signed yet, so it stays too; but it takes no place from those that are.
    for demands in (signature_demands(settings, state.model), no_objection):
        # One whose directory is gone is no target, whatever the log says.
        targets = (
            version.version
            for version in rollback_targets(state, demands)
            if state.serving_release(version) in present
        )
        found |= dict.fromkeys(islice(targets, wanted))
    return list(found)


def _served(state: ModelState, present: frozenset[int]) -> frozenset[int]:
    """Return what TF Serving serves under the policy `latest`; what is not exposed yet is not deleted anyway."""
    return frozenset(sorted(present & state.releases.keys())[-1:])


def _stable_until(state: ModelState) -> dict[str, str]:
    """Return when each version that was stable stopped being so."""
    found: dict[str, str] = {}
    for move, following in zip(state.stable_moves, state.stable_moves[1:], strict=False):
        if move.release is not None:
            found[state.releases[move.release].version] = following.time
    return found


def _last(count: int) -> str:
    return "the one released last" if count == 1 else f"among the {count} released last"


def _days(count: float) -> str:
    return "1 day" if count == 1 else f"{count:g} days"


def _days_before(now: str, days: float) -> str:
    moment = datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))
    try:
        return as_utc(moment - datetime.timedelta(days=days))
    except OverflowError:
        return ""  # before every event
