"""What was true at a moment of the past, for whoever must account for it."""

import datetime
import itertools
import re

from tfx_hallmark.registry.errors import InvalidTimeError
from tfx_hallmark.registry.fold import fold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import as_utc, utc_now
from tfx_hallmark.registry.state import ModelState

FORMS = "2026-11-20, '2026-11-20 21:30', 2026-11-20T21:30:43Z, 2026-11-20T22:30:43+01:00, or how long ago: 90m, 2h, 3d"

_CALENDAR = re.compile(
    r"(?P<year>[0-9]{4})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})"
    r"(?:[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})(?::(?P<second>[0-9]{2})(?:\.(?P<fraction>[0-9]+))?)?"
    r" ?(?P<zone>[Zz]|UTC|[+-][0-9]{2}:?[0-9]{2})?)?"
)
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_AGO = re.compile(r"([0-9]+)([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def parse_time(text: str) -> str:
    """Read a time as people give it; return it as events have it: UTC, RFC 3339 with microseconds.

    Args:
        text: One of these forms. Without a zone it is UTC, whatever the zone of this machine: a command
            means the same moment wherever it is run.

            - RFC 3339: `2026-11-20T21:30:43.5Z`, `2026-11-20T22:30:43+01:00`; a blank for the `T` will
              do, and `UTC` for the `Z`, as hallmark itself writes times for people;
            - to the minute or second: `2026-11-20 21:30`, which is the first instant of that minute;
            - a date: its first instant;
            - how long ago: `90m`, `2h`, `3d` (minutes, hours, days of 24 hours).

    Raises:
        InvalidTimeError: If it is none of these, or no such time can be.
    """
    ago = _AGO.fullmatch(text)
    calendar = _CALENDAR.fullmatch(text)
    try:
        if ago is not None:
            span = datetime.timedelta(**{_UNITS[ago[2]]: int(ago[1])})
            return as_utc(datetime.datetime.now(datetime.timezone.utc) - span)
        if calendar is not None:
            return as_utc(_on_the_calendar(calendar))
    except (ValueError, OverflowError):
        pass  # such as the 31st of February, or a million years ago
    msg = f"{text!r} is no time: write it as {FORMS}; without a zone it is UTC"
    raise InvalidTimeError(msg)


def parse_past_time(text: str) -> str:
    """Read a time that must have been already; otherwise as `parse_time`.

    Raises:
        InvalidTimeError: If it is no time, or lies in the future: what will be true then, no log can say.
    """
    time, now = parse_time(text), utc_now()
    if time > now:
        msg = f"{text!r} is in the future, it is {now} now: give a time that has been"
        raise InvalidTimeError(msg)
    return time


def state_at(ledger: Ledger, time: str) -> ModelState:
    """Return what the log said of a model at a moment: the state after the last event that had happened by then.

    The log's order is what really happened; the times are what the clocks of the machines that wrote it
    said. Where they disagree, the order wins: an event has happened at the moment when it, and every
    event before it, has a time that is not after that moment. So

    - the answer is always a state that the log has been in. Picking events by their times alone could
      leave out one that a later one rests on, and add up to something that never was;
    - nothing that the log puts after the moment is in it, going by its own time: of an event the answer
      tells, the time never lies after the moment asked about;
    - once an event with a later time is in the log, the answer stays what it is for ever. Going on to the
      last event with a time up to the moment would let one event, written next year on a machine whose
      clock is wrong, change what is said of today.

    The price: after an event from a clock that was fast, those that follow count as no earlier than it.

    It reads the log from its first event up to that moment. A checkpoint would not spare that, since it
    does not keep the times of all events before it.

    Args:
        ledger: The model's records.
        time: As `parse_time` returns it; events of exactly this time have happened.

    Returns:
        A state of its own; its `seq` is 0 for a moment before the first event.

    Raises:
        CorruptLogError: If the log is damaged.
    """
    happened = itertools.takewhile(lambda entry: entry[0].time <= time, ledger.sealed_events(after=0))
    return fold(ledger.model, happened)


def _on_the_calendar(found: re.Match[str]) -> datetime.datetime:
    year, month, day, hour, minute, second = (int(found[name] or 0) for name in _PARTS)
    microsecond = int((found["fraction"] or "")[:6].ljust(6, "0"))
    return datetime.datetime(year, month, day, hour, minute, second, microsecond, _zone(found["zone"]))


def _zone(text: str | None) -> datetime.timezone:
    if text is None or text in ("Z", "z", "UTC"):
        return datetime.timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        msg = f"no zone is {text} from UTC"
        raise ValueError(msg)
    offset = datetime.timedelta(hours=hours, minutes=minutes)
    return datetime.timezone(-offset if text[0] == "-" else offset)
