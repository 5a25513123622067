"""Events in a sentence."""

from collections.abc import Callable
from typing import Any, TypeVar

from tfx_hallmark.registry import event_kinds
from tfx_hallmark.registry.events import Data, Event

D = TypeVar("D", bound=Data)

_TELLERS: dict[type, Callable[[Any], str]] = {}


def sentence(event: Event) -> str:
    """Say what happened, and the actor's reason if there is one that the event does not repeat."""
    told = _TELLERS[type(event.data)](event.data)
    return f"{told}: {event.reason}" if event.reason and event.reason not in told else told


def _of(kind: type[D]) -> Callable[[Callable[[D], str]], None]:
    def register(teller: Callable[[D], str]) -> None:
        _TELLERS[kind] = teller

    return register


@_of(event_kinds.Tagged)
def _tagged(data: event_kinds.Tagged) -> str:
    against = f" compared with {data.compared_with}" if data.compared_with else ""
    return f"tagged, {data.bump}{against}: {'; '.join(data.reasons)}"


@_of(event_kinds.Published)
def _published(data: event_kinds.Published) -> str:
    labels = " and ".join(data.labels)
    told = f"published as release {data.release}" + (f", now {labels}" if labels else "")
    if data.override is not None:
        return f"{told}; the gate was passed over: {data.override}"
    if data.baseline is not None:
        return f"{told}; it beat {data.baseline}"
    return f"{told}; nothing was stable before it"


@_of(event_kinds.Refused)
def _refused(data: event_kinds.Refused) -> str:
    return f"refused: {data.summary}"


@_of(event_kinds.Promoted)
def _promoted(data: event_kinds.Promoted) -> str:
    told = f"release {data.release} became {data.label}"
    return told if data.override is None else f"{told}; the gate was passed over: {data.override}"


@_of(event_kinds.RolledBack)
def _rolled_back(data: event_kinds.RolledBack) -> str:
    return f"rolled back from release {data.from_release} to release {data.release}"


@_of(event_kinds.Quarantined)
def _quarantined(_: event_kinds.Quarantined) -> str:
    return "put in quarantine"


@_of(event_kinds.Unquarantined)
def _unquarantined(_: event_kinds.Unquarantined) -> str:
    return "taken out of quarantine"


@_of(event_kinds.Pruned)
def _pruned(data: event_kinds.Pruned) -> str:
    numbers = ", ".join(map(str, data.releases))
    return f"deleted the files of release{'' if len(data.releases) == 1 else 's'} {numbers}"


@_of(event_kinds.Annotated)
def _annotated(data: event_kinds.Annotated) -> str:
    told = [] if data.description is None else [f"description: {data.description}"]
    told += [f"{key}: {value}" if value else f"{key} removed" for key, value in data.notes.items()]
    return f"annotated: {'; '.join(told)}"


@_of(event_kinds.Adopted)
def _adopted(data: event_kinds.Adopted) -> str:
    labels = " and ".join(data.labels)
    return f"adopted as release {data.release}" + (f", now {labels}" if labels else "")


@_of(event_kinds.Evaluated)
def _evaluated(data: event_kinds.Evaluated) -> str:
    return f"evaluated on further data: {data.summary}"


@_of(event_kinds.Withdrawn)
def _withdrawn(data: event_kinds.Withdrawn) -> str:
    return f"no longer {data.label}"


@_of(event_kinds.Held)
def _held(_: event_kinds.Held) -> str:
    return "held: its files stay"


@_of(event_kinds.Unheld)
def _unheld(_: event_kinds.Unheld) -> str:
    return "no longer held: retention may delete its files"


@_of(event_kinds.Signed)
def _signed(data: event_kinds.Signed) -> str:
    return f"signed; key {data.key}"


@_of(event_kinds.Reproduced)
def _reproduced(data: event_kinds.Reproduced) -> str:
    return f"trained again: {data.summary}"


@_of(event_kinds.Monitored)
def _monitored(data: event_kinds.Monitored) -> str:
    return f"monitored on new data, {data.outcome}: {data.summary}"


@_of(event_kinds.Imported)
def _imported(_: event_kinds.Imported) -> str:
    return "imported from another registry"
