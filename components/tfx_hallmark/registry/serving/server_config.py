"""The file `models.config` of a registry root: read, and changed such that no two writers lose anything."""

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from tfx_hallmark.registry.object_stores.config_file import ObjectConfigFile
from tfx_hallmark.registry.object_stores.releases import ObjectReleases
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.storage import LocalStorage, explain_os_errors, make_directory

NAME = "models.config"
_LOCK = ".hallmark/.models.config.lock"


class ConfigFile(Protocol):
    """Where `models.config` lies: `LocalConfigFile` on a file system, `ObjectConfigFile` in an object store.

    Attributes:
        root: The registry root that it lies in, as a path or URL.
        where: The file itself, as a path or URL.
    """

    root: str
    where: str

    def read(self) -> str:
        """Return its text; an empty one if it is absent. Bytes that are no UTF-8 become lone surrogates."""

    def rewrite(self, edit: Callable[[str], str]) -> None:
        """Put in its place what `edit` makes of it, at once and for good; nothing is written if that is the same.

        Args:
            edit: Must have no effect of its own, for it is asked anew where another writer was first. What it
                raises ends the matter with nothing written.
        """


def config_file_of(releases: Releases) -> ConfigFile:
    """Return the file that lies beside the base path of a model."""
    if isinstance(releases, ObjectReleases):
        return ObjectConfigFile(releases.bucket, NAME)
    return LocalConfigFile(Path(releases.location).parent)


class LocalConfigFile:
    """`models.config` on a POSIX file system: writers take turns by a lock, readers see the old or the new one.

    Args:
        root: The registry root.
    """

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.where = str(root / NAME)
        self._root = root

    def read(self) -> str:
        """Return its text; an empty one if it is absent.

        Raises:
            StorageError: If it cannot be read.
        """
        return (LocalStorage(self._root).read(NAME) or b"").decode("utf-8", "surrogateescape")

    def rewrite(self, edit: Callable[[str], str]) -> None:
        """Put in its place what `edit` makes of it, unless that is the same.

        Raises:
            StorageError: If it cannot be read or written.
        """
        with self._turn():
            before = self.read()
            after = edit(before)
            if after != before:
                LocalStorage(self._root).replace(NAME, after.encode("utf-8", "surrogateescape"))

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        path = self._root / _LOCK
        with explain_os_errors(f"locking {path}"):
            make_directory(path.parent)
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            with explain_os_errors(f"locking {path}"):
                # It goes with the process, however that ends.
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
