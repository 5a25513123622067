"""What each kind of event does to a model's state.

The state depends on the events alone, in their order, and on nothing else, so one read from a
checkpoint and brought up to date equals one folded from the first event.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from tfx_hallmark.registry import event_kinds
from tfx_hallmark.registry.adoption.release_time import time_of_number
from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.events import Data, Event
from tfx_hallmark.registry.state import STABLE, ModelState, Release, StableMove, VersionState

D = TypeVar("D", bound=Data)


def apply(state: ModelState, event: Event, seal: str) -> None:
    """Fold in the next event.

    Raises:
        CorruptLogError: If the event speaks of a version or release that the log does not know,
            or uses a version or number a second time.
    """
    try:
        _HANDLERS[type(event.data)](state, event, event.data)
    except (KeyError, ValueError) as error:
        msg = (
            f"event {event.seq} of {state.model} ({event.kind}) contradicts the events before it "
            f"({error.args[0]}): restore the log from a backup of the registry root"
        )
        raise CorruptLogError(msg) from error
    state.seq, state.seal = event.seq, seal


def fold(model: str, entries: Iterable[tuple[Event, str]]) -> ModelState:
    """Fold events, with their seals, from the first one on."""
    state = ModelState(model=model)
    for event, digest in entries:
        apply(state, event, digest)
    return state


_HANDLERS: dict[type, Callable[[ModelState, Event, Any], None]] = {}


def _on(kind: type[D]) -> Callable[[Callable[[ModelState, Event, D], None]], None]:
    def register(handler: Callable[[ModelState, Event, D], None]) -> None:
        _HANDLERS[kind] = handler

    return register


def _use_once(table: dict[Any, Any], key: object, what: str) -> None:
    if key in table:
        msg = f"{what} {key} is used a second time"
        raise ValueError(msg)


def _add_version(
    state: ModelState, event: Event, data: event_kinds.Tagged | event_kinds.Adopted | event_kinds.Imported
) -> VersionState:
    _use_once(state.versions, data.version, "version")
    version = state.versions[data.version] = VersionState(
        version=data.version, digest=data.digest, manifest=data.manifest, size=data.size, created=event.time
    )
    return version


def _add_release(state: ModelState, event: Event, number: int, staging: str) -> None:
    _use_once(state.releases, number, "release")
    state.releases[number] = Release(event.data.version, event.time, staging)
    state.versions[event.data.version].releases.append(number)


def _move_label(
    state: ModelState, event: Event, label: str, release: int | None, *, back: bool = False
) -> None:
    if release is None:
        state.labels.pop(label, None)
    else:
        if state.releases[release].version != event.data.version:
            msg = f"release {release} is not of version {event.data.version}"
            raise ValueError(msg)
        state.labels[label] = release
    if label == STABLE:
        state.stable_moves.append(StableMove(event.seq, event.time, release, back))


@_on(event_kinds.Tagged)
def _tagged(state: ModelState, event: Event, data: event_kinds.Tagged) -> None:
    version = _add_version(state, event, data)
    version.tag = data.tag
    version.bump = data.bump


@_on(event_kinds.Published)
def _published(state: ModelState, event: Event, data: event_kinds.Published) -> None:
    _add_release(state, event, data.release, data.staging)
    version = state.versions[data.version]
    version.status = "published"
    version.verdict = data.verdict
    version.refusal = None
    version.summary = ""
    for label in data.labels:
        _move_label(state, event, label, data.release)


@_on(event_kinds.Refused)
def _refused(state: ModelState, _: Event, data: event_kinds.Refused) -> None:
    version = state.versions[data.version]
    version.refusal = data.verdict
    # What was published stays published; that it may not serve now is what its quarantine says.
    if not version.releases:
        version.status = "refused"
        version.verdict = data.verdict
        version.summary = data.summary


@_on(event_kinds.Promoted)
def _promoted(state: ModelState, event: Event, data: event_kinds.Promoted) -> None:
    if data.staging is not None:
        _add_release(state, event, data.release, data.staging)
    _move_label(state, event, data.label, data.release)


@_on(event_kinds.RolledBack)
def _rolled_back(state: ModelState, event: Event, data: event_kinds.RolledBack) -> None:
    if data.staging is not None:
        _add_release(state, event, data.release, data.staging)
    _move_label(state, event, STABLE, data.release, back=True)


@_on(event_kinds.Quarantined)
def _quarantined(state: ModelState, event: Event, data: event_kinds.Quarantined) -> None:
    version = state.versions[data.version]
    version.quarantined = event.reason or "no reason given"
    for label, release in list(state.labels.items()):
        if release in version.releases:
            _move_label(state, event, label, None)


@_on(event_kinds.Unquarantined)
def _unquarantined(state: ModelState, _: Event, data: event_kinds.Unquarantined) -> None:
    state.versions[data.version].quarantined = None


@_on(event_kinds.Pruned)
def _pruned(state: ModelState, event: Event, data: event_kinds.Pruned) -> None:
    version = state.versions[data.version]
    version.prunings.append(event.seq)
    version.pruned.extend(number for number in data.releases if number not in version.pruned)


@_on(event_kinds.Annotated)
def _annotated(state: ModelState, _: Event, data: event_kinds.Annotated) -> None:
    version = state.versions[data.version]
    if data.description is not None:
        version.description = data.description
    version.notes = {**version.notes, **data.notes}


@_on(event_kinds.Adopted)
def _adopted(state: ModelState, event: Event, data: event_kinds.Adopted) -> None:
    version = state.versions.get(data.version)
    if version is None:
        version = _add_version(state, event, data)
        version.created = time_of_number(data.release, before=event.time) or event.time
    elif version.digest != data.digest:
        msg = f"release {data.release} holds other content than version {data.version}"
        raise ValueError(msg)
    # What the gate has published stays published, whoever else put the same content there.
    if version.status != "published":
        version.status = "adopted"
    _add_release(state, event, data.release, "")
    for label in data.labels:
        _move_label(state, event, label, data.release)


@_on(event_kinds.Evaluated)
def _evaluated(state: ModelState, _: Event, data: event_kinds.Evaluated) -> None:
    state.versions[data.version].evidence.append(data.evidence)


@_on(event_kinds.Withdrawn)
def _withdrawn(state: ModelState, event: Event, data: event_kinds.Withdrawn) -> None:
    _move_label(state, event, data.label, None)


@_on(event_kinds.Held)
def _held(state: ModelState, event: Event, data: event_kinds.Held) -> None:
    state.versions[data.version].held = event.reason or "no reason given"


@_on(event_kinds.Unheld)
def _unheld(state: ModelState, _: Event, data: event_kinds.Unheld) -> None:
    state.versions[data.version].held = None


@_on(event_kinds.Signed)
def _signed(state: ModelState, _: Event, data: event_kinds.Signed) -> None:
    state.versions[data.version].signature = data.signature


@_on(event_kinds.Reproduced)
def _reproduced(state: ModelState, _: Event, data: event_kinds.Reproduced) -> None:
    state.versions[data.version].reproductions.append(data.report)


@_on(event_kinds.Monitored)
def _monitored(state: ModelState, _: Event, data: event_kinds.Monitored) -> None:
    state.versions[data.version].monitorings.append(data.report)


@_on(event_kinds.Imported)
def _imported(state: ModelState, event: Event, data: event_kinds.Imported) -> None:
    version = _add_version(state, event, data)
    version.status = "imported"
    version.tag = data.tag
    version.verdict = data.verdict
