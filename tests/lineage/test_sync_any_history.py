"""Synchronising any history of any kinds of events, in any pieces: complete, and each event once."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ml_metadata.metadata_store.metadata_store import MetadataStore

from tests.lineage.history import NAMES, Recorded, assert_each_once, properties_of, recorded, shown
from tests.registry.test_state_fold import History
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.recording import sync
from tfx_hallmark.lineage.recording.sync import synchronise, unrecorded
from tfx_hallmark.registry import events
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.storage import LocalStorage

Tie = tuple[str, str, str]  # part, in or out, and which version or release it is
MAKES = ("tagged", "adopted", "imported")  # the kinds of which a version comes out
GIVES = ("published", "adopted", "promoted", "rolled_back")  # those of which a release does


class Book:
    """What each event concerns, kept apart from the code under test."""

    def __init__(self) -> None:
        self._versions: dict[int, str] = {}
        self._stable: str | None = None

    def enter(self, data: events.Data) -> set[Tie]:
        kind = str(data.__struct_config__.tag)
        ties = {("version", "out" if kind in MAKES else "in", data.version)}
        if kind in GIVES:
            ties.add(("release", "out", str(data.release)))
            self._versions[data.release] = data.version
        ties |= {("release", "in", str(number)) for number in getattr(data, "releases", ())}
        labels = getattr(data, "labels", None) or (getattr(data, "label", None),)
        if kind == "rolled_back" or (kind == "promoted" and labels == ("stable",)):
            if self._stable not in (None, data.version):
                ties.add(("replaced", "in", str(self._stable)))
            self._stable = data.version
        elif kind in GIVES and "stable" in labels:
            self._stable = data.version
        elif (kind == "quarantined" and self._stable == data.version) or (
            kind == "withdrawn" and labels == ("stable",)
        ):
            self._stable = None
        return ties


def make_store(file: Path) -> MetadataStore:
    initialise_store(parse_connection(str(file)))
    return open_store(parse_connection(str(file)))


def told(store: MetadataStore) -> dict[str, tuple[str, dict[str, str | int], set[Tie]]]:
    """What was recorded, by name, with what the artifacts say that they are."""
    artifacts = {artifact.id: properties_of(artifact) for artifact in store.get_artifacts()}

    def tie(part: str, way: str, number: int) -> Tie:
        about = artifacts[number]
        return part, way, str(about["pushed_version" if part == "release" else "version"])

    def ties(one: Recorded) -> set[Tie]:
        assert len(one.ties) == len(set(one.ties))
        return {tie(*part) for part in one.ties}

    return {name: (one.type, one.properties, ties(one)) for name, one in recorded(store).items()}


def kept(text: str) -> str:
    """What ML Metadata is given of any text."""
    return shown(text).replace("\0", "\ufffd")


# What fails is looked at as it was found: making it smaller takes minutes.
@settings(
    max_examples=8,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_i11_any_history_is_recorded_whole_and_once_whatever_the_pieces(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("history")
    root = Registry.create(folder / "serving").root
    model = Registry.open(root).model("m")
    ledger = Ledger(LocalStorage(root / ".hallmark" / "m"), "m")
    history, pieces = History(data.draw), make_store(folder / "pieces.sqlite")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sync, "BATCH", data.draw(st.integers(1, 7)))
        for _ in range(data.draw(st.integers(1, 4))):
            before = len(history.entries)
            for _ in range(data.draw(st.integers(1, 12))):
                history.grow()
                grown, reason = history.entries[-1][0].data, data.draw(st.text(max_size=12))
                assert ledger.commit(lambda _, grown=grown: grown, actor="a test", reason=reason)
            new = list(range(before + 1, len(history.entries) + 1))
            assert unrecorded(model, pieces) == new
            done = synchronise(model, pieces, from_first=data.draw(st.booleans()), sentence=sentence)
            assert (done.recorded, done.mended, done.waiting) == (len(new), 0, ())
    check(model, pieces)
    at_once = make_store(folder / "whole.sqlite")
    synchronise(model, at_once, sentence=sentence)
    assert told(at_once) == told(pieces)
    again = synchronise(model, pieces, from_first=True, sentence=sentence)
    assert (again.recorded, again.mended) == (0, 0)
    check(model, pieces)


def check(model: Model, store: MetadataStore) -> None:
    """Holds what is recorded against the log."""
    assert_each_once(model, store)
    assert unrecorded(model, store) == []
    found, book = told(store), Book()
    for event, seal in model.sealed_events():
        type_, properties, ties = found[f"m/{event.seq}/{seal[:16]}"]
        assert type_ == f"tfx_hallmark.{NAMES[event.kind]}"
        assert ties == book.enter(event.data)
        assert (properties["time"], properties["actor"]) == (event.time, event.actor)
        assert properties.get("reason", "") == kept(event.reason)
        assert properties["sentence"] == kept(sentence(event))
