"""The events of all models, newest first, a page at a time."""

import bisect
import heapq
from collections.abc import Iterator

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.dashboard.views.audit_filter import AuditFilter
from tfx_hallmark.dashboard.views.models_view import Unreadable
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.events import Event

_READ = 5000  # events that one page looks at


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event.

    Attributes:
        model: The model's name.
        logged: The event.
        override: Whether a person passed over the gate or chose the version.
    """

    model: str
    logged: LoggedEvent
    override: bool


class AuditEvents(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events.

    Attributes:
        events: Newest first.
        read: How many events were looked at.
        older: Where the next page begins; empty if there is none.
        unreadable: Models whose log cannot be read on.
    """

    events: list[AuditEvent]
    read: int
    older: str
    unreadable: list[Unreadable]


def audit_events(source: Source, wanted: AuditFilter, *, size: int) -> AuditEvents:
    """Read a page of events.

    Args:
        source: The registry.
        wanted: Which events.
        size: How many at most; fewer if those wanted are rare, so that no page reads a whole log.
    """
    unreadable: list[Unreadable] = []
    names = [name for name in source.names() if wanted.model in ("", name)]
    starts = {name: _start(source, name, wanted, unreadable) for name in names}
    logs = [_newest_first(source, name, seq, wanted, unreadable) for name, seq in starts.items()]
    found: list[AuditEvent] = []
    left = dict(starts)
    read = 0
    # Each log keeps its own order whatever its clocks said; between logs, time decides.
    for event in heapq.merge(*logs, key=lambda event: (event.time, event.model), reverse=True):
        if len(found) == size or read == _READ:
            break
        read += 1
        left[event.model] = event.seq - 1
        if wanted.fits(event):
            found.append(AuditEvent(model=event.model, logged=logged(event), override=_is_override(event)))
    else:
        left = {}
    older = ",".join(f"{name}:{seq}" for name, seq in left.items() if seq)
    return AuditEvents(events=found, read=read, older=older, unreadable=unreadable)


def _start(source: Source, name: str, wanted: AuditFilter, unreadable: list[Unreadable]) -> int:
    """Return the newest event of a model that may be wanted; 0 for none."""
    try:
        with source.model(name) as model:
            last = model.state.seq
            if wanted.positions:
                return min(last, wanted.positions.get(name, 0))
            if not wanted.until:
                return last
            return bisect.bisect_left(range(1, last + 1), wanted.end, key=lambda seq: model.event(seq).time)
    except HallmarkError as error:
        unreadable.append(Unreadable(name, str(error)))
        return 0


def _newest_first(
    source: Source, name: str, seq: int, wanted: AuditFilter, unreadable: list[Unreadable]
) -> Iterator[Event]:
    """Read a log back; the model is held only while an event is read."""
    while seq > 0:
        try:
            with source.model(name) as model:
                event = model.event(seq)
        except HallmarkError as error:
            unreadable.append(Unreadable(name, str(error)))
            return
        if event.time < wanted.since:
            return
        yield event
        seq -= 1


def _is_override(event: Event) -> bool:
    return bool(getattr(event.data, "override", None))
