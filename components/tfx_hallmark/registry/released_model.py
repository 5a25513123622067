"""Where the releases of a model lie, and whether they are what was published; `Model` is one."""

import contextlib
from collections.abc import Callable
from pathlib import Path

from tfx_hallmark.registry import fetching
from tfx_hallmark.registry.errors import ForeignEntryError
from tfx_hallmark.registry.examining import auditing, verification
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.noted_model import NotedModel
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.store_url import Root, parse_root


class ReleasedModel(NotedModel):
    """The files of a model's releases: where they are, reading them, and holding them against the records.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: Gives what holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        super().__init__(ledger)
        self._directories = directories
        self._settings = settings

    @property
    def path(self) -> Path:
        """The base path to give to TF Serving."""
        return self._directories.base

    @property
    def location(self) -> str:
        """The base path to give to TF Serving, or its URL in an object store."""
        return self._directories.location

    def location_of(self, release: int) -> str:
        """Return where a release lies or would lie: its directory, or its URL in an object store."""
        return self._directories.location_of(release)

    @property
    def root(self) -> Root:
        """The registry root that it is of."""
        return parse_root(self._directories.location).parent

    def release_path(self, release: int) -> Path:
        """Return the directory of a release.

        Raises:
            NotFoundError: If it is not on the disk.
            LocalRootError: If the root lies in an object store; see `fetch`.
        """
        fetching.require(self._ledger, self._directories, release)
        return self._directories.path(release)

    def fetch(self, release: int, destination: Path) -> None:
        """Put a release's files into a directory of this machine, in place of whatever is there.

        From a directory they are hard links where that can be. From an object store they are downloaded,
        and held against the version's digest.

        Args:
            release: The number.
            destination: The directory; made if it is not there.

        Raises:
            NotFoundError: If there is no such release, or its files are gone.
            DigestMismatchError: If what was downloaded is not what was published.
            StorageError: If it cannot be read or written.
        """
        fetching.fetch(self._ledger, self._directories, release, destination)

    def directory_of(self, release: int) -> contextlib.AbstractContextManager[Path]:
        """Give a directory with a release's files to read: its own, or a temporary one. Otherwise as `fetch`."""
        return fetching.directory_of(self._ledger, self._directories, release)

    def foreign_entries(self) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none.

        Raises:
            StorageError: If the base path cannot be listed.
        """
        return self._directories.foreign(self._ledger)

    def verify(self, which: str | None = None) -> tuple[Finding, ...]:
        """Return what differs from what was published: in all of it, or in a release or version after the `@`."""
        return verification.verify(self._ledger, self._directories, which, settings=self._settings())

    def audit(self) -> tuple[Finding, ...]:
        """Return all that is wrong with its log, the objects that this names, its checkpoint and its releases."""
        records = self._ledger.storage
        return auditing.audit(records, self._directories, self.name, settings=self._settings()).findings
