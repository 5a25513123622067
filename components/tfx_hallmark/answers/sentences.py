"""Events in a sentence."""

from collections.abc import Callable
from typing import Any, TypeVar

from tfx_hallmark.registry import events
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


@_of(events.Tagged)
def _tagged(data: events.Tagged) -> str:
    against = f" compared with {data.compared_with}" if data.compared_with else ""
    return f"tagged, {data.bump}{against}: {'; '.join(data.reasons)}"


@_of(events.Published)
def _published(data: events.Published) -> str:
    labels = " and ".join(data.labels)
    told = f"published as release {data.release}" + (f", now {labels}" if labels else "")
    if data.override is not None:
        return f"{told}; the gate was passed over: {data.override}"
    if data.baseline is not None:
        return f"{told}; it beat {data.baseline}"
    return f"{told}; nothing was stable before it"


@_of(events.Refused)
def _refused(data: events.Refused) -> str:
    return f"refused: {data.summary}"


@_of(events.Promoted)
def _promoted(data: events.Promoted) -> str:
    told = f"release {data.release} became {data.label}"
    return told if data.override is None else f"{told}; the gate was passed over: {data.override}"


@_of(events.RolledBack)
def _rolled_back(data: events.RolledBack) -> str:
    return f"rolled back from release {data.from_release} to release {data.release}"


@_of(events.Quarantined)
def _quarantined(_: events.Quarantined) -> str:
    return "put in quarantine"


@_of(events.Unquarantined)
def _unquarantined(_: events.Unquarantined) -> str:
    return "taken out of quarantine"


@_of(events.Pruned)
def _pruned(data: events.Pruned) -> str:
    numbers = ", ".join(map(str, data.releases))
    return f"deleted the files of release{'' if len(data.releases) == 1 else 's'} {numbers}"


@_of(events.Annotated)
def _annotated(data: events.Annotated) -> str:
    told = [] if data.description is None else [f"description: {data.description}"]
    told += [f"{key}: {value}" if value else f"{key} removed" for key, value in data.notes.items()]
    return f"annotated: {'; '.join(told)}"


@_of(events.Adopted)
def _adopted(data: events.Adopted) -> str:
    labels = " and ".join(data.labels)
    return f"adopted as release {data.release}" + (f", now {labels}" if labels else "")


@_of(events.Evaluated)
def _evaluated(data: events.Evaluated) -> str:
    return f"evaluated on further data: {data.summary}"


@_of(events.Withdrawn)
def _withdrawn(data: events.Withdrawn) -> str:
    return f"no longer {data.label}"


@_of(events.Held)
def _held(_: events.Held) -> str:
    return "held: its files stay"


@_of(events.Unheld)
def _unheld(_: events.Unheld) -> str:
    return "no longer held: retention may delete its files"


@_of(events.Signed)
def _signed(data: events.Signed) -> str:
    return f"signed; key {data.key}"


@_of(events.Reproduced)
def _reproduced(data: events.Reproduced) -> str:
    return f"trained again: {data.summary}"


@_of(events.Imported)
def _imported(_: events.Imported) -> str:
    return "imported from another registry"
