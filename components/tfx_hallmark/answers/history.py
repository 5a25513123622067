"""The answer of `log`: what happened to a model, newest first."""

import itertools
from collections.abc import Iterator
from typing import get_args

import msgspec

from tfx_hallmark.answers import sentences
from tfx_hallmark.answers.event_filter import EVERYTHING, EventFilter
from tfx_hallmark.registry.events import Data, Event

KINDS = tuple(str(kind.__struct_config__.tag) for kind in get_args(Data))


class LoggedEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event.

    Attributes:
        seq: Position in the log, from 1.
        time: UTC.
        kind: What kind of event, as the log spells it.
        version: The version it is about.
        release: The release it is about; null if there is none.
        actor: Who or what did it.
        reason: Why, in the actor's words; may be empty.
        sentence: What happened, in a sentence.
        data: The rest of the event, as it is stored; its fields depend on the kind.
    """

    seq: int
    time: str
    kind: str
    version: str
    release: int | None
    actor: str
    reason: str
    sentence: str
    data: Data


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `log`.

    Attributes:
        model: The model's name.
        events: Newest first.
        more: Whether older ones that fit too are left out.
        since: The time from which on they were wanted, UTC; null for the beginning.
        until: The time up to which they were wanted, UTC; null for now.
    """

    model: str
    events: list[LoggedEvent]
    more: bool
    since: str | None
    until: str | None


def tell(
    model: str, events: Iterator[Event], *, limit: int | None, wanted: EventFilter = EVERYTHING
) -> History:
    """Tell what happened.

    Args:
        model: The model's name.
        events: Events, newest first; read no further than needed.
        limit: How many at most; None for all.
        wanted: Which of them are told.
    """
    fitting = filter(wanted.fits, events)
    shown = [logged(event) for event in itertools.islice(fitting, limit)]
    more = next(fitting, None) is not None
    return History(model=model, events=shown, more=more, since=wanted.since, until=wanted.until)


def logged(event: Event) -> LoggedEvent:
    """Return one event as `log` shows it."""
    return LoggedEvent(
        seq=event.seq,
        time=event.time,
        kind=event.kind,
        version=event.data.version,
        release=getattr(event.data, "release", None),
        actor=event.actor,
        reason=event.reason,
        sentence=sentences.sentence(event),
        data=event.data,
    )
