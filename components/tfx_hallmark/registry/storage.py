"""The seam between the registry and where its records lie: seven verbs over keys and bytes.

A key is a relative path with `/`. Contract of every verb that writes: when it returns, the bytes
are durable and complete; when the process dies in it, the key is either absent (or as before) or
complete, never partial. `create` is the compare-and-swap on which the event log rests: of any
number of concurrent callers with one key exactly one gets True.
"""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Protocol

from tfx_hallmark.registry.errors import StorageError
from tfx_hallmark.registry.store_url import Root

SCRATCH = ".tmp-"


class Storage(Protocol):
    """Records under keys: `LocalStorage` on a file system, `object_stores.ObjectStorage` in an object store."""

    @property
    def root(self) -> Root:
        """Where the keys lie, for messages."""

    def read(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None if it is absent."""

    def exists(self, key: str) -> bool:
        """Tell whether `key` is there."""

    def is_followed(self, key: str, *, by: Iterable[str]) -> bool:
        """Tell whether a key of the same folder sorts after `key`.

        Args:
            key: The key, which may be absent.
            by: Where such keys would be, for a storage that would have to list the whole folder.
        """

    def create(self, key: str, data: bytes) -> bool:
        """Write `key` unless it is there; return whether this call wrote it."""

    def replace(self, key: str, data: bytes) -> None:
        """Write `key`, in place of whatever it held."""

    def keys(self, prefix: str) -> list[str]:
        """Return the names directly under the folder `prefix`, sorted; none if it is absent."""

    def remove(self, key: str) -> None:
        """Delete `key`, a record or a whole folder; no error if it is absent."""


@contextlib.contextmanager
def explain_os_errors(doing: str) -> Iterator[None]:
    """Turn an operating system's error into one line for the user.

    Args:
        doing: What was being done, as a phrase with the path in it: `writing the event log of /r`.

    Raises:
        StorageError: If the body raises OSError.
    """
    try:
        yield
    except OSError as error:
        raise StorageError(_explain(error, doing)) from error


def _explain(error: OSError, doing: str) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left while {doing}{where}: free some space, then run the same again"
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        return f"no permission while {doing}{where}: {error.strerror}; run as a user who may write there"
    if error.errno in (errno.EMLINK, errno.EOPNOTSUPP):
        return f"the file system cannot do what is needed while {doing}{where}: {error.strerror}"
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"something that is no directory is in the way while {doing}{where}: move it, or choose another place"
    return f"failed while {doing}{where}: {error.strerror or error}"


def fsync_directory(path: Path) -> None:
    """Make the names in a directory durable (POSIX needs this beside each file's own fsync)."""
    with _opened(path) as descriptor:
        os.fsync(descriptor)


def make_directory(path: Path) -> None:
    """Make a directory and those above it, durably; no error if it is there.

    Raises:
        OSError: If it cannot be made.
    """
    if path.is_dir():
        return
    make_directory(path.parent)
    path.mkdir(exist_ok=True)
    fsync_directory(path.parent)


class LocalStorage:
    """Records on a POSIX file system, which must support hard links within itself.

    Args:
        root: The directory that holds the keys; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def read(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None if it is absent.

        Raises:
            StorageError: If it is there and cannot be read.
        """
        path = self.root / key
        try:
            return path.read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise StorageError(_explain(error, f"reading {path}")) from error

    def exists(self, key: str) -> bool:
        """Tell whether `key` is there."""
        return os.path.lexists(self.root / key)

    def is_followed(self, key: str, *, by: Iterable[str]) -> bool:
        """Tell whether one of the keys `by` is there, so that a folder of any size need not be listed."""
        return any(self.exists(each) for each in by)

    def create(self, key: str, data: bytes) -> bool:
        """Write `key` unless it is there; return whether this call wrote it.

        Raises:
            StorageError: If it cannot be written.
        """
        path = self.root / key
        with explain_os_errors(f"writing {path}"):
            make_directory(path.parent)
            with _durable_bytes(path.parent, data) as source:
                try:
                    _link(source, path)
                except FileExistsError:
                    return False
            fsync_directory(path.parent)
        return True

    def replace(self, key: str, data: bytes) -> None:
        """Write `key`, in place of whatever it held.

        Raises:
            StorageError: If it cannot be written.
        """
        path = self.root / key
        scratch = path.parent / f"{SCRATCH}{uuid.uuid4().hex}"
        with explain_os_errors(f"writing {path}"):
            make_directory(path.parent)
            try:
                with _durable_bytes(path.parent, data) as source:
                    _link(source, scratch)
                scratch.replace(path)
            finally:
                scratch.unlink(missing_ok=True)
            fsync_directory(path.parent)

    def keys(self, prefix: str) -> list[str]:
        """Return the names directly under the folder `prefix`, sorted; none if it is absent.

        Raises:
            StorageError: If the folder cannot be listed.
        """
        folder = self.root / prefix
        with explain_os_errors(f"listing {folder}"):
            try:
                return sorted(path.name for path in folder.iterdir() if not path.name.startswith(SCRATCH))
            except (FileNotFoundError, NotADirectoryError):
                return []

    def remove(self, key: str) -> None:
        """Delete `key`, a record or a whole folder; no error if it is absent.

        Raises:
            StorageError: If it is there and cannot be deleted.
        """
        path = self.root / key
        with explain_os_errors(f"deleting {path}"):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


@contextlib.contextmanager
def _durable_bytes(folder: Path, data: bytes) -> Iterator[Path]:
    """Hold bytes, durable, in a file without a name, which vanishes with the process; yield a path to it."""
    try:
        descriptor = os.open(folder, os.O_TMPFILE | os.O_WRONLY, 0o644)
    except OSError as error:
        # NFS and some layered file systems cannot: there the file has a name that readers pass over.
        if error.errno not in (errno.EOPNOTSUPP, errno.EISDIR, errno.EINVAL):
            raise
        with _named_bytes(folder, data) as scratch:
            yield scratch
        return
    with os.fdopen(descriptor, "wb") as file:
        _write_durably(file, data)
        yield Path(f"/proc/self/fd/{descriptor}")


@contextlib.contextmanager
def _named_bytes(folder: Path, data: bytes) -> Iterator[Path]:
    scratch = folder / f"{SCRATCH}{uuid.uuid4().hex}"
    try:
        with scratch.open("xb") as file:
            _write_durably(file, data)
        yield scratch
    finally:
        scratch.unlink(missing_ok=True)


def _write_durably(file: IO[bytes], data: bytes) -> None:
    file.write(data)
    file.flush()
    os.fsync(file.fileno())


def _link(source: Path, target: Path) -> None:
    # A directory descriptor makes Python call linkat, which alone follows /proc/self/fd to the file.
    with _opened(target.parent) as folder:
        try:
            os.link(source, target, src_dir_fd=folder, follow_symlinks=True)
        except FileExistsError:
            # Over NFS an answer may be lost and the request repeated: then what is in the way is our own.
            if not target.exists() or not target.samefile(source):
                raise


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
