"""The state at a moment of the past, also where the clocks of the writers disagree, and how a time is given."""

import datetime
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.registry.test_state_fold import History, histories
from tfx_hallmark.registry import checkpoint
from tfx_hallmark.registry.errors import CorruptLogError, InvalidTimeError
from tfx_hallmark.registry.events import GENESIS, Adopted, Event, seal
from tfx_hallmark.registry.fold import fold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import as_utc, event_key, utc_now
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.registry.time_travel import parse_past_time, parse_time, state_at

Entries = list[tuple[Event, str]]
UTC = datetime.timezone.utc


def at(second: int) -> str:
    return as_utc(datetime.datetime(2026, 11, 20, 21, 30, tzinfo=UTC) + datetime.timedelta(seconds=second))


def stamped(history: History, seconds: Sequence[int]) -> Entries:
    """The same events, written by clocks that said these times."""
    entries: Entries = []
    prev = GENESIS
    for (event, _), second in zip(history.entries, seconds, strict=True):
        entries.append(sealed(msgspec.structs.replace(event, time=at(second), prev=prev)))
        prev = entries[-1][1]
    return entries


def sealed(event: Event) -> tuple[Event, str]:
    return event, seal(event)[1]


def stored(folder: Path, entries: Entries) -> Ledger:
    for event, _ in entries:
        path = folder / event_key(event.seq)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(seal(event)[0])
    return Ledger(LocalStorage(folder), "m")


def state_then(entries: Entries, time: str) -> ModelState:
    with tempfile.TemporaryDirectory() as folder:
        return state_at(stored(Path(folder), entries), time)


@st.composite
def clocked(draw: Callable[..., object], *, steady: bool) -> Entries:
    """A log whose clocks never step back, or one whose clocks say anything."""
    history = draw(histories())
    count = len(history.entries)
    seconds = draw(st.lists(st.integers(0, 12), min_size=count, max_size=count))
    return stamped(history, sorted(seconds) if steady else seconds)


@given(clocked(steady=True), st.data())
def test_the_moment_of_an_event_gives_the_state_after_it_and_all_others_of_that_moment(
    entries: Entries, data: st.DataObject
) -> None:
    if not entries:
        return
    chosen = data.draw(st.integers(0, len(entries) - 1))
    time = entries[chosen][0].time
    happened = chosen + 1
    while happened < len(entries) and entries[happened][0].time == time:
        happened += 1
    assert state_then(entries, time) == fold("m", entries[:happened])


@given(clocked(steady=False), st.integers(-1, 13))
def test_it_is_the_longest_part_of_the_log_that_no_later_time_is_in(entries: Entries, second: int) -> None:
    state = state_then(entries, at(second))
    assert state == fold("m", entries[: state.seq])
    assert all(event.time <= at(second) for event, _ in entries[: state.seq])
    assert state.seq == len(entries) or entries[state.seq][0].time > at(second)


@given(clocked(steady=False), st.integers(0, 12), st.data())
def test_what_is_said_of_a_moment_stays_once_an_event_is_later(
    entries: Entries, second: int, data: st.DataObject
) -> None:
    later = next((place for place, (event, _) in enumerate(entries) if event.time > at(second)), None)
    if later is None:
        return
    so_far = data.draw(st.integers(later + 1, len(entries)))
    assert state_then(entries[:so_far], at(second)) == state_then(entries, at(second))


def adopted(seconds: Sequence[int]) -> Entries:
    entries: Entries = []
    prev = GENESIS
    for seq, second in enumerate(seconds, 1):
        data = Adopted(
            version=f"{seq}.0.0", digest="b3:", release=seq, manifest="", size=1, labels=("stable",)
        )
        event = Event(
            schema=1, seq=seq, model="m", time=at(second), actor="a", reason="", prev=prev, data=data
        )
        entries.append(sealed(event))
        prev = entries[-1][1]
    return entries


@pytest.mark.parametrize(
    ("seconds", "asked", "expected"),
    [
        ((10, 20, 30), 9, None),
        ((10, 20, 30), 10, "1.0.0"),
        ((10, 20, 30), 29, "2.0.0"),
        ((10, 20, 30), 99, "3.0.0"),
        ((10, 10, 10), 10, "3.0.0"),
        # The second machine's clock is slow: its event follows that of 20 and cannot be older.
        ((20, 15, 30), 15, None),
        ((20, 15, 30), 20, "2.0.0"),
        # The second machine's clock is fast: what follows counts as no earlier.
        ((10, 99, 30), 30, "1.0.0"),
        ((10, 99, 30), 99, "3.0.0"),
    ],
)
def test_where_clocks_disagree_the_order_of_the_log_wins(
    seconds: Sequence[int], asked: int, expected: str | None
) -> None:
    stable = state_then(adopted(seconds), at(asked)).stable
    assert (None if stable is None else stable.version) == expected


def test_a_moment_before_the_first_event_has_an_empty_state() -> None:
    assert state_then(adopted([10]), at(9)) == ModelState(model="m")


def test_a_checkpoint_does_not_hide_damage_before_it(tmp_path: Path) -> None:
    entries = adopted(range(80))
    stored(tmp_path, entries)
    assert checkpoint.save_if_due(LocalStorage(tmp_path), fold("m", entries), 0)
    edited = msgspec.structs.replace(entries[4][0], actor="somebody else")
    (tmp_path / event_key(5)).write_bytes(seal(edited)[0])
    ledger = Ledger(LocalStorage(tmp_path), "m")
    assert ledger.refresh().seq == 80
    assert state_at(ledger, at(3)).seq == 4
    with pytest.raises(CorruptLogError, match="does not follow"):
        state_at(ledger, at(70))


def test_a_model_goes_back_without_losing_the_present(
    model: Model, publish: Callable[..., str], three: list[str]
) -> None:
    [*_, second] = [event.time for event in model.events() if event.data.version == three[1]]
    before = msgspec.json.encode(model.state)
    then = model.state_at(second)
    assert (then.labels, list(then.versions)) == ({"stable": 2}, three[:2])
    assert msgspec.json.encode(model.state) == before
    assert model.state_at(utc_now()) == model.state
    publish(4)
    assert model.state_at(second) == then


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-11-20", "2026-11-20T00:00:00.000000Z"),
        ("2026-11-20 21:30", "2026-11-20T21:30:00.000000Z"),
        ("2026-11-20T21:30", "2026-11-20T21:30:00.000000Z"),
        ("2026-11-20 21:30+01:00", "2026-11-20T20:30:00.000000Z"),
        ("2026-11-20T21:30:43Z", "2026-11-20T21:30:43.000000Z"),
        ("2026-11-20t21:30:43z", "2026-11-20T21:30:43.000000Z"),
        ("2026-11-20 21:30:43 UTC", "2026-11-20T21:30:43.000000Z"),
        ("2026-11-20 21:30:43", "2026-11-20T21:30:43.000000Z"),
        ("2026-11-20T21:30:43.5Z", "2026-11-20T21:30:43.500000Z"),
        ("2026-11-20T21:30:43.123456789Z", "2026-11-20T21:30:43.123456Z"),
        ("2026-11-20T21:30:43-00:00", "2026-11-20T21:30:43.000000Z"),
        ("2026-11-20T21:30:43-08:30", "2026-11-21T06:00:43.000000Z"),
        ("2026-11-20T21:30:43+0545", "2026-11-20T15:45:43.000000Z"),
        ("2026-12-31T23:30:00-01:00", "2027-01-01T00:30:00.000000Z"),
        ("2024-02-29", "2024-02-29T00:00:00.000000Z"),
    ],
)
def test_every_form_of_a_time_is_read_as_events_have_it(text: str, expected: str) -> None:
    assert parse_time(text) == expected


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/New_York"])
def test_the_zone_of_the_machine_changes_nothing(monkeypatch: pytest.MonkeyPatch, zone: str) -> None:
    with monkeypatch.context() as patched:
        patched.setenv("TZ", zone)
        time.tzset()
        assert parse_time("2026-11-20 21:30") == "2026-11-20T21:30:00.000000Z"
    time.tzset()


@pytest.mark.parametrize(("text", "seconds"), [("90m", 5_400), ("2h", 7_200), ("3d", 259_200), ("0m", 0)])
def test_how_long_ago_counts_from_now(text: str, seconds: int) -> None:
    ago = datetime.timedelta(seconds=seconds)
    before = datetime.datetime.now(UTC) - ago
    found = parse_time(text)
    assert as_utc(before) <= found <= as_utc(datetime.datetime.now(UTC) - ago)


@given(st.datetimes(), st.integers(-1439, 1439))
def test_a_time_in_any_zone_is_the_same_moment(moment: datetime.datetime, minutes: int) -> None:
    there = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=minutes)))
    try:
        expected = as_utc(there)
    except OverflowError:
        with pytest.raises(InvalidTimeError):
            parse_time(there.isoformat())
        return
    assert parse_time(there.isoformat()) == expected
    assert parse_time(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "yesterday", "now", "3 days ago", "2026", "20261120", "2026-11", "2026-1-2", "20-11-2026", "11/20/2026",
        "2026-02-30", "2026-11-20T", "2026-11-20 24:00", "2026-11-20 21", "2026-11-20 21:60", "2026-11-20T21:30:61Z",
        "2026-11-20Z", "2026-11-20 21:30 CET", "2026-11-20T21:30:00+24:00", "2026-11-20T21:30:00+01:60",
        "2026-11-20T21:30:00.Z", "2026-11-20T21:30:00Z\n", "٢٠٢٦-11-20", "0000-01-01", "0001-01-01T00:00:00+01:00",
        "2", "h", "-2h", "2H", "2w", "2 h", "1h30m", "99999999d", "9" * 400 + "d",
    ],
)  # fmt: skip
def test_what_is_no_time_is_refused_in_one_line_with_the_forms(text: str) -> None:
    with pytest.raises(InvalidTimeError) as raised:
        parse_time(text)
    message = str(raised.value)
    assert "\n" not in message
    assert "2026-11-20, '2026-11-20 21:30', 2026-11-20T21:30:43Z" in message
    assert "90m, 2h, 3d" in message


def test_the_future_cannot_be_asked_about() -> None:
    assert parse_past_time("2020-11-20") == "2020-11-20T00:00:00.000000Z"
    assert parse_past_time("0m") <= utc_now()
    tomorrow = as_utc(datetime.datetime.now(UTC) + datetime.timedelta(days=1))
    with pytest.raises(InvalidTimeError, match="in the future, it is 20"):
        parse_past_time(tomorrow)
