"""Staging folders: where a release is made ready, on the file system where it will be shown.

The process that fills a folder holds an flock on it, which dies with the process. So a folder
that can be locked has lost its owner, and can be swept at any age without a guess about time.
"""

import contextlib
import fcntl
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

from tfx_hallmark.registry.storage import explain_os_errors, make_directory


class StagingFolder:
    """One folder under `staging/`, owned by this process.

    Attributes:
        name: Unique name, which the `published` event carries.
        model: Where the model's files go; absent until written.
    """

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self.path = path
        self.model = path / "model"


@contextlib.contextmanager
def staging_folder(area: Path) -> Iterator[StagingFolder]:
    """Make a folder, owned until the block ends; `releases.sweep` deletes it after that.

    Args:
        area: The model's staging area.

    Raises:
        StorageError: If it cannot be made.
    """
    with explain_os_errors(f"staging under {area}"):
        path, descriptor = _make(area)
    try:
        yield StagingFolder(path)
    finally:
        os.close(descriptor)


def _make(area: Path) -> tuple[Path, int]:
    while True:
        # Inside, for an import that failed may have taken an empty area back; see `taken_back`.
        make_directory(area)
        path = area / uuid.uuid4().hex
        with contextlib.suppress(FileNotFoundError):
            path.mkdir()
            descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A sweeper may have locked and deleted it between mkdir and flock: then make another.
            if _is_still(path, descriptor):
                return path, descriptor
            os.close(descriptor)


@contextlib.contextmanager
def taken_back(*folders: Path) -> Iterator[None]:
    """Delete folders that were made in the block, as far as they are empty, if it fails.

    Args:
        folders: Folders, of which the later ones may lie in the earlier ones.
    """
    new = [folder for folder in folders if not folder.exists()]
    try:
        yield
    except BaseException:
        for folder in reversed(new):
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _is_still(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def abandoned(path: Path) -> Iterator[bool]:
    """Tell whether a folder has lost its owner, and keep any other sweeper off it meanwhile."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        yield False
        return
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            # Locked by its owner; or, on NFS, a lock that needs a file open for writing.
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)


def delete_folder(path: Path) -> None:
    """Delete a staging folder, with a release in it perhaps, whose directories are read-only; errors are passed over.

    Args:
        path: A folder that no process owns, or that this one does.
    """
    for folder, _, _ in os.walk(path):
        # Another user's release cannot be deleted; its owner's next command does it.
        with contextlib.suppress(OSError):
            Path(folder).chmod(0o700)
    shutil.rmtree(path, ignore_errors=True)
