"""A disk that is full or read-only: one line, and nothing half-done."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing, outside_stamps
from tests.saved_models import pad_with_asset
from tfx_hallmark.registry.errors import StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]


class Disk:
    """A small file system of its own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def mount(self, *options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", ",".join(options), "tmpfs", str(self.path)]
        try:
            return subprocess.run(command, check=False, capture_output=True).returncode == 0
        except FileNotFoundError:
            return False

    def leave_free(self, pages: int) -> None:
        """Fills the disk but for some pages."""
        filler = self.path / "filler"
        filler.unlink(missing_ok=True)
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                file.truncate(max(0, file.tell() - 4096 * pages))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A tmpfs of 1 MiB."""
    disk = Disk(tmp_path / "disk")
    disk.path.mkdir()
    if not disk.mount("size=1m"):
        pytest.skip("needs the right to mount a tmpfs: run as root with CAP_SYS_ADMIN")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk.path)], check=True)


@pytest.fixture
def root(disk: Disk) -> Path:
    return Registry.create(disk.path / "serving").root


def publish(model: Model, candidate: Path) -> int | None:
    return model.push_unchecked(candidate, model.tag(candidate).version, reason="a test").release


def test_a_model_that_does_not_fit_leaves_nothing_and_fits_after_there_is_room(
    disk: Disk, root: Path, model: Model, make_candidate: Make, refused: Any
) -> None:
    publish(model, make_candidate(1))
    big = pad_with_asset(make_candidate(2), 2 * 2**20)
    version = model.tag(big).version
    with refused(StorageError, "no space left", big, root, "free some space, then run the same again"):
        model.push_unchecked(big, version, reason="a test")
    disk.mount("remount", "size=8m")
    assert model.push_unchecked(big, version, reason="a test").release == 2


def test_evidence_for_a_model_that_does_not_fit_is_not_kept(
    root: Path, model: Model, make_candidate: Make, make_evaluation: Any, refused: Any
) -> None:
    publish(model, make_candidate(1))
    big = pad_with_asset(make_candidate(2), 2 * 2**20)
    version = model.tag(big).version
    with refused(StorageError, "no space left", big, root):
        model.push(big, version, make_evaluation(0.9, baseline=model.stable()))


def test_i1_i2_a_disk_that_fills_up_at_any_moment_leaves_all_or_nothing(
    disk: Disk, root: Path, model: Model, make_candidate: Make
) -> None:
    publish(model, make_candidate(0))
    failures = 0
    for pages in range(40):
        candidate = make_candidate(pages + 1)
        disk.leave_free(pages)
        before = outside_objects(root)
        try:
            version = model.tag(candidate).version
        except StorageError as error:
            failures += 1
            assert_plain(error)
            assert outside_objects(root) == before
            continue
        before = outside_objects(root)
        try:
            model.push_unchecked(candidate, version, reason="a test")
        except StorageError as error:
            failures += 1
            assert_plain(error)
            assert outside_objects(root) == before
    assert 3 < failures < 40
    reopened = Registry.open(root).model("penguin")
    assert (
        len(list(reopened.path.iterdir())) == len(reopened.state.releases) == reopened.state.next_release - 1
    )
    assert len(list(reopened.events())) == reopened.state.seq
    for version in reopened.versions():
        assert version.manifest.version == version.version


def test_i1_i2_a_rollback_on_a_full_disk_is_made_or_changes_nothing(
    disk: Disk, root: Path, model: Model, make_candidate: Make
) -> None:
    for number in (1, 2):
        publish(model, make_candidate(number))
    failures = 0
    for pages in range(8):
        disk.leave_free(pages)
        before = outside_stamps(root)
        stable = model.state.stable
        assert stable is not None
        try:
            model.rollback(to="1.0.0" if stable.version == "1.0.1" else "1.0.1", reason="a test")
        except StorageError as error:
            failures += 1
            assert_plain(error)
            assert outside_stamps(root) == before
    assert 0 < failures < 8
    reopened = Registry.open(root).model("penguin")
    assert len(list(reopened.path.iterdir())) == len(reopened.state.releases) > 2
    assert len(list(reopened.events())) == reopened.state.seq


def test_a_read_only_root_is_not_operated_on(
    disk: Disk, root: Path, model: Model, make_candidate: Make, refused: Any
) -> None:
    for number in (1, 2):
        publish(model, make_candidate(number))
    barred = model.tag(make_candidate(3)).version
    model.quarantine(barred, reason="a test")
    assert disk.mount("remount", "ro")
    assert model.dry_run.rollback().version == "1.0.0"
    for change in (
        lambda: model.rollback(reason="a test"),
        lambda: model.promote("1.0.0", "canary", reason="a test"),
        lambda: model.promote_unchecked("1.0.0", "stable", reason="a test"),
        lambda: model.quarantine("stable", reason="a test"),
        lambda: model.unquarantine(barred, reason="a test"),
    ):
        with refused(StorageError, root, "Read-only file system", "run as a user who may write there"):
            change()


def outside_objects(root: Path) -> dict[str, tuple[int, bytes]]:
    """What a failed push may leave are objects that no event names."""
    return {path: entry for path, entry in listing(root).items() if "/objects" not in path}


def assert_plain(error: StorageError) -> None:
    assert "no space left" in str(error)
    assert "\n" not in str(error)


def test_a_read_only_root_is_read_and_not_written(
    disk: Disk, root: Path, model: Model, make_candidate: Make, make_evaluation: Any, refused: Any
) -> None:
    publish(model, make_candidate(1))
    version = model.tag(make_candidate(2)).version
    assert disk.mount("remount", "ro")
    reader = Registry.open(root).model("penguin")
    assert reader.version("stable").version == "1.0.0"
    assert len(list(reader.events())) == 3
    assert reader.push_unchecked(make_candidate(1), "1.0.0", reason="a test").already
    for change in (
        lambda: reader.tag(make_candidate(3)),
        lambda: reader.push_unchecked(make_candidate(2), version, reason="a test"),
        lambda: reader.push(make_candidate(2), version, make_evaluation(0.9, baseline=reader.stable())),
        lambda: reader.quarantine("stable", reason="a test"),
        lambda: Registry.create(root).model("walrus").tag(make_candidate(1)),
    ):
        with refused(StorageError, root, "Read-only file system", "run as a user who may write there"):
            change()
    disk.mount("remount", "rw")
    assert reader.push_unchecked(make_candidate(2), version, reason="a test").release == 2


def test_base_path_and_records_on_two_file_systems_are_refused(
    disk: Disk, root: Path, model: Model, make_candidate: Make, refused: Any, tmp_path: Path
) -> None:
    version = model.tag(make_candidate(1)).version
    model.path.mkdir()
    other = Disk(model.path)
    assert other.mount("size=1m")
    try:
        with pytest.raises(StorageError, match="two file systems: put both on one"):
            model.push_unchecked(make_candidate(1), version, reason="a test")
        assert not list(model.path.iterdir())
    finally:
        subprocess.run(["umount", str(model.path)], check=True)
