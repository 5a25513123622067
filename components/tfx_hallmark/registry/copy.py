"""Copying a model, hashing the copy and making it durable, all at once.

One thread copies, another reads back what has been copied so far and hashes it, a third has it
written to the disk. So the digest is that of the bytes in the new place.
"""

import errno
import fcntl
import os
import queue
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath

from blake3 import blake3

from tfx_hallmark.registry.tree import BLOCK, ContentDigest, FileEntry, combine, model_files

_FICLONE = 0x40049409  # ioctl of linux/fs.h: share the extents, on file systems that can
_FLUSH_EACH = 64 * 1024 * 1024  # bytes; often enough to keep the disk busy while the copying goes on
_NO_KERNEL_COPY = {errno.EXDEV, errno.ENOSYS, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}


def copy_tree(source: Path, destination: Path) -> ContentDigest:
    """Copy a model's files into a new directory, durably; return the digest of the copy.

    Links inside the model become files. Files are made read-only (0444); directories stay writable,
    for a directory that is to be renamed must be.

    Args:
        source: The model.
        destination: A directory that does not exist yet.

    Raises:
        InvalidModelError: If the source holds what a model may not.
        OSError: If the destination cannot be written.
    """
    files = model_files(source)
    folders = {destination / folder for file in files for folder in PurePosixPath(file).parents} | {
        destination
    }
    for folder in sorted(folders):
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)
    with ThreadPoolExecutor(1) as hashers, ThreadPoolExecutor(1) as flushers:
        hashed: list[Future[FileEntry]] = []
        flushed: list[Future[None]] = []
        for file in files:
            progress = _Progress()
            hashed.append(hashers.submit(_hash_as_copied, destination, file, progress.follow()))
            flushed.append(flushers.submit(_flush_as_copied, destination / file, progress.follow()))
            try:
                _copy_file(source / file, destination / file, progress)
            finally:
                progress.finish()
        copied = combine([future.result() for future in hashed])
        for done in flushed:
            done.result()
    for folder in sorted(folders):
        _flush(folder)
    return copied


def link_tree(source: Path, destination: Path) -> None:
    """Give a release's files a second place at no cost: by hard links, or copies where links cannot be.

    Linked files are the release's own: they are read-only, and deleting them here leaves it alone.

    Args:
        source: A release, or any directory of files.
        destination: A directory; what a first attempt of a retried task left there is deleted.

    Raises:
        OSError: If the destination cannot be written.
    """
    if destination.exists():
        shutil.rmtree(destination)
    for folder, _, names in os.walk(source):
        target = destination / Path(folder).relative_to(source)
        target.mkdir(parents=True, exist_ok=True)
        for name in names:
            _link(Path(folder) / name, target / name)


def _link(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError as error:
        # Another file system, one without links, or another owner's file (fs.protected_hardlinks).
        if error.errno not in {errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK}:
            raise
        shutil.copyfile(source, destination)


class _Progress:
    """How far a file has been copied, as its copier tells those who follow."""

    def __init__(self) -> None:
        self._followers: list[queue.SimpleQueue[int | None]] = []

    def follow(self) -> Iterator[int]:
        """Return the sizes of the pieces, each as soon as it is there, until the copy ends."""
        sizes: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._followers.append(sizes)
        return iter(sizes.get, None)

    def advance(self, count: int) -> None:
        for sizes in self._followers:
            sizes.put(count)

    def finish(self) -> None:
        for sizes in self._followers:
            sizes.put(None)


def _copy_file(source: Path, destination: Path, progress: _Progress) -> None:
    reader = os.open(source, os.O_RDONLY)
    try:
        writer = os.open(destination, os.O_WRONLY | os.O_CREAT | os.O_EXCL)
        try:
            # Whatever the umask: TF Serving often runs as another user.
            os.fchmod(writer, 0o444)
            if _clone(reader, writer):
                progress.advance(os.fstat(writer).st_size)
                return
            while count := _copy_piece(reader, writer):
                progress.advance(count)
        finally:
            os.close(writer)
    finally:
        os.close(reader)


def _clone(reader: int, writer: int) -> bool:
    try:
        fcntl.ioctl(writer, _FICLONE, reader)
    except OSError:
        return False
    return True


def _copy_piece(reader: int, writer: int) -> int:
    try:
        return os.copy_file_range(reader, writer, BLOCK)
    except OSError as error:
        if error.errno not in _NO_KERNEL_COPY:
            raise
    piece = os.read(reader, BLOCK)
    view = memoryview(piece)
    while view:
        view = view[os.write(writer, view) :]
    return len(piece)


def _hash_as_copied(root: Path, file: str, pieces: Iterator[int]) -> FileEntry:
    hasher = blake3()
    size = 0
    buffer = bytearray(BLOCK)
    reader = -1
    try:
        for count in pieces:
            if reader < 0:
                reader = os.open(root / file, os.O_RDONLY)
            size += _hash_piece(hasher, reader, count, buffer)
    finally:
        if reader >= 0:
            os.close(reader)
    return FileEntry(file, size, hasher.hexdigest())


def _hash_piece(hasher: blake3, reader: int, count: int, buffer: bytearray) -> int:
    left = count
    while left:
        got = os.readv(reader, [memoryview(buffer)[: min(left, BLOCK)]])
        if not got:
            break
        hasher.update(memoryview(buffer)[:got])
        left -= got
    return count - left


def _flush_as_copied(path: Path, pieces: Iterator[int]) -> None:
    # The disk writes while the copying goes on; at the end little is left to wait for.
    waiting = 0
    for count in pieces:
        waiting += count
        if waiting >= _FLUSH_EACH:
            _flush(path)
            waiting = 0
    _flush(path)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
