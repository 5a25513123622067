"""What part versions and releases play in an event: what went in, and what came out."""

import bisect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tfx_hallmark.registry import events
from tfx_hallmark.registry.events import Data, Event
from tfx_hallmark.registry.state import STABLE, ModelState

D = TypeVar("D", bound=Data)


class Role(msgspec.Struct, frozen=True):
    """A version or a release in an event.

    Attributes:
        name: The part it plays: `version`, `replaced` or `release`.
        made: Whether it came out of the event; else it went in.
        version: Its semantic version.
        release: Its number, if it is a release.
    """

    name: str
    made: bool
    version: str
    release: int | None = None


def roles(event: Event, state: ModelState) -> list[Role]:
    """Return what an event concerns.

    Args:
        event: The event.
        state: The state of its model, at the event or later.
    """
    return _TELLERS[type(event.data)](event, event.data, state)


_Teller = Callable[[Event, Any, ModelState], list[Role]]


def _subject(_: Event, data: Data, __: ModelState) -> list[Role]:
    return [Role("version", False, data.version)]


def _tagged(_: Event, data: events.Tagged | events.Imported, __: ModelState) -> list[Role]:
    return [Role("version", True, data.version)]


def _adopted(_: Event, data: events.Adopted, __: ModelState) -> list[Role]:
    return [Role("version", True, data.version), Role("release", True, data.version, data.release)]


def _published(_: Event, data: events.Published, __: ModelState) -> list[Role]:
    return [Role("version", False, data.version), Role("release", True, data.version, data.release)]


def _moved(event: Event, data: events.Promoted | events.RolledBack, state: ModelState) -> list[Role]:
    before = None
    if isinstance(data, events.RolledBack) or data.label == STABLE:
        before = _stable_before(event.seq, state)
    replaced = [] if before in (None, data.version) else [Role("replaced", False, str(before))]
    return [
        *replaced,
        Role("version", False, data.version),
        Role("release", True, data.version, data.release),
    ]


def _pruned(_: Event, data: events.Pruned, __: ModelState) -> list[Role]:
    releases = [Role("release", False, data.version, number) for number in data.releases]
    return [Role("version", False, data.version), *releases]


def _stable_before(seq: int, state: ModelState) -> str | None:
    """Return the version that was stable just before an event."""
    moves = bisect.bisect_left(state.stable_moves, seq, key=lambda move: move.seq)
    release = state.stable_moves[moves - 1].release if moves else None
    return None if release is None else state.releases[release].version


_TELLERS: dict[type, _Teller] = {
    events.Tagged: _tagged,
    events.Published: _published,
    events.Refused: _subject,
    events.Promoted: _moved,
    events.RolledBack: _moved,
    events.Quarantined: _subject,
    events.Unquarantined: _subject,
    events.Pruned: _pruned,
    events.Annotated: _subject,
    events.Adopted: _adopted,
    events.Evaluated: _subject,
    events.Withdrawn: _subject,
    events.Held: _subject,
    events.Unheld: _subject,
    events.Signed: _subject,
    events.Imported: _tagged,
    events.Reproduced: _subject,
}
