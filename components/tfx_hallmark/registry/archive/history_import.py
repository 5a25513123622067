"""Importing a model's whole history into a registry that has no such model: as if it had grown up there.

All of it is made ready beside the records, checked, and then becomes the model's records by one rename. The
releases are among these, and get their places from there: after a crash, by whoever opens the model next.
"""

import contextlib
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from tfx_hallmark.registry.additions import additions_to
from tfx_hallmark.registry.archive.arrival import ARRIVED, show_arrived
from tfx_hallmark.registry.archive.outcome import Imported
from tfx_hallmark.registry.archive.reader import Archive, Entry
from tfx_hallmark.registry.archive.records import MemoryRecords, checked_history, take_records
from tfx_hallmark.registry.archive.restoring import (
    add_to,
    check_files,
    open_to_all,
    places_of_history,
    restore_files,
)
from tfx_hallmark.registry.errors import ImportRefusedError, StorageError
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.staging import StagingFolder, abandoned, delete_folder, staging_folder
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import LocalStorage, fsync_directory

_AREA = ".arriving"  # no model can have this name


class HistoryImport:
    """Imports a history.

    Args:
        archive: The archive, of which the header alone was read.
        records: Where the records of all models of the root lie.
        directories: The base path of the model, and its staging area.
        settings: What holds in the root.
    """

    def __init__(
        self, archive: Archive, records: Path, directories: ReleaseDirectories, settings: Settings
    ) -> None:
        self._archive = archive
        self._settings = settings
        self._records = records
        self._own = records / archive.header.model
        self._directories = directories

    def rehearse(self) -> Imported:
        """Return what `run` would do, after reading and checking all of the archive; nothing is changed.

        Raises:
            HallmarkError: As `run` does, but for what the disk would have to say.
        """
        known = self._known()
        if known is not None:
            return known
        memory = MemoryRecords(self._archive.path)
        files = take_records(self._archive, memory.create)
        ledger = Ledger(memory, self._archive.header.model)
        state = checked_history(self._archive, ledger)
        self._require_signatures(state, ledger)
        places = places_of_history(self._archive, state, ledger.objects)
        return self._outcome(state, check_files(self._archive, files, places))

    def run(self) -> Imported:
        """Import it.

        Raises:
            ImportRefusedError: If the registry has another history of this model, or its place is taken.
            ArchiveError: If the archive is damaged.
            SignatureError: If the root requires signatures, and what would serve has no good one.
            StorageError: If it cannot be written.
        """
        area = self._records / _AREA
        _sweep(area)
        known = self._known()
        if known is not None:
            return known
        try:
            with _staging(area) as staging:
                folder = staging.path / "records"
                folder.mkdir()
                files = take_records(self._archive, _writer(folder))
                ledger = Ledger(LocalStorage(folder), self._archive.header.model)
                state = checked_history(self._archive, ledger)
                self._require_signatures(state, ledger)
                size = self._restore(folder / ARRIVED, files, state, ledger)
                # One flush for all of it, where thousands of small files would take one each.
                os.sync()
                self._commit(folder)
        finally:
            _sweep(area)
        show_arrived(self._own, self._directories.base)
        return self._outcome(state, size)

    def _require_signatures(self, state: ModelState, ledger: Ledger) -> None:
        """Make sure that what serves once it is here, by label or number, is signed as the root demands."""
        rule = SignatureRule(self._settings, ledger.objects, ledger.model)
        highest = state.highest_release if self._settings.serving_policy == "latest" else None
        for release in sorted({*state.labels.values(), *filter(None, [highest])}):
            rule.require(state.versions[state.releases[release].version])

    def _known(self) -> Imported | None:
        """Compare with what is there: None if nothing is."""
        header = self._archive.header
        mine = Ledger(LocalStorage(self._own), header.model)
        state = mine.refresh()
        if state.seq >= header.events and _seal(mine, header.events) == header.seal:
            return Imported(
                path=self._archive.path,
                kind="history",
                model=header.model,
                version=None,
                events=0,
                releases=(),
                labels=tuple(sorted(state.labels)),
                already=True,
            )
        if state.seq:
            msg = (
                f"{self._records.parent} has a history of {header.model} already, {state.seq} events of its own: "
                "import into another root, or a single version by 'hallmark export MODEL@VERSION'"
            )
            raise ImportRefusedError(msg)
        self._check_place()
        return None

    def _check_place(self) -> None:
        base = self._directories.base
        if os.path.lexists(base) and (base.is_symlink() or not base.is_dir() or any(base.iterdir())):
            msg = f"{base} is there, and no model of this registry: move it away, or import into another root"
            raise ImportRefusedError(msg)
        left = [path.name for path in self._own.iterdir()] if self._own.is_dir() else []
        if left:
            msg = (
                f"{self._own} holds records without a log ({', '.join(sorted(left)[:3])}): move it away first"
            )
            raise ImportRefusedError(msg)

    def _restore(self, folder: Path, files: Iterator[Entry], state: ModelState, ledger: Ledger) -> int:
        folder.mkdir()
        size = restore_files(
            self._archive, files, places_of_history(self._archive, state, ledger.objects), folder
        )
        for number in _kept(state):
            version = state.versions[state.releases[number].version]
            # A directory that was adopted is as something else made it.
            if state.releases[number].staging:
                add_to(folder / str(number), additions_to(state.model, version, ledger.objects))
            open_to_all(folder / str(number))
        return size

    def _commit(self, folder: Path) -> None:
        self._directories.base.parent.mkdir(exist_ok=True)
        try:
            folder.rename(self._own)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            msg = f"{self._own} came to be meanwhile: run the same again"
            raise ImportRefusedError(msg) from error
        fsync_directory(self._records)

    def _outcome(self, state: ModelState, size: int) -> Imported:
        return Imported(
            path=self._archive.path,
            kind="history",
            model=state.model,
            version=None,
            events=state.seq,
            releases=tuple(_kept(state)),
            labels=tuple(sorted(state.labels)),
            size=size,
        )


def _kept(state: ModelState) -> list[int]:
    """Return the releases whose bytes are there."""
    pruned = {number for version in state.versions.values() for number in version.pruned}
    return sorted(state.releases.keys() - pruned)


def _seal(ledger: Ledger, seq: int) -> str | None:
    return next((seal for _, seal in ledger.sealed_events(after=seq - 1)), None) if seq > 0 else None


def _writer(folder: Path) -> Callable[[str, bytes], None]:
    def put(key: str, data: bytes) -> None:
        path = folder / key
        path.parent.mkdir(exist_ok=True)
        with path.open("xb") as file:
            file.write(data)

    return put


@contextlib.contextmanager
def _staging(area: Path) -> Iterator[StagingFolder]:
    with contextlib.ExitStack() as stack:
        while True:
            try:
                staging = stack.enter_context(staging_folder(area))
                break
            except StorageError as error:
                # Another import may have tidied the area away just now.
                if not isinstance(error.__cause__, FileNotFoundError):
                    raise
        yield staging


def _sweep(area: Path) -> None:
    """Delete what imports that were killed have left, and what this one leaves."""
    try:
        folders = list(area.iterdir())
    except FileNotFoundError:
        return
    for folder in folders:
        with abandoned(folder) as lost:
            if lost:
                delete_folder(folder)
    with contextlib.suppress(OSError):
        area.rmdir()
