"""A release that is made ready in a staging folder, on the file system where it will be shown."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.copy import copy_tree
from tfx_hallmark.registry.linking import link_model
from tfx_hallmark.registry.release_storage import Additions
from tfx_hallmark.registry.staging import StagingFolder
from tfx_hallmark.registry.stamps import Stamps, restamp, save_beside, stamp_of
from tfx_hallmark.registry.storage import LocalStorage, explain_os_errors, fsync_directory
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, ContentDigest


class StagedDirectory:
    """A `release_storage.StagedRelease` on a file system.

    Args:
        folder: The staging folder, owned by this process.
        base: The base path that it is made for.
        stamps: The stamps of the releases there.
    """

    def __init__(self, folder: StagingFolder, base: Path, stamps: Stamps) -> None:
        self._folder = folder
        self._base = base
        self._stamps = stamps

    @property
    def name(self) -> str:
        """The folder's name."""
        return self._folder.name

    def copy(self, candidate: Path) -> ContentDigest:
        """Copy a candidate's files, durably; return the digest of the copy.

        Raises:
            InvalidModelError: If the candidate holds what a model may not.
            StorageError: If it cannot be written.
        """
        with explain_os_errors(f"staging {candidate} under {self._folder.path.parent}"):
            content = copy_tree(candidate, self._folder.model)
        save_beside(stamp_of(self._folder.model, content), self._folder.path)
        return content

    def repeat(self, number: int, content: ContentDigest) -> None:
        """Hard-link the files of an earlier release.

        Raises:
            StorageError: If they cannot be linked; they are not copied instead.
        """
        source = self._base / str(number)
        before = self._stamps.holding(number, source)
        with explain_os_errors(f"linking {source} under {self._folder.path.parent}"):
            link_model(source, content, self._folder.model)
        if before is not None:
            after = restamp(before, self._folder.model)
            self._stamps.save(number, after)
            save_beside(after, self._folder.path)

    def finish(self, additions: Additions) -> None:
        """Add what hallmark adds, and make the names that lead to the release's files durable.

        Raises:
            StorageError: If it cannot be written.
        """
        identity = additions.identity
        with explain_os_errors(
            f"staging {identity.model} {identity.version} under {self._folder.path.parent}"
        ):
            finish_staging(self._folder, additions)


def finish_staging(staging: StagingFolder, additions: Additions) -> None:
    """Add to a staged release what hallmark adds, and make the names that lead to its files durable.

    Args:
        staging: Its folder; the model's own files lie there, durable.
        additions: What to add.

    Raises:
        OSError: If it cannot be written.
    """
    files = LocalStorage(staging.model)
    if additions.warmup:
        files.replace(WARMUP_FILE, additions.warmup)
        (staging.model / WARMUP_FILE).chmod(0o444)
    file = staging.model / HALLMARK_FILE
    files.replace(HALLMARK_FILE, msgspec.json.encode(additions.identity))
    for path, mode in ((file, 0o444), (file.parent, 0o755)):
        path.chmod(mode)
    # They must outlive a power cut no less than the bytes.
    for folder in (staging.model, staging.path, staging.path.parent):
        fsync_directory(folder)
