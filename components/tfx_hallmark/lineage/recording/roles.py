"""What part versions and releases play in an event: what went in, and what came out."""

import bisect
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tfx_hallmark.registry import event_kinds
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


def _tagged(_: Event, data: event_kinds.Tagged | event_kinds.Imported, __: ModelState) -> list[Role]:
    return [Role("version", True, data.version)]


def _adopted(_: Event, data: event_kinds.Adopted, __: ModelState) -> list[Role]:
    return [Role("version", True, data.version), Role("release", True, data.version, data.release)]


def _published(_: Event, data: event_kinds.Published, __: ModelState) -> list[Role]:
    return [Role("version", False, data.version), Role("release", True, data.version, data.release)]


def _moved(
    event: Event, data: event_kinds.Promoted | event_kinds.RolledBack, state: ModelState
) -> list[Role]:
    before = None
    if isinstance(data, event_kinds.RolledBack) or data.label == STABLE:
        before = _stable_before(event.seq, state)
    replaced = [] if before in (None, data.version) else [Role("replaced", False, str(before))]
    return [
        *replaced,
        Role("version", False, data.version),
        Role("release", True, data.version, data.release),
    ]


def _pruned(_: Event, data: event_kinds.Pruned, __: ModelState) -> list[Role]:
    releases = [Role("release", False, data.version, number) for number in data.releases]
    return [Role("version", False, data.version), *releases]


def _stable_before(seq: int, state: ModelState) -> str | None:
    """Return the version that was stable just before an event."""
    moves = bisect.bisect_left(state.stable_moves, seq, key=lambda move: move.seq)
    release = state.stable_moves[moves - 1].release if moves else None
    return None if release is None else state.releases[release].version


_TELLERS: dict[type, _Teller] = {
    event_kinds.Tagged: _tagged,
    event_kinds.Published: _published,
    event_kinds.Refused: _subject,
    event_kinds.Promoted: _moved,
    event_kinds.RolledBack: _moved,
    event_kinds.Quarantined: _subject,
    event_kinds.Unquarantined: _subject,
    event_kinds.Pruned: _pruned,
    event_kinds.Annotated: _subject,
    event_kinds.Adopted: _adopted,
    event_kinds.Evaluated: _subject,
    event_kinds.Withdrawn: _subject,
    event_kinds.Held: _subject,
    event_kinds.Unheld: _subject,
    event_kinds.Signed: _subject,
    event_kinds.Imported: _tagged,
    event_kinds.Reproduced: _subject,
    event_kinds.Monitored: _subject,
}
