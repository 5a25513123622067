"""The files of a release in a directory, to be held against its manifest."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.examining.hashing import Hasher
from tfx_hallmark.registry.tree import HALLMARK_FILE, FileEntry, walk


class LocalReleaseFiles:
    """A `release_storage.ReleaseFiles` on a file system.

    Args:
        path: The release's directory.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @property
    def location(self) -> str:
        """Its directory."""
        return str(self._path)

    def walk(self) -> Iterator[tuple[str, InvalidModelError | None]]:
        """Yield each file's path, and what speaks against it, if anything; see `tree.walk`."""
        return walk(self._path)

    def is_link(self, relative: str) -> bool:
        """Tell whether a file is a symbolic link."""
        return (self._path / relative).is_symlink()

    def submit(self, hasher: Hasher, relative: str) -> "Future[FileEntry]":
        """Start to hash a file."""
        return hasher.submit(self._path, relative)

    def read_identity(self) -> bytes:
        """Return what the file says that says which version it is.

        Raises:
            InvalidModelError: If it is missing or cannot be read.
        """
        path = self._path / HALLMARK_FILE
        if self._path.is_symlink():
            msg = f"{self._path} is a symbolic link"
            raise InvalidModelError(msg)
        try:
            # Looked at first: opening a pipe would wait for ever.
            if stat.S_ISREG(path.lstat().st_mode):
                return path.read_bytes()
            msg = f"{HALLMARK_FILE} is no regular file"
        except (FileNotFoundError, NotADirectoryError):
            msg = f"{HALLMARK_FILE} is missing"
        except OSError as error:
            msg = f"{HALLMARK_FILE} cannot be read: {error.strerror}"
        raise InvalidModelError(msg)

    def empty_folders(self) -> Iterator[str]:
        """Yield the paths of directories that hold nothing."""
        for folder, folders, names in os.walk(self._path):
            relative = Path(folder).relative_to(self._path).as_posix()
            if not folders and not names and relative != ".":
                yield relative
