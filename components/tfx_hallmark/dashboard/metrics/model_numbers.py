"""What is told of one model, as plain values."""

from collections import Counter

import msgspec

from tfx_hallmark.dashboard.metrics.drift_numbers import DriftNumbers, drift_numbers
from tfx_hallmark.dashboard.metrics.event_times import EventTimes
from tfx_hallmark.dashboard.metrics.live_numbers import LiveNumbers, live_numbers
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import CANARY, STABLE, ModelState, VersionState

STATUSES = ("tagged", "published", "refused", "adopted", "imported", "quarantined")


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """What a label points to.

    Attributes:
        version: Semantic version.
        release: Release number.
        digest: Content digest.
        created: When it was tagged or adopted, UTC.
    """

    version: str
    release: int
    digest: str
    created: str


class ModelNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        live: What is stable; None for nothing.
        canary: What is canary; None for nothing.
        moved: When `stable` last moved, UTC; None if it never did.
        moves: How often it did.
        rollbacks: How often it did so backwards.
        newest: When the newest version was tagged or adopted, UTC.
        versions: How many versions have each status; a quarantine outweighs what the gate said.
        held: How many versions are held.
        releases: How many releases were ever made.
        pruned: How many of them have no files any more.
        events: How many events the log has.
        refused_in_row: How many of the last candidates were refused without one published since.
        last_refusal: When the gate last refused, UTC; None if it never did, or that is not found yet.
        last_evaluation: When what is stable was last evaluated on further data, UTC; None likewise.
        measured: What was measured of what is stable.
        last_monitoring: When new data was last held against what is stable, UTC; None likewise.
        monitored: What that found.
        log_damaged: Whether an event that was looked for could not be read.
    """

    live: Labelled | None
    canary: Labelled | None
    moved: str | None
    moves: int
    rollbacks: int
    newest: str | None
    versions: dict[str, int]
    held: int
    releases: int
    pruned: int
    events: int
    refused_in_row: int
    last_refusal: str | None
    last_evaluation: str | None
    measured: LiveNumbers
    last_monitoring: str | None
    monitored: DriftNumbers
    log_damaged: bool


class ModelReader:
    """Reads what is told of one model, and remembers what cannot change: events and evidence."""

    def __init__(self) -> None:
        self._times = EventTimes()
        self._monitored: tuple[tuple[str, str], DriftNumbers] | None = None
        self._measured: tuple[tuple[str | None, ...], LiveNumbers] | None = None

    def read(self, model: Model, *, until: float) -> ModelNumbers:
        """Read it.

        Args:
            model: The model; the same one at each call, used by this thread alone.
            until: When to stop looking back in its log, by `time.monotonic`.

        Raises:
            CorruptLogError: If its log is damaged.
        """
        state = model.state
        stable, log_damaged = state.stable, False
        evaluated = stable.version if stable is not None and stable.evidence else None
        monitored = stable.version if stable is not None and stable.monitorings else None
        refusal = any(version.refusal is not None for version in state.versions.values())
        try:
            self._times.look(model, refusal=refusal, evaluated=evaluated, monitored=monitored, until=until)
        except HallmarkError:
            log_damaged = True
        standings = Counter(version.standing for version in state.versions.values())
        return ModelNumbers(
            live=_labelled(state, STABLE),
            canary=_labelled(state, CANARY),
            moved=state.stable_moves[-1].time if state.stable_moves else None,
            moves=len(state.stable_moves),
            rollbacks=sum(move.back for move in state.stable_moves),
            newest=None if state.latest is None else state.latest.created,
            versions={status: standings[status] for status in STATUSES},
            held=sum(version.held is not None for version in state.versions.values()),
            releases=len(state.releases),
            pruned=sum(len(version.pruned) for version in state.versions.values()),
            events=state.seq,
            refused_in_row=_refused_in_row(state),
            last_refusal=self._times.last_refusal,
            last_evaluation=None if evaluated is None else self._times.last_evaluation(evaluated),
            measured=LiveNumbers() if stable is None else self._measures(model, stable),
            last_monitoring=None if monitored is None else self._times.last_monitoring(monitored),
            monitored=DriftNumbers() if stable is None else self._watches(model, stable),
            log_damaged=log_damaged,
        )

    def _watches(self, model: Model, stable: VersionState) -> DriftNumbers:
        key = (stable.version, next(reversed(stable.monitorings), ""))
        if self._monitored is not None and self._monitored[0] == key:
            return self._monitored[1]
        found = drift_numbers(model.version(stable.version))
        self._monitored = None if found.unreadable else (key, found)
        return found

    def _measures(self, model: Model, stable: VersionState) -> LiveNumbers:
        key = (stable.version, stable.verdict, next(reversed(stable.evidence), None))
        if self._measured is not None and self._measured[0] == key:
            return self._measured[1]
        found = live_numbers(model.version(stable.version))
        # What was damaged may have been restored by the next time.
        self._measured = None if found.unreadable else (key, found)
        return found


def _labelled(state: ModelState, label: str) -> Labelled | None:
    version = state.labelled(label)
    if version is None:
        return None
    return Labelled(
        version=version.version,
        release=state.labels[label],
        digest=version.digest,
        created=version.created,
    )


def _refused_in_row(state: ModelState) -> int:
    count = 0
    for version in reversed(state.versions.values()):
        if version.status in ("published", "adopted"):
            break
        count += version.status == "refused"
    return count
