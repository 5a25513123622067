import copy
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tfx_hallmark.registry import checkpoint, events
from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.events import GENESIS, Data, Event, seal
from tfx_hallmark.registry.fold import apply, fold
from tfx_hallmark.registry.log import EventLog
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import LocalStorage

LABELS = ("stable", "canary", "blue")


class History:
    """Draws valid events one by one, with a plain book of its own to say what is valid."""

    def __init__(self, draw: Callable[[st.SearchStrategy[object]], object]) -> None:
        self._draw = draw
        self.entries: list[tuple[Event, str]] = []
        self.releases: dict[int, str] = {}
        self.labels: dict[str, int] = {}
        self.quarantined: set[str] = set()
        self.versions: list[str] = []
        self.stable: list[int | None] = []
        self.held: set[str] = set()
        self.signatures: dict[str, str] = {}
        self.reports: dict[str, list[str]] = {}
        self.monitorings: dict[str, list[str]] = {}

    def grow(self) -> None:
        first = ["tagged", "adopted", "imported"]
        known = ["refused", "quarantined", "unquarantined", "annotated", "evaluated", "published"]
        known += ["held", "unheld", "signed", "reproduced", "monitored"]
        released = ["promoted", "rolled_back", "pruned"]
        kinds = first + (known if self.versions else []) + (released if self._labelable() else [])
        kinds += ["withdrawn"] if self.labels else []
        data = getattr(self, f"_{self._draw(st.sampled_from(kinds))}")()
        prev = self.entries[-1][1] if self.entries else GENESIS
        seq = len(self.entries) + 1
        event = Event(
            schema=1, seq=seq, model="m", time=f"t{seq}", actor="a", reason=f"r{seq}", prev=prev, data=data
        )
        self.entries.append((event, seal(event)[1]))

    def _labelable(self) -> list[int]:
        return [number for number, version in self.releases.items() if version not in self.quarantined]

    def _pick(self, options: object) -> object:
        return self._draw(st.sampled_from(list(options)))

    def _new_version(self) -> str:
        self.versions.append(f"1.{len(self.versions)}.0")
        return self.versions[-1]

    def _new_release(self, version: str) -> int:
        number = max(self.releases, default=0) + self._draw(st.integers(1, 3))
        self.releases[number] = version
        return number

    def _put(self, labels: tuple[str, ...], number: int) -> tuple[str, ...]:
        for label in labels:
            self.labels[label] = number
            if label == "stable":
                self.stable.append(number)
        return labels

    def _tagged(self) -> Data:
        version = self._new_version()
        return events.Tagged(
            version=version, digest=f"b3:{version}", tag="t", manifest="b3:m", size=1, bump="minor", reasons=("r",),
            compared_with=None,
        )  # fmt: skip

    def _adopted(self) -> Data:
        version = self._new_version()
        number = self._new_release(version)
        labels = self._put(self._draw(st.sampled_from([(), ("stable",), ("canary", "blue")])), number)
        return events.Adopted(
            version=version, digest=f"b3:{version}", release=number, manifest="b3:m", size=1, labels=labels
        )

    def _published(self) -> Data:
        version = self._pick(self.versions)
        number = self._new_release(version)
        labels = (
            ()
            if version in self.quarantined
            else self._draw(st.sampled_from([(), ("stable",), ("blue", "stable")]))
        )
        return events.Published(
            version=version, digest=f"b3:{version}", release=number, staging=f"s{number}", baseline=None,
            labels=self._put(labels, number), verdict="b3:v",
        )  # fmt: skip

    def _refused(self) -> Data:
        version = self._pick(self.versions)
        return events.Refused(
            version=version, digest=f"b3:{version}", baseline=None, verdict="b3:v", summary="worse"
        )

    def _promoted(self) -> Data:
        number, label = self._pick(self._labelable()), self._pick(LABELS)
        version = self.releases[number]
        again = self._draw(st.booleans())
        if again:
            number = self._new_release(version)
        self._put((label,), number)
        return events.Promoted(
            version=version, release=number, label=label, staging=f"s{number}" if again else None
        )

    def _rolled_back(self) -> Data:
        version = self.releases[self._pick(self._labelable())]
        again = self._draw(st.booleans())
        number = (
            self._new_release(version) if again else max(n for n, v in self.releases.items() if v == version)
        )
        self._put(("stable",), number)
        return events.RolledBack(
            version=version, release=number, from_release=1, staging=f"s{number}" if again else None
        )

    def _quarantined(self) -> Data:
        version = self._pick(self.versions)
        self.quarantined.add(version)
        for label, number in list(self.labels.items()):
            if self.releases[number] == version:
                del self.labels[label]
                if label == "stable":
                    self.stable.append(None)
        return events.Quarantined(version=version)

    def _unquarantined(self) -> Data:
        version = self._pick(self.versions)
        self.quarantined.discard(version)
        return events.Unquarantined(version=version)

    def _pruned(self) -> Data:
        version = self.releases[self._pick(self.releases)]
        return events.Pruned(
            version=version, releases=tuple(n for n, v in self.releases.items() if v == version)
        )

    def _annotated(self) -> Data:
        notes = self._draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from(["", "x"])))
        return events.Annotated(version=self._pick(self.versions), description="d", notes=notes)

    def _evaluated(self) -> Data:
        return events.Evaluated(version=self._pick(self.versions), evidence="b3:e", summary="s")

    def _imported(self) -> Data:
        version = self._new_version()
        return events.Imported(
            version=version, digest=f"b3:{version}", tag="t", manifest="b3:m", size=1, origin="b3:o"
        )

    def _withdrawn(self) -> Data:
        label = self._pick(self.labels)
        version = self.releases[self.labels.pop(label)]
        if label == "stable":
            self.stable.append(None)
        return events.Withdrawn(version=version, label=label)

    def _held(self) -> Data:
        version = self._pick(self.versions)
        self.held.add(version)
        return events.Held(version=version)

    def _unheld(self) -> Data:
        version = self._pick(self.versions)
        self.held.discard(version)
        return events.Unheld(version=version)

    def _signed(self) -> Data:
        version = self._pick(self.versions)
        self.signatures[version] = f"b3:s{len(self.entries)}"
        return events.Signed(version=version, signature=self.signatures[version], key="k")

    def _monitored(self) -> Data:
        version = self._pick(self.versions)
        report = f"b3:{len(self.entries)}"
        self.monitorings.setdefault(version, []).append(report)
        return events.Monitored(version=version, report=report, outcome="normal", summary="s", data="d")

    def _reproduced(self) -> Data:
        version = self._pick(self.versions)
        self.reports.setdefault(version, []).append(f"b3:r{len(self.entries)}")
        return events.Reproduced(
            version=version, report=self.reports[version][-1], outcome="bit_equal", summary="s"
        )


@st.composite
def histories(draw: Callable[[st.SearchStrategy[object]], object]) -> History:
    history = History(draw)
    for _ in range(draw(st.integers(0, 25))):
        history.grow()
    return history


@given(histories())
def test_state_says_what_the_events_add_up_to(history: History) -> None:
    """I9: of a quarantined version no label is left."""
    state = fold("m", history.entries)
    assert list(state.versions) == history.versions
    assert {number: release.version for number, release in state.releases.items()} == history.releases
    assert state.labels == history.labels
    assert [move.release for move in state.stable_moves] == history.stable
    assert {v.version for v in state.versions.values() if v.quarantined is not None} == history.quarantined
    assert not any(state.versions[history.releases[n]].quarantined for n in state.labels.values())
    assert {v.version for v in state.versions.values() if v.held is not None} == history.held
    assert {v.version: v.signature for v in state.versions.values() if v.signature} == history.signatures
    assert {v.version: v.monitorings for v in state.versions.values() if v.monitorings} == history.monitorings
    assert {v.version: v.reproductions for v in state.versions.values() if v.reproductions} == history.reports
    assert state.next_release > max(history.releases, default=0)
    assert state.seq == len(history.entries)


@given(histories(), st.data())
def test_a_checkpoint_and_the_rest_make_the_same_state_as_all_events(
    history: History, data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(history.entries)))
    saved = msgspec.msgpack.encode(fold("m", history.entries[:cut]))
    state = msgspec.msgpack.decode(saved, type=ModelState)
    for entry in history.entries[cut:]:
        apply(state, *entry)
    assert state == fold("m", history.entries)


@given(histories(), st.data())
def test_i2_a_number_or_version_used_a_second_time_is_refused(history: History, data: st.DataObject) -> None:
    repeatable = [
        e
        for e, _ in history.entries
        if isinstance(e.data, events.Tagged | events.Published | events.Adopted | events.Imported)
    ]
    if not repeatable:
        return
    again = data.draw(st.sampled_from(repeatable))
    state = fold("m", history.entries)
    with pytest.raises(CorruptLogError, match="second time"):
        apply(state, msgspec.structs.replace(again, seq=state.seq + 1), "0" * 64)


@given(histories())
def test_an_event_about_an_unknown_version_is_refused(history: History) -> None:
    state = fold("m", history.entries)
    kinds: list[Data] = [
        events.Quarantined(version="9.9.9"),
        events.Evaluated(version="9.9.9", evidence="", summary=""),
        events.Held(version="9.9.9"),
        events.Unheld(version="9.9.9"),
        events.Signed(version="9.9.9", signature="", key=""),
        events.Reproduced(version="9.9.9", report="", outcome="", summary=""),
        events.Monitored(version="9.9.9", report="", outcome="", summary="", data=""),
        events.Promoted(version="9.9.9", release=10**6, label="stable"),
        events.Published(
            version="9.9.9", digest="", release=10**6, staging="", labels=(), baseline=None, verdict=""
        ),
    ]
    for data in kinds:
        event = Event(
            schema=1, seq=state.seq + 1, model="m", time="", actor="", reason="", prev="", data=data
        )
        with pytest.raises(CorruptLogError):
            apply(copy.deepcopy(state), event, "")


@pytest.fixture(scope="module")
def long_log(tmp_path_factory: pytest.TempPathFactory) -> tuple[LocalStorage, EventLog]:
    """A log of 70 events, enough for a checkpoint."""
    storage = LocalStorage(tmp_path_factory.mktemp("records"))
    log = EventLog(storage, "m")
    prev = GENESIS
    for seq in range(1, 71):
        data = events.Adopted(
            version=f"1.{seq}.0", digest="b3:", release=seq, manifest="", size=1, labels=("stable",)
        )
        committed = log.append(seq, prev, data, actor="a", reason="")
        assert committed is not None
        prev = committed[1]
    assert checkpoint.save_if_due(storage, fold("m", log.after(0, GENESIS)), 0)
    return storage, log


@settings(max_examples=300)
@given(st.data())
def test_a_damaged_checkpoint_is_never_believed(
    long_log: tuple[LocalStorage, EventLog], data: st.DataObject
) -> None:
    storage, log = long_log
    whole = storage.read("checkpoint/state.msgpack")
    assert whole is not None
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = data.draw(
        st.one_of(
            st.just(whole[:at]),
            st.just(whole + b"\0"),
            st.integers(1, 255).map(lambda bits: whole[:at] + bytes([whole[at] ^ bits]) + whole[at + 1 :]),
            st.binary(max_size=40),
        )
    )
    path = Path(storage.root, "checkpoint/state.msgpack")
    try:
        path.write_bytes(damaged)
        state = checkpoint.load(storage, log, "m")
        for entry in log.after(state.seq, state.seal):
            apply(state, *entry)
        assert state == fold("m", log.after(0, GENESIS))
    finally:
        path.write_bytes(whole)
