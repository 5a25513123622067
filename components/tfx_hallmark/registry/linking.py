"""A second number for the bytes of a release, by hard links: no byte is copied, whatever the size."""

import errno
import os
from pathlib import Path, PurePosixPath

from tfx_hallmark.registry.errors import StorageError
from tfx_hallmark.registry.storage import fsync_directory
from tfx_hallmark.registry.tree import ContentDigest

_CANNOT_LINK = {errno.EPERM, errno.EXDEV, errno.EMLINK, errno.EOPNOTSUPP}


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
