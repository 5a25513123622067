"""Hashing many files at a time, each read once however many names it has, and telling how far it came."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import TypeAlias

from tfx_hallmark.registry.tree import THREADS, FileEntry, digest_file

Progress: TypeAlias = Callable[[int, int], object]  # how much is done, and of how much in all


class _StoppedError(Exception):
    """Nobody waits for the rest any more."""


class Hasher:
    """Hashes files in threads of its own (BLAKE3 and reading both let other threads run); a context manager.

    Args:
        total: Bytes that are expected in all.
        progress: Told the bytes done and expected, from any thread, one call at a time.
    """

    def __init__(self, total: int, progress: Progress) -> None:
        self._total = total
        self._progress = progress
        self._done = 0
        self._stopped = False
        self._lock = threading.Lock()
        self._known: dict[tuple[int, int, int], Future[FileEntry]] = {}
        self._pool = ThreadPoolExecutor(THREADS)

    def __enter__(self) -> "Hasher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # After an error or Ctrl-C, not even the file that is being read is read to its end.
        self._stopped = True
        self._pool.shutdown(cancel_futures=True)

    def submit(self, root: Path, relative: str) -> "Future[FileEntry]":
        """Start to hash a file.

        Returns:
            Its entry, to be waited for; the path in it may be another name of the same file. Waiting raises
            InvalidModelError if the file cannot be read.
        """
        try:
            status = (root / relative).stat()
        except OSError:
            # Gone meanwhile: let the reading say so.
            return self._pool.submit(digest_file, root, relative)
        # A rollback's release is made of hard links; the time guards against a number that was given anew.
        key = (status.st_dev, status.st_ino, status.st_ctime_ns)
        if key in self._known:
            self._advance(status.st_size)
        else:
            self._known[key] = self._pool.submit(digest_file, root, relative, on_read=self._advance)
        return self._known[key]

    def submit_reading(self, read: "Callable[[Callable[[int], None]], FileEntry]") -> "Future[FileEntry]":
        """Start to hash what lies elsewhere than in a file.

        Args:
            read: Reads and hashes it, and tells what it is given the bytes of each piece.
        """
        return self._pool.submit(read, self._advance)

    def _advance(self, count: int) -> None:
        if self._stopped:
            raise _StoppedError
        with self._lock:
            self._done += count
            self._progress(self._done, max(self._done, self._total))


def untold(_: int, __: int) -> None:
    """Take no notice of the progress."""
