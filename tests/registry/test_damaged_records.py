"""Records that were damaged after they were written: found, named, and never believed."""

import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tfx_hallmark.registry import events
from tfx_hallmark.registry.errors import CorruptLogError, DigestMismatchError, NewerSchemaError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
EVENTS = 8


@pytest.fixture
def log(root: Path, model: Model, make_candidate: Make) -> Path:
    """The log of a model with a few events, too few for a checkpoint."""
    for number in range(EVENTS // 2):
        tagged = model.tag(make_candidate(number))
        model.push_unchecked(make_candidate(number), tagged.version, reason="a test")
    return root / ".hallmark/penguin/log"


@pytest.fixture
def long_log(root: Path, log: Path) -> Path:
    """A log so long that opening the model has saved a checkpoint."""
    model = Registry.open(root).model("penguin")
    for number in range(70):
        model.quarantine("1.0.1", reason=f"test {number}")
        model.unquarantine("1.0.1", reason=f"test {number}")
    Registry.open(root).model("penguin")
    assert (root / ".hallmark/penguin/checkpoint/state.msgpack").exists()
    return log


def file(log: Path, seq: int) -> Path:
    return log / f"{seq:020d}.json"


def edit(path: Path, seq: int, **changes: Any) -> None:
    """Rewrites an event as somebody would who knows how to seal it."""
    event = msgspec.structs.replace(events.unseal(file(path, seq).read_bytes(), "")[0], **changes)
    write(path, seq, events.seal(event)[0])


def write(log: Path, seq: int, data: bytes) -> None:
    path = file(log, seq)
    path.chmod(0o644)
    path.write_bytes(data)


def truncate(log: Path, seq: int) -> None:
    write(log, seq, file(log, seq).read_bytes()[:-5])


def empty(log: Path, seq: int) -> None:
    write(log, seq, b"")


def edit_a_byte(log: Path, seq: int) -> None:
    write(log, seq, file(log, seq).read_bytes().replace(b"1.0.", b"1.1.", 1))


def edit_and_seal(log: Path, seq: int) -> None:
    edit(log, seq, reason="rewritten history")


def swap(log: Path, seq: int) -> None:
    write(log, seq, file(log, seq + 1).read_bytes())


def another_models(log: Path, seq: int) -> None:
    edit(log, seq, model="walrus")


@pytest.mark.parametrize("damage", [truncate, empty, edit_a_byte, edit_and_seal, swap, another_models])
@pytest.mark.parametrize("seq", [1, 4, EVENTS - 1])
def test_i2_a_damaged_event_is_named_and_nothing_is_read_past_it(
    damage: Callable[[Path, int], None], seq: int, root: Path, log: Path, refused: Any
) -> None:
    damage(log, seq)
    # An event that was sealed again is whole in itself: the one after it does not follow it any more.
    found_at = seq + 1 if damage is edit_and_seal else seq
    said = ["it was moved"] if damage in (swap, another_models) else []
    with refused(CorruptLogError, file(log, found_at), "backup", *said):
        Registry.open(root).model("penguin")


def test_a_damaged_last_event_is_found_by_whoever_has_the_model_open(
    root: Path, log: Path, make_candidate: Make, refused: Any
) -> None:
    reader, writer = (Registry.open(root).model("penguin") for _ in range(2))
    writer.tag(make_candidate(99))
    truncate(log, EVENTS + 1)
    with refused(CorruptLogError, file(log, EVENTS + 1), "backup"):
        reader.versions()
    with refused(CorruptLogError, file(log, EVENTS + 1), "backup"):
        reader.tag(make_candidate(100))


@pytest.mark.parametrize("lost", [(1,), (4,), (EVENTS - 1,), (4, 5), (2, 3, 4)])
def test_a_missing_event_is_named(lost: tuple[int, ...], root: Path, log: Path, refused: Any) -> None:
    for seq in lost:
        file(log, seq).unlink()
    with refused(CorruptLogError, file(log, lost[0]), "is missing", "backup"):
        Registry.open(root).model("penguin")


@pytest.mark.parametrize("lost", [(4,), (4, 5)])
def test_an_event_missing_before_the_checkpoint_is_found_by_reading_all(
    lost: tuple[int, ...], root: Path, long_log: Path, refused: Any
) -> None:
    for seq in lost:
        file(long_log, seq).unlink()
    model = Registry.open(root).model("penguin")
    with refused(CorruptLogError, file(long_log, lost[0]), "is missing", "backup"):
        list(model.events())


def test_a_lost_tail_is_found_by_the_checkpoint(root: Path, long_log: Path, refused: Any) -> None:
    for path in sorted(long_log.iterdir())[-20:]:
        path.unlink()
    with refused(CorruptLogError, root / ".hallmark/penguin", "has lost events", "backup"):
        Registry.open(root).model("penguin")


def test_a_log_restored_from_a_backup_is_believed_rather_than_the_checkpoint(
    root: Path, long_log: Path
) -> None:
    count = len(list(long_log.iterdir()))
    for path in sorted(long_log.iterdir())[EVENTS:]:
        path.unlink()
    checkpoint = root / ".hallmark/penguin/checkpoint/state.msgpack"
    saved = checkpoint.read_bytes()
    checkpoint.unlink()
    model = Registry.open(root).model("penguin")
    while model.state.seq < count:
        model.quarantine("1.0.2", reason="another history")
    checkpoint.parent.mkdir(exist_ok=True)
    checkpoint.write_bytes(saved)
    assert Registry.open(root).model("penguin").state == model.state


def test_a_newer_schema_stops_the_reader_and_says_so(root: Path, log: Path, refused: Any) -> None:
    edit(log, EVENTS, schema=events.SCHEMA + 1)
    with refused(NewerSchemaError, file(log, EVENTS), f"schema {events.SCHEMA + 1}", "update tfx-hallmark"):
        Registry.open(root).model("penguin")


def test_a_newer_kind_of_event_stops_the_reader_and_says_so(root: Path, log: Path, refused: Any) -> None:
    body = (
        file(log, EVENTS)
        .read_bytes()
        .replace(b'"schema":1', f'"schema":{events.SCHEMA + 1}'.encode())
        .replace(b'"published"', b'"melted"')
    )
    body = body[: body.rindex(b',"sha256"')]
    write(log, EVENTS, body + f',"sha256":"{hashlib.sha256(body).hexdigest()}"}}\n'.encode())
    with refused(NewerSchemaError, file(log, EVENTS), "update tfx-hallmark"):
        Registry.open(root).model("penguin")


@pytest.mark.parametrize("damage", ["flipped", "cut", "emptied", "removed", "a directory"])
def test_a_damaged_checkpoint_is_passed_over_and_made_anew(damage: str, root: Path, long_log: Path) -> None:
    checkpoint = root / ".hallmark/penguin/checkpoint/state.msgpack"
    state = Registry.open(root).model("penguin").state
    whole = checkpoint.read_bytes()
    if damage == "flipped":
        checkpoint.write_bytes(whole[:200] + bytes([whole[200] ^ 0xFF]) + whole[201:])
    elif damage == "cut":
        checkpoint.write_bytes(whole[:-10])
    elif damage == "emptied":
        checkpoint.write_bytes(b"")
    else:
        checkpoint.unlink()
    if damage == "a directory":
        checkpoint.mkdir()
        checkpoint.rmdir()
    assert Registry.open(root).model("penguin").state == state
    assert checkpoint.read_bytes()[:20] == whole[:20]
    assert Registry.open(root).model("penguin").state == state


def test_a_checkpoint_of_another_model_is_not_believed(root: Path, long_log: Path) -> None:
    shutil.copytree(root / ".hallmark/penguin/checkpoint", root / ".hallmark/walrus/checkpoint")
    assert Registry.open(root).model("walrus").versions() == []


def test_a_checkpoint_spares_reading_the_events_before_it(root: Path, long_log: Path) -> None:
    state = Registry.open(root).model("penguin").state
    for seq in range(1, 21):
        truncate(long_log, seq)
    assert Registry.open(root).model("penguin").state == state


@pytest.mark.parametrize("how", ["edited", "cut", "removed"])
def test_a_changed_object_is_named(how: str, root: Path, log: Path, refused: Any) -> None:
    version = Registry.open(root).model("penguin").version("latest")
    path = root / ".hallmark/penguin/objects" / version.state.manifest.removeprefix("b3:")
    data = path.read_bytes()
    if how == "removed":
        path.unlink()
    else:
        path.write_bytes(data[:-1] if how == "cut" else data.replace(b"1.0.", b"2.0.", 1))
    error = NotFoundError if how == "removed" else DigestMismatchError
    with refused(error, path, "restore it from a backup"):
        _ = version.manifest


def test_a_changed_manifest_of_the_baseline_stops_a_tag(
    root: Path, log: Path, make_candidate: Make, refused: Any
) -> None:
    model = Registry.open(root).model("penguin")
    path = root / ".hallmark/penguin/objects" / model.version("stable").state.manifest.removeprefix("b3:")
    path.write_bytes(path.read_bytes()[:-1])
    with refused(DigestMismatchError, path, "restore it from a backup"):
        model.tag(make_candidate(99))
