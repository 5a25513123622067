"""A second number for the bytes of a release, by hard links: no byte is copied, whatever the size."""

import errno
import os
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from tfx_hallmark.registry.difference import differences
from tfx_hallmark.registry.errors import DigestMismatchError, InvalidModelError, NotFoundError, StorageError
from tfx_hallmark.registry.storage import fsync_directory
from tfx_hallmark.registry.tree import ContentDigest, FileEntry, digest_tree

_CANNOT_LINK = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP}


def verify_release(
    release: Path, digest: str, *, version: str, files: Callable[[], tuple[FileEntry, ...]]
) -> ContentDigest:
    """Read a release and make sure that it holds what was published.

    Args:
        release: Its directory.
        digest: The version's content digest.
        version: The version, as `penguin@1.2.0`, for the error.
        files: Gives the version's files; asked only to say which one differs.

    Returns:
        What it holds.

    Raises:
        NotFoundError: If the directory is gone.
        DigestMismatchError: If it holds anything else, or cannot be read.
    """
    if not release.is_dir():
        msg = f"{release}, which held {version}, is gone: push its model again, or choose another version"
        raise NotFoundError(msg)
    try:
        found = digest_tree(release)
    except InvalidModelError as error:
        raise _damaged(release, version, str(error)) from error
    if found.digest != digest:
        raise _damaged(release, version, _difference(found, digest, files()))
    return found


def _damaged(release: Path, version: str, what: str) -> DigestMismatchError:
    return DigestMismatchError(
        f"{release} no longer holds {version}: {what}; "
        f"choose another version, and 'hallmark quarantine {version}' keeps this one from being chosen"
    )


def _difference(found: ContentDigest, digest: str, files: tuple[FileEntry, ...]) -> str:
    first = next(differences(found.files, files), None)
    return str(first or f"its digest is {found.digest[:15]}…, the published one {digest[:15]}…")


def link_model(source: Path, content: ContentDigest, destination: Path) -> None:
    """Give a model's files a second place, durably.

    Args:
        source: A release.
        content: Its files.
        destination: A directory that does not exist yet, on the same file system.

    Raises:
        StorageError: If the files cannot be linked; they are not copied instead.
        OSError: If the destination cannot be written.
    """
    folders = {destination / folder for file in content.files for folder in PurePosixPath(file.path).parents}
    for folder in sorted(folders | {destination}):
        folder.mkdir()
        # Whatever the umask: TF Serving often runs as another user.
        folder.chmod(0o755)
    for file in content.files:
        _link((source / file.path).resolve(), destination / file.path)
    for folder in sorted(folders):
        fsync_directory(folder)


def _link(source: Path, destination: Path) -> None:
    try:
        os.link(source, destination)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        msg = (
            f"{source} cannot be hard-linked into a new release ({error.strerror}), and a release is never made "
            "by copying another: run as the user who owns the file, on a file system with hard links"
        )
        raise StorageError(msg) from error
