"""Reads archives, trusting nothing: only entries that an archive may have, in their order, each checked.

Nothing is written where an archive says. An entry's name is a position or a digest; where its bytes go, the
records decide, once they are checked.
"""

import contextlib
import errno
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.archive.layout import BLOCK, FORMAT, MAX_RECORD, PARTS, Header, Part, parse_name
from tfx_hallmark.registry.errors import ArchiveError, NewerSchemaError, NotFoundError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.storage import explain_os_errors


class _Format(msgspec.Struct):
    format: int


class Entry:
    """One entry, to be read before the next one is asked for.

    Attributes:
        part: Which part it belongs to.
        key: A position of 20 digits, or a digest of 64 hex digits.
        size: Bytes.
    """

    def __init__(self, archive: Path, part: Part, key: str, member: tarfile.TarInfo, file: IO[bytes]) -> None:
        self.part = part
        self.key = key
        self.size = member.size
        self._archive = archive
        self._name = member.name
        self._file = file

    def data(self) -> bytes:
        """Return all of a record; an object's bytes are checked.

        Raises:
            ArchiveError: If it is longer than any record, cut short, or not what its name says.
        """
        if self.size > MAX_RECORD:
            msg = f"{self._archive} is no archive of hallmark: {self._name} is too long for a record"
            raise ArchiveError(msg)
        blocks: list[bytes] = []
        digest = self.copy(blocks.append)
        if self.part == "objects" and digest != self.key:
            raise self._wrong()
        return b"".join(blocks)

    def copy(self, write: Callable[[bytes], object]) -> str:
        """Hand out the bytes block by block; return their digest, 64 hex digits.

        Raises:
            ArchiveError: If the archive ends in the middle of it, or a file is not what its name says.
        """
        hasher = blake3()
        left = self.size
        while left:
            block = self._block(left)
            if not block:
                msg = f"{self._archive} is cut short in {self._name}: copy it again, or export anew"
                raise ArchiveError(msg)
            hasher.update(block)
            write(block)
            left -= len(block)
        digest: str = hasher.hexdigest()
        if self.part == "files" and digest != self.key:
            raise self._wrong()
        return digest

    def _block(self, left: int) -> bytes:
        try:
            return self._file.read(min(left, BLOCK))
        except tarfile.TarError:  # raised where the archive ends too early
            return b""

    def _wrong(self) -> ArchiveError:
        return ArchiveError(
            f"{self._archive} is damaged: {self._name} is not what its digest says; copy it again, or export anew"
        )


class Archive:
    """An archive whose header has been read.

    Attributes:
        path: Where it is.
        header: The first entry.
    """

    def __init__(self, path: Path, tar: tarfile.TarFile, progress: Progress) -> None:
        self.path = path
        self._tar = tar
        self._total = path.stat().st_size
        self._progress = progress
        self._entries = self._read()
        self.header = self._header()

    def _header(self) -> Header:
        first = next(self._entries, None)
        if first is None or first.part != "header":
            raise _no_archive(self.path, "it does not begin with a header")
        data = first.data()
        try:
            form = msgspec.json.decode(data, type=_Format).format
            if form > FORMAT:
                msg = (
                    f"{self.path} has format {form}, this hallmark reads up to {FORMAT}: update tfx-hallmark"
                )
                raise NewerSchemaError(msg)
            header = msgspec.json.decode(data, type=Header)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _no_archive(self.path, f"its header cannot be read ({error})") from error
        check_model_name(header.model)
        return header

    def entries(self) -> Iterator[Entry]:
        """Return the entries after the header, in their order: events, objects, files.

        Raises:
            ArchiveError: If there is anything else in it.
        """
        return self._entries

    def _read(self) -> Iterator[Entry]:
        last: tuple[int, str] = (-1, "")
        while True:
            try:
                member = self._tar.next()
            except (tarfile.TarError, ValueError, EOFError) as error:
                raise _no_archive(self.path, f"it cannot be read as tar ({error})") from error
            except OSError as error:
                # Python 3.10 seeks to before the start of a tar that is nothing but zeros.
                if error.errno != errno.EINVAL:
                    raise
                raise _no_archive(self.path, "it is empty") from error
            if member is None:
                return
            self._tar.members = []  # type: ignore[attr-defined]  # or they would pile up
            entry = self._entry(member)
            place = (PARTS.index(entry.part), entry.key)
            if place <= last:
                raise _no_archive(self.path, f"{member.name!r} is out of order, or there twice")
            last = place
            self._progress(member.offset_data, self._total)
            yield entry

    def _entry(self, member: tarfile.TarInfo) -> Entry:
        found = parse_name(member.name)
        # A sparse file claims bytes that it does not have.
        plain = member.type == tarfile.REGTYPE and member.sparse is None and member.size >= 0
        file = self._tar.extractfile(member) if found is not None and plain else None
        if found is None or file is None:
            raise _no_archive(self.path, f"it holds {member.name!r}, which no archive holds")
        return Entry(self.path, *found, member, file)


@contextlib.contextmanager
def open_archive(path: Path, *, progress: Progress) -> Iterator[Archive]:
    """Open an archive and read its header.

    Args:
        path: The file.
        progress: Told the bytes that were read, and those that there are.

    Raises:
        NotFoundError: If it is not there.
        ArchiveError: If it is no archive.
        NewerSchemaError: If a newer hallmark wrote it.
        StorageError: If it cannot be read.
    """
    if not path.is_file():
        msg = f"{path} is no file: give an archive that 'hallmark export' has written"
        raise NotFoundError(msg)
    with explain_os_errors(f"importing {path}"):
        try:
            tar = tarfile.open(path, "r:")  # noqa: SIM115 - closed below
        except tarfile.TarError as error:
            msg = f"{path} is no archive of hallmark: it cannot be read as tar ({error}); export it anew"
            raise ArchiveError(msg) from error
        with tar:
            yield Archive(path, tar, progress)


def _no_archive(path: Path, why: str) -> ArchiveError:
    return ArchiveError(f"{path} is no archive of hallmark: {why}; export it anew")
