"""Bytes between this machine and an object store, and within it: hashed on the way, several objects at a time."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import InvalidModelError, StorageError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.object_stores.bucket import PIECE, Bucket
from tfx_hallmark.registry.tree import FileEntry

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 8  # objects under way: mostly waiting for the network
_PIECES_AT_ONCE = 4  # files whose bytes go through this process


class StoredFile(msgspec.Struct, frozen=True):
    """A file of a release in an object store.

    Attributes:
        path: Relative to the release.
        size: Bytes.
    """

    path: str
    size: int


class Counter:
    """Adds up the bytes that threads move, and tells of the sum.

    Args:
        total: Bytes expected in all.
        progress: Told the bytes done and expected, one call at a time.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._lock = threading.Lock()

    def __call__(self, count: int) -> None:
        """Count so many more."""
        with self._lock:
            self._done += count
            self._progress(self._done, max(self._done, self._total))


def upload(
    bucket: Bucket, root: Path, files: Iterable[str], folder: str, *, moved: Callable[[int], None]
) -> list[FileEntry]:
    """Upload files, hashing the very bytes that are handed to the store.

    Args:
        bucket: The store.
        root: The model.
        files: Its files, relative.
        folder: Where they go.
        moved: Told the bytes of each piece.

    Raises:
        InvalidModelError: If a file cannot be read.
        StorageError: If one cannot be written.
    """

    def put(relative: str) -> FileEntry:
        reading = _HashedFile(root, relative, moved)
        if (root / relative).stat().st_size <= PIECE:
            bucket.replace(f"{folder}/{relative}", b"".join(reading))
        else:
            _upload(bucket, f"{folder}/{relative}", reading)
        return reading.entry()

    return at_once(put, files, _PIECES_AT_ONCE)


def hash_object(bucket: Bucket, folder: str, relative: str, *, on_read: Callable[[int], None]) -> FileEntry:
    """Read an object to its end and hash it.

    Args:
        bucket: Where it lies.
        folder: The folder of the release.
        relative: The file's path in there.
        on_read: Told the bytes of each piece.

    Raises:
        StorageError: If it cannot be read.
    """
    hasher = blake3()
    size = 0
    for piece in bucket.pieces(f"{folder}/{relative}"):
        hasher.update(piece)
        size += len(piece)
        on_read(len(piece))
    return FileEntry(relative, size, hasher.hexdigest())


def download(
    bucket: Bucket,
    folder: str,
    files: Iterable[StoredFile],
    destination: Path,
    *,
    moved: Callable[[int], None],
) -> list[FileEntry]:
    """Download files into a directory, hashing them on the way; an object that is a file already is overwritten.

    Args:
        bucket: Where they lie.
        folder: The folder of the release.
        files: The files in there.
        destination: The directory; made if it is not there.
        moved: Told the bytes of each piece.

    Raises:
        OSError: If the directory cannot be written.
        StorageError: If an object cannot be read.
    """

    def get(file: StoredFile) -> FileEntry:
        target = destination / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        hasher = blake3()
        size = 0
        with target.open("wb") as written:
            for piece in bucket.pieces(f"{folder}/{file.path}"):
                written.write(piece)
                hasher.update(piece)
                size += len(piece)
                moved(len(piece))
        return FileEntry(file.path, size, hasher.hexdigest())

    return at_once(get, files, _PIECES_AT_ONCE)


def copy_objects(bucket: Bucket, source: str, target: str, files: Iterable[StoredFile]) -> None:
    """Copy objects within the store, several at a time.

    Args:
        bucket: Where they lie.
        source: Their folder.
        target: The folder that is to have them too.
        files: The files in the first one.

    Raises:
        FileNotFoundError: If one of them is not there.
        StorageError: If one cannot be copied otherwise.
    """
    at_once(
        lambda file: bucket.copy(f"{source}/{file.path}", f"{target}/{file.path}", size=file.size),
        files,
        _AT_ONCE,
    )


def at_once(work: Callable[[T], R], items: Iterable[T], threads: int) -> list[R]:
    """Do the same to many things, several at a time; the first error ends it."""
    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            return [future.result() for future in futures]
        finally:
            pool.shutdown(cancel_futures=True)


def _upload(bucket: Bucket, key: str, reading: "_HashedFile") -> None:
    try:
        bucket.upload(key, iter(reading))
    except StorageError:
        # The client wraps what its source of bytes raises.
        if reading.error is not None:
            raise reading.error from None
        raise


class _HashedFile:
    """The pieces of a file, hashed as they are taken; an error ends them early and is kept."""

    def __init__(self, root: Path, relative: str, moved: Callable[[int], None]) -> None:
        self._root = root
        self._relative = relative
        self._moved = moved
        self._hasher = blake3()
        self._size = 0
        self.error: InvalidModelError | None = None

    def __iter__(self) -> Iterator[bytes]:
        path = self._root / self._relative
        try:
            with path.open("rb", buffering=0) as file:
                while piece := file.read(PIECE):
                    self._hasher.update(piece)
                    self._size += len(piece)
                    self._moved(len(piece))
                    yield piece
        except OSError as error:
            msg = f"{path} cannot be read: {error.strerror}; check its permissions and the disk"
            self.error = InvalidModelError(msg)
            raise self.error from error

    def entry(self) -> FileEntry:
        """Return what was read."""
        return FileEntry(self._relative, self._size, self._hasher.hexdigest())
