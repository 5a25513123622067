"""Which labels point where, and since when, by whom and why."""

import itertools

import msgspec

from tfx_hallmark.registry.event_kinds import Adopted, Promoted, Published
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import CANARY, STABLE

_LOOKED_AT = 400  # events; a page must not wait for more


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """What a label points to.

    Attributes:
        label: E.g. `stable`.
        version: Semantic version.
        release: Its release.
        since: Since when, UTC; empty if that is too long ago to be looked up.
        actor: Who or what moved it; empty likewise.
        reason: Why; may be empty.
        kind: The kind of event that did; empty likewise.
    """

    label: str
    version: str
    release: int
    since: str = ""
    actor: str = ""
    reason: str = ""
    kind: str = ""


def labelled(model: Model, *, within: int = _LOOKED_AT) -> list[Labelled]:
    """Return what each label points to: stable first, then canary, then the others by name.

    Args:
        model: The model.
        within: How many events are read back at most to find out when a label other than `stable` moved.
    """
    state = model.state
    moved = _moves(model, set(state.labels) - {STABLE}, within)
    if STABLE in state.labels:
        moved[STABLE] = model.event(state.stable_moves[-1].seq)
    found = []
    for label in sorted(state.labels, key=lambda label: (label != STABLE, label != CANARY, label)):
        release = state.labels[label]
        event = moved.get(label)
        found.append(
            Labelled(
                label=label,
                version=state.releases[release].version,
                release=release,
                since=event.time if event else "",
                actor=event.actor if event else "",
                reason=event.reason if event else "",
                kind=event.kind if event else "",
            )
        )
    return found


def _moves(model: Model, wanted: set[str], within: int) -> dict[str, Event]:
    found: dict[str, Event] = {}
    if not wanted:
        return found
    for event in itertools.islice(model.newest_first(), within):
        for label in _given_by(event) & wanted - found.keys():
            found[label] = event
        if len(found) == len(wanted):
            break
    return found


def _given_by(event: Event) -> set[str]:
    if isinstance(event.data, Promoted):
        return {event.data.label}
    return set(event.data.labels) if isinstance(event.data, Published | Adopted) else set()
