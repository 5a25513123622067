"""The numbered directories that TF Serving polls: checked, shown by one rename, recovered.

TF Serving takes every child of a base path whose name parses as an integer for a complete
servable, whatever is in it (sources/storage_path/file_system_storage_path_source.cc). Hence a
directory gets its number by one rename, when everything in it is complete and durable.
"""

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import ForeignEntryError, StorageError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import parse_release_number
from tfx_hallmark.registry.staging import StagingFolder, abandoned
from tfx_hallmark.registry.state import Release
from tfx_hallmark.registry.storage import (
    LocalStorage,
    explain_os_errors,
    fsync_directory,
    make_directory,
)
from tfx_hallmark.registry.tree import HALLMARK_FILE


class ReleaseIdentity(msgspec.Struct, frozen=True):
    """What `assets.extra/hallmark.json` in a release says about it.

    Attributes:
        model: The model's name.
        version: Semantic version.
        tag: Tag text.
        digest: Content digest of the model's own files.
        manifest: Digest of the manifest object.
    """

    model: str
    version: str
    tag: str
    digest: str
    manifest: str


_SERVING_NUMBER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)  # what absl::SimpleAtoi takes


class ReleaseDirectories:
    """The base path of one model, and the staging area that feeds it.

    Args:
        base: What TF Serving is given as the model's base path.
        staging: The staging area, on the same file system.
    """

    def __init__(self, base: Path, staging: Path) -> None:
        self.base = base
        self.staging = staging

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
            raise _foreign_entry(entry)

    def check_numbers(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but releases that TF Serving would take for a version.

        Other things in it are untidy, but no reason to let a bad model go on serving.

        Raises:
            ForeignEntryError: If it holds such a thing, which could outnumber a release.
        """
        for entry in self._foreign(ledger):
            if _SERVING_NUMBER.match(entry.name):
                raise _foreign_entry(entry)

    def foreign(self, ledger: Ledger) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none."""
        if not self.base.exists():
            return []
        return [_foreign_entry(entry) for entry in self._foreign(ledger)]

    def _foreign(self, ledger: Ledger) -> Iterator["os.DirEntry[str]"]:
        with explain_os_errors(f"listing {self.base}"):
            entries = list(os.scandir(self.base))
        # Listed first: whatever was exposed by then is in the log by now.
        state = ledger.refresh()
        for entry in entries:
            number = parse_release_number(entry.name)
            if number is None or number not in state.releases or not entry.is_dir(follow_symlinks=False):
                yield entry

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
            # Whoever exposes it for another user may not change its mode; verify does not ask for it.
            with contextlib.suppress(PermissionError):
                make_read_only(target)


def _is_release(path: Path, release: Release) -> bool:
    """Tell whether another process has exposed this very release meanwhile."""
    try:
        identity = msgspec.json.decode((path / HALLMARK_FILE).read_bytes(), type=ReleaseIdentity)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False
    return identity.version == release.version


def _foreign_entry(entry: "os.DirEntry[str]") -> ForeignEntryError:
    name = entry.name
    taken = parse_release_number(name) is None and _SERVING_NUMBER.match(name)
    warning = f"TF Serving would take it for version {int(name)}; " if taken else ""
    return ForeignEntryError(
        f"{entry.path} was not put there by hallmark: {warning}move it out of the base path"
    )


def finish_staging(staging: StagingFolder, identity: ReleaseIdentity) -> None:
    """Say in a staged release which version it is, and make the names that lead to its files durable.

    Args:
        staging: Its folder; the model's own files lie there, durable.
        identity: What to say.

    Raises:
        OSError: If it cannot be written.
    """
    file = staging.model / HALLMARK_FILE
    LocalStorage(staging.model).replace(HALLMARK_FILE, msgspec.json.encode(identity))
    for path, mode in ((file, 0o444), (file.parent, 0o755)):
        path.chmod(mode)
    # They must outlive a power cut no less than the bytes.
    for folder in (staging.model, staging.path, staging.path.parent):
        fsync_directory(folder)


def make_read_only(root: Path) -> None:
    """Take write permission off a directory and everything in it (files have none already)."""
    for folder, _, _ in os.walk(root, topdown=False):
        Path(folder).chmod(0o555)


def settle(directories: ReleaseDirectories, ledger: Ledger) -> None:
    """Finish what others left: expose committed releases, delete staging that nobody owns.

    Raises:
        ForeignEntryError: If a committed release's directory is taken by something else.
    """
    ledger.refresh()
    pending = [directories.staged(release) for release in ledger.unsettled_releases().values()]
    if any(staged.exists() for staged in pending):
        for number, release in ledger.unsettled_releases().items():
            # A reader may lack write permission; whoever writes next finishes it.
            with contextlib.suppress(StorageError):
                directories.expose(number, release)
    if not any(staged.exists() for staged in pending):
        ledger.save_checkpoint()
    sweep(directories, ledger)


def sweep(directories: ReleaseDirectories, ledger: Ledger) -> None:
    """Delete the staging folders whose owner is gone and that no unexposed release needs."""
    try:
        folders = list(directories.staging.iterdir())
    except FileNotFoundError:
        return
    for folder in folders:
        with abandoned(folder) as lost:
            if lost and not _is_needed(folder, ledger):
                shutil.rmtree(folder, ignore_errors=True)


def _is_needed(folder: Path, ledger: Ledger) -> bool:
    # The owner may have committed between our look at the log and our taking its lock.
    ledger.refresh()
    committed = any(release.staging == folder.name for release in ledger.unsettled_releases().values())
    return committed and (folder / "model").exists()
