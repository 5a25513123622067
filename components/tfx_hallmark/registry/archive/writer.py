"""Writes archives: the same bytes for the same content, streamed, and under their name only when complete."""

import contextlib
import io
import os
import tarfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.archive.contents import Contents, SourceFile, raw_event
from tfx_hallmark.registry.archive.layout import BLOCK, HEADER, name_of
from tfx_hallmark.registry.errors import DigestMismatchError, StorageError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.storage import explain_os_errors, fsync_directory


def write_archive(
    contents: Contents, ledger: Ledger, destination: Path, *, overwrite: bool, progress: Progress
) -> int:
    """Write an archive and return its size in bytes.

    Args:
        contents: What goes in.
        ledger: Where its records are.
        destination: The file to make.
        overwrite: Whether it may replace a file that is there.
        progress: Told the bytes of files read and expected.

    Raises:
        StorageError: If the file is there already, or cannot be written.
        DigestMismatchError: If a file is not what its manifest says.
        NotFoundError: If an event is gone.
    """
    if destination.is_dir() or (os.path.lexists(destination) and not overwrite):
        raise _is_there(destination)
    with explain_os_errors(f"writing the archive {destination}"), _beside(destination) as (file, scratch):
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
            tar.copybufsize = BLOCK  # type: ignore[attr-defined]
            _add_records(tar, contents, ledger)
            _add_files(tar, contents, progress)
        file.flush()
        os.fsync(file.fileno())
        size = file.tell()
        _name(scratch, destination, overwrite=overwrite)
        fsync_directory(destination.absolute().parent)
    return size


@contextlib.contextmanager
def _beside(destination: Path) -> Iterator[tuple[IO[bytes], Path]]:
    scratch = destination.with_name(f".{destination.name}.{uuid.uuid4().hex}.part")
    try:
        with scratch.open("xb") as file:
            yield file, scratch
    finally:
        scratch.unlink(missing_ok=True)


def _name(scratch: Path, destination: Path, *, overwrite: bool) -> None:
    if overwrite:
        scratch.replace(destination)
        return
    try:
        os.link(scratch, destination)
    except FileExistsError:
        raise _is_there(destination) from None


def _is_there(destination: Path) -> StorageError:
    what = "a directory" if destination.is_dir() else "there already"
    return StorageError(f"{destination} is {what}: give another name, or --force to replace a file")


def _add_records(tar: tarfile.TarFile, contents: Contents, ledger: Ledger) -> None:
    _add(tar, HEADER, msgspec.json.encode(contents.header, order="sorted"))
    for seq in contents.events:
        _add(tar, name_of("log", f"{seq:020d}"), raw_event(ledger, seq))
    for digest in contents.objects:
        data = ledger.storage.read(f"objects/{digest}") or b""
        if blake3(data).hexdigest() != digest:
            msg = f"object {digest} of {ledger.model} changed while it was exported: run 'hallmark audit'"
            raise DigestMismatchError(msg)
        _add(tar, name_of("objects", digest), data)


def _add(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    tar.addfile(_entry(name, len(data)), io.BytesIO(data))


def _entry(name: str, size: int) -> tarfile.TarInfo:
    # TarInfo has no time, owner or name of its own: nothing here depends on when, where and by whom.
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry


def _add_files(tar: tarfile.TarFile, contents: Contents, progress: Progress) -> None:
    done = 0
    for digest, source in contents.files.items():
        with source.path.open("rb", buffering=0) as file:
            reading = _Reading(file, done, contents.size, progress)
            try:
                tar.addfile(_entry(name_of("files", digest), source.size), reading)  # type: ignore[arg-type]
            except OSError as error:
                if reading.ended:
                    raise _changed(source) from error
                raise
            if reading.digest != digest or file.read(1):
                raise _changed(source)
        done += source.size


class _Reading:
    """A file that is hashed as it is read.

    Args:
        file: The file.
        before: Bytes that were read of other files.
        total: Bytes that are to be read in all.
        progress: Told how far it came.
    """

    def __init__(self, file: IO[bytes], before: int, total: int, progress: Progress) -> None:
        self._file = file
        self._hasher = blake3()
        self._done = before
        self._total = total
        self._progress = progress
        self.ended = False

    def read(self, count: int) -> bytes:
        """Return at most `count` bytes, fewer only at the end."""
        block = self._file.read(count)
        while len(block) < count:
            more = self._file.read(count - len(block))
            if not more:
                self.ended = True
                break
            block += more
        self._hasher.update(block)
        self._done += len(block)
        self._progress(self._done, self._total)
        return block

    @property
    def digest(self) -> str:
        """BLAKE3 of what was read, 64 hex digits."""
        return self._hasher.hexdigest()


def _changed(source: SourceFile) -> DigestMismatchError:
    msg = (
        f"{source.path} is not what was published: 'hallmark verify' says what differs; nothing was exported"
    )
    return DigestMismatchError(msg)
