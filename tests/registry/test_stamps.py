"""Stamps spare the second reading of a release's bytes, and let through nothing that a reading would have found."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.registry.root_settings import set_in
from tfx_hallmark.registry import stamps
from tfx_hallmark.registry.errors import DigestMismatchError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.stamps import Stamps, read_and_stamp, restamp
from tfx_hallmark.registry.tree import digest_tree

Publish = Callable[..., str]
WEIGHTS = "variables/variables.data-00000-of-00001"


def stamp_file(model: Model, release: int) -> Path:
    return model.path.parent / ".hallmark/penguin/stamps" / f"{release}.json"


@pytest.fixture
def unreadable_bytes(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on, reading a tree of bytes is an error."""

    def forbid() -> None:
        def read(*_: object, **__: object) -> None:
            raise AssertionError("bytes were read")

        digest_readers = [name for name, module in sys.modules.items() if name.startswith("tfx_hallmark.")]
        for name in digest_readers:
            if getattr(sys.modules[name], "digest_tree", None) is digest_tree:
                monkeypatch.setattr(sys.modules[name], "digest_tree", read)

    return forbid


def flip(file: Path, *, keep_time: bool) -> None:
    """Flips a bit in place, as its size stays; and sets the modification time back."""
    status = file.stat()
    file.chmod(0o644)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    with file.open("r+b") as opened:
        opened.write(data)
    file.chmod(status.st_mode)
    if keep_time:
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_rollback_reads_no_byte_of_what_was_read_when_it_was_published(
    root: Path, three: list[str], unreadable_bytes: Callable[[], None]
) -> None:
    model = Registry.open(root).model("penguin")
    unreadable_bytes()
    assert model.rollback(reason="a test").version == three[1]
    # Nor does one to files that were linked meanwhile: both of their releases were stamped anew.
    assert model.rollback(to=three[2], reason="a test").version == three[2]
    assert model.rollback(to=three[1], reason="a test").version == three[1]


def test_without_a_stamp_the_bytes_are_read_once_and_stamped(
    root: Path, model: Model, three: list[str], unreadable_bytes: Callable[[], None]
) -> None:
    set_in(root, serving_policy="labels")
    stamp_file(model, 2).unlink()
    model.promote_unchecked(three[1], "canary", reason="a test")
    assert stamp_file(model, 2).exists()
    unreadable_bytes()
    assert model.rollback(reason="a test").version == three[1]


def test_that_reading_is_noticed_by_this_test(
    model: Model, three: list[str], unreadable_bytes: Callable[[], None]
) -> None:
    stamp_file(model, 2).unlink()
    unreadable_bytes()
    with pytest.raises(AssertionError, match="bytes were read"):
        model.rollback(reason="a test")


@pytest.mark.parametrize("keep_time", [False, True])
@pytest.mark.parametrize("name", [WEIGHTS, "saved_model.pb"])
def test_a_flipped_bit_is_found_even_if_the_modification_time_is_set_back(
    model: Model, three: list[str], refused: Any, name: str, keep_time: bool
) -> None:
    flip(model.path / "2" / name, keep_time=keep_time)
    with refused(DigestMismatchError, model.path / "2", name, "changed"):
        model.rollback(reason="a test")


def test_a_file_in_place_of_another_with_the_same_size_and_time_is_found(
    model: Model, three: list[str], refused: Any
) -> None:
    file = model.path / "2" / WEIGHTS
    status, data = file.stat(), bytearray(file.read_bytes())
    data[0] ^= 1
    file.parent.chmod(0o755)
    other = file.with_name("other")
    other.write_bytes(data)
    other.replace(file)
    file.chmod(status.st_mode)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    with refused(DigestMismatchError, WEIGHTS):
        model.rollback(reason="a test")


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"\xff", b"[]", b'{"look":{"clock":0,"files":{}},"entries":[]}']
)
def test_a_damaged_stamp_is_passed_over(model: Model, three: list[str], damage: bytes, refused: Any) -> None:
    stamp_file(model, 2).write_bytes(damage)
    assert model.rollback(reason="a test").version == three[1]
    assert model.verify() == ()


def test_a_stamp_of_another_release_is_not_taken_for_this_ones(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "stamps"
    folder.mkdir()
    (folder / "2.json").write_bytes(stamp_file(model, 1).read_bytes())
    assert Stamps(folder).holding(2, model.path / "2") is None
    (folder / "1.json").write_bytes(stamp_file(model, 1).read_bytes())
    held = Stamps(folder).holding(1, model.path / "1")
    assert held is not None
    assert held.content == digest_tree(model.path / "1")


def test_a_stamp_as_young_as_the_last_write_is_not_trusted(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    root = model.path / "2"
    content, stamp = read_and_stamp(root)
    assert stamp is not None
    assert stamp.content == content
    racy = stamps.Stamp(
        stamps.Look(max(file.changed for file in stamp.look.files.values()), stamp.look.files),
        stamp.entries,
    )
    assert not racy.look.is_settled
    kept = Stamps(tmp_path / "stamps")
    kept.save(2, racy)
    assert kept.holding(2, root) is None
    kept.save(2, stamp)
    assert kept.holding(2, root) == stamp


def test_a_stamp_from_a_clock_ahead_of_the_file_systems_is_not_trusted(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    root = model.path / "2"
    _, stamp = read_and_stamp(root)
    assert stamp is not None
    kept = Stamps(tmp_path / "stamps")
    kept.save(2, stamps.Stamp(stamps.Look(stamp.look.clock + 10**15, stamp.look.files), stamp.entries))
    assert kept.holding(2, root) is None


def test_a_link_moves_only_the_change_time_and_is_stamped_anew(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    root = model.path / "2"
    _, before = read_and_stamp(root)
    assert before is not None
    (tmp_path / "linked").hardlink_to(root / WEIGHTS)
    after = restamp(before, root)
    assert after is not None
    assert after.entries == before.entries
    flip(root / WEIGHTS, keep_time=False)
    assert restamp(before, root) is None


def test_verify_reads_whatever_a_stamp_says(model: Model, three: list[str]) -> None:
    file = model.path / "2" / WEIGHTS
    flip(file, keep_time=True)
    # As rot on the disk, or a write past the file system, would leave it: the stamp is true of the file's state.
    known = msgspec.json.decode(stamp_file(model, 2).read_bytes(), type=stamps.Stamp)
    now = restamp(known, model.path / "2")
    assert now is not None
    Stamps(stamp_file(model, 2).parent).save(2, now)
    assert Stamps(stamp_file(model, 2).parent).holding(2, model.path / "2") is not None
    assert [finding for finding in model.verify() if WEIGHTS in str(finding)]


def test_a_pruned_release_leaves_no_stamp(root: Path, model: Model, three: list[str]) -> None:
    set_in(root, rollback_targets=0)
    model.prune(keep_last=0, reason="a test")
    assert [path.name for path in stamp_file(model, 1).parent.iterdir()] == ["3.json"]


def test_a_pruning_leaves_the_stamps_of_the_others_alone_and_mends_those_that_share_its_files(
    model: Model, three: list[str], unreadable_bytes: Callable[[], None]
) -> None:
    model.rollback(to=three[1], reason="a test")  # release 4 is linked with 2
    before = {number: stamp_file(model, number).read_bytes() for number in (1, 3)}
    old = stamp_file(model, 4).read_bytes()
    done = model.prune(keep_last=3, reason="a test")
    assert [deletion.releases for deletion in done.plan.deletions] == [(2,)]
    assert {number: stamp_file(model, number).read_bytes() for number in (1, 3)} == before
    assert stamp_file(model, 4).read_bytes() != old  # the links of its files have become fewer
    unreadable_bytes()
    model.promote_unchecked(three[0], "canary", reason="no byte has to be read for it")
    assert model.rollback(to=three[2], reason="nor for this").version == three[2]
    assert model.rollback(to=three[1], reason="nor for this, of release 4").version == three[1]
