"""The numbered directories that TF Serving polls: checked, shown by one rename, recovered.

TF Serving takes every child of a base path whose name parses as an integer for a complete
servable, whatever is in it (sources/storage_path/file_system_storage_path_source.cc). Hence a
directory gets its number by one rename, when everything in it is complete and durable.
"""

import contextlib
import datetime
import os
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from tfx_hallmark.registry.copy import link_tree
from tfx_hallmark.registry.errors import ForeignEntryError, StorageError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.local_release_files import LocalReleaseFiles
from tfx_hallmark.registry.names import parse_release_number
from tfx_hallmark.registry.release_storage import (
    Leftover,
    ReleaseIdentity,
    foreign_entry,
    would_serve,
)
from tfx_hallmark.registry.retention.freed_bytes import Freed, freed_by
from tfx_hallmark.registry.staged_directory import StagedDirectory
from tfx_hallmark.registry.staging import abandoned, delete_folder, staging_folder
from tfx_hallmark.registry.stamps import Stamps, read_and_stamp, restamp
from tfx_hallmark.registry.state import Release
from tfx_hallmark.registry.storage import explain_os_errors, fsync_directory, make_directory
from tfx_hallmark.registry.tree import HALLMARK_FILE, ContentDigest, digest_tree


class ReleaseDirectories:
    """The base path of one model, and the staging area that feeds it.

    Args:
        base: What TF Serving is given as the model's base path.
        staging: The staging area, on the same file system.
    """

    def __init__(self, base: Path, staging: Path) -> None:
        self.base = base
        self.staging = staging
        self._stamps = Stamps(staging.parent / "stamps")

    @property
    def location(self) -> str:
        """The base path."""
        return str(self.base)

    def location_of(self, release: int) -> str:
        """Return where a release lies, or would lie."""
        return str(self.path(release))

    def path(self, release: int) -> Path:
        """Return where a release lies, or would lie."""
        return self.base / str(release)

    def staged(self, release: Release) -> Path:
        """Return where a release lies between its commit and its exposure."""
        return self.staging / release.staging / "model"

    def prepare(self) -> None:
        """Make both directories.

        Raises:
            StorageError: If they cannot be made, are not directories, or lie on two file systems,
                where a rename between them could not be atomic.
        """
        with explain_os_errors(f"preparing {self.base}"):
            if self.base.is_symlink():
                msg = f"{self.base} is a symbolic link: make it a directory, so that a release is one rename away"
                raise StorageError(msg)
            make_directory(self.base)
            make_directory(self.staging)
            if self.base.stat().st_dev != self.staging.stat().st_dev:
                msg = f"{self.base} and {self.staging} lie on two file systems: put both on one"
                raise StorageError(msg)

    def check(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but this model's releases.

        Raises:
            ForeignEntryError: If it holds anything else.
        """
        for entry in self._foreign(ledger):
            raise foreign_entry(entry.name, entry.path)

    def check_numbers(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but releases that TF Serving would take for a version.

        Other things in it are untidy, but no reason to let a bad model go on serving.

        Raises:
            ForeignEntryError: If it holds such a thing, which could outnumber a release.
        """
        if not self.base.is_dir():
            return
        for entry in self._foreign(ledger):
            if would_serve(entry.name):
                raise foreign_entry(entry.name, entry.path)

    def foreign(self, ledger: Ledger) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none."""
        if not self.base.exists():
            return []
        return [foreign_entry(entry.name, entry.path) for entry in self._foreign(ledger)]

    def shown(self) -> frozenset[int]:
        """Return the numbers that are in the base path, whosever they are; a symbolic link is none."""
        if not self.base.exists():
            return frozenset()
        with explain_os_errors(f"listing {self.base}"):
            names = [entry.name for entry in os.scandir(self.base) if entry.is_dir(follow_symlinks=False)]
        return frozenset(number for name in names if (number := parse_release_number(name)) is not None)

    def freed_by(self, numbers: Iterable[int]) -> Freed:
        """Return what deleting these releases, all at once, would give back."""
        return freed_by(map(self.path, numbers))

    def _foreign(self, ledger: Ledger) -> Iterator["os.DirEntry[str]"]:
        with explain_os_errors(f"listing {self.base}"):
            entries = list(os.scandir(self.base))
        # Listed first: whatever was exposed by then is in the log by now.
        state = ledger.refresh()
        for entry in entries:
            number = parse_release_number(entry.name)
            if number is None or number not in state.releases or not entry.is_dir(follow_symlinks=False):
                yield entry

    def is_there(self, release: int) -> bool:
        """Tell whether the directory of a release is there."""
        path = self.path(release)
        return path.is_dir() and not path.is_symlink()

    def digest(self, release: int) -> ContentDigest:
        """Read a release and return what it holds.

        Raises:
            InvalidModelError: If it cannot be read.
        """
        return digest_tree(self.path(release))

    def read(self, release: int, digest: str) -> ContentDigest:
        """Read a release and return what it holds; stamp it for `known` if that is what it should.

        Raises:
            InvalidModelError: If it cannot be read.
        """
        content, stamp = read_and_stamp(self.path(release))
        if content.digest == digest:
            self._stamps.save(release, stamp)
        return content

    def known(self, release: int) -> ContentDigest | None:
        """Return what a release holds if its stamp tells; see `stamps`."""
        stamp = self._stamps.holding(release, self.path(release))
        return None if stamp is None else stamp.content

    def files(self, release: int) -> LocalReleaseFiles:
        """Return the files of a release, to be checked one by one."""
        return LocalReleaseFiles(self.path(release))

    def fetch(self, release: int, destination: Path) -> str | None:
        """Give a release's files a second place, by hard links where that can be; see `copy.link_tree`.

        Raises:
            OSError: If the destination cannot be written.
        """
        source = self.path(release)
        stamp = self._stamps.holding(release, source)
        link_tree(source, destination)
        if stamp is not None:
            # The links moved the times of the release's own files.
            self._stamps.save(release, restamp(stamp, source))
        return None

    @contextlib.contextmanager
    def stage(self) -> Iterator[StagedDirectory]:
        """Begin a release in a folder of its own; `sweep` deletes it after the block if nothing claims it.

        Raises:
            StorageError: If it cannot be made.
        """
        with staging_folder(self.staging) as folder:
            yield StagedDirectory(folder, self.base, self._stamps)

    def expose(self, number: int, release: Release) -> None:
        """Give a committed release its number, unless it has it: one rename.

        Any process may do this for any other, any number of times.

        Raises:
            ForeignEntryError: If something else took the directory.
            StorageError: If the rename fails otherwise.
        """
        staged = self.staged(release)
        target = self.path(number)
        with explain_os_errors(f"exposing {target}"):
            try:
                staged.rename(target)
            except FileNotFoundError:
                return
            except OSError as error:
                if _is_release(target, release):
                    return
                if not target.exists():
                    raise
                msg = f"{target} was not put there by hallmark: move it out of the base path, then run any command"
                raise ForeignEntryError(msg) from error
            fsync_directory(self.base)
            self._stamps.take_over(number, staged.parent)
            # Whoever exposes it for another user may not change its mode; verify does not ask for it.
            with contextlib.suppress(PermissionError):
                make_read_only(target)

    def unexposed(self, releases: Mapping[int, Release]) -> dict[int, Release]:
        """Return those of some committed releases that wait in staging still."""
        return {number: release for number, release in releases.items() if self.staged(release).exists()}

    def waiting(self, release: Release) -> str | None:
        """Return where a release waits to be exposed, if it does and no process is about to do it."""
        staged = self.staged(release)
        if release.staging and staged.is_dir():
            with abandoned(staged.parent) as lost:
                return str(staged) if lost else None
        return None

    def retire(self, number: int) -> None:
        """Take a pruned release out of the base path, by one rename, and delete it; no error if it is gone.

        Any process may do this for any other, any number of times, once the pruning is committed.

        Raises:
            StorageError: If it cannot be moved.
        """
        path = self.path(number)
        with explain_os_errors(f"deleting {path}"):
            if not path.is_dir():
                self._stamps.forget(number)
                return
            # Deleting one of several links to a file moves its ctime.
            sharing = self._stamps.sharing(number, path, self.path)
            self._stamps.forget(number)
            with staging_folder(self.staging) as staging:
                try:
                    # A directory that moves elsewhere must be writable: its `..` changes.
                    path.chmod(0o755)
                    path.rename(staging.model)
                except FileNotFoundError:
                    pass  # another process did it meanwhile
                else:
                    fsync_directory(self.base)
                delete_folder(staging.path)
        for other, stamp in sharing.items():
            self._stamps.save(other, restamp(stamp, self.path(other)))

    def undeleted(self, numbers: Collection[int]) -> set[int]:
        """Return those of some pruned releases that are in the base path still."""
        return {number for number in numbers if self.path(number).exists()}

    def leftovers(self, ledger: Ledger, *, before: datetime.datetime) -> list[Leftover]:
        """Return nothing: whether a folder is abandoned is known here, and `sweep` deletes it."""
        return []

    def sweep(self, ledger: Ledger) -> None:
        """Delete the staging folders whose owner is gone and that no unexposed release needs."""
        try:
            folders = list(self.staging.iterdir())
        except FileNotFoundError:
            return
        for folder in folders:
            with abandoned(folder) as lost:
                if lost and not _is_needed(folder, ledger):
                    delete_folder(folder)


def _is_release(path: Path, release: Release) -> bool:
    """Tell whether another process has exposed this very release meanwhile."""
    try:
        identity = msgspec.json.decode((path / HALLMARK_FILE).read_bytes(), type=ReleaseIdentity)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return identity.version == release.version


def make_read_only(root: Path) -> None:
    """Take write permission off a directory and everything in it (files have none already)."""
    for folder, _, _ in os.walk(root, topdown=False):
        Path(folder).chmod(0o555)


def _is_needed(folder: Path, ledger: Ledger) -> bool:
    # The owner may have committed between our look at the log and our taking its lock.
    ledger.refresh()
    committed = any(release.staging == folder.name for release in ledger.unsettled_releases().values())
    return committed and (folder / "model").exists()
