"""Where a registry root lies, and what that makes of its parts: records, releases."""

from pathlib import Path
from typing import Protocol

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.storage import LocalStorage, Storage, explain_os_errors, make_directory
from tfx_hallmark.registry.store_url import Root, StoreUrl

RECORDS = ".hallmark"


class Place(Protocol):
    """A root: a directory, or a prefix in an object store."""

    @property
    def root(self) -> Root:
        """Its path or URL."""

    def is_registry(self) -> bool:
        """Tell whether a registry is there."""

    def create(self) -> None:
        """Make one if there is none.

        Raises:
            StorageError: If it cannot be made.
        """

    def records(self) -> Storage:
        """Return where the records of all models lie."""

    def model_records(self, model: str) -> Storage:
        """Return where the records of one model lie."""

    def releases(self, model: str) -> Releases:
        """Return where the releases of one model lie."""


class DirectoryPlace:
    """A root on a file system.

    Args:
        root: Its directory.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def is_registry(self) -> bool:
        """Tell whether a registry is there."""
        return (self.root / RECORDS).is_dir()

    def create(self) -> None:
        """Make one if there is none.

        Raises:
            StorageError: If it cannot be made.
        """
        with explain_os_errors(f"making the registry root {self.root}"):
            make_directory(self.root / RECORDS)

    def records(self) -> LocalStorage:
        """Return where the records of all models lie."""
        return LocalStorage(self.root / RECORDS)

    def model_records(self, model: str) -> LocalStorage:
        """Return where the records of one model lie."""
        return LocalStorage(self.root / RECORDS / model)

    def releases(self, model: str) -> ReleaseDirectories:
        """Return where the releases of one model lie."""
        return ReleaseDirectories(self.root / model, self.root / RECORDS / model / "staging")


def place_of(root: Root, progress: Progress) -> Place:
    """Return the place that a root names; the client of an object store is loaded for a URL alone.

    Args:
        root: Path or URL.
        progress: Told the bytes that go to or come from an object store.

    Raises:
        ConfigError: If it is a URL that cannot be used here.
    """
    if isinstance(root, StoreUrl):
        from tfx_hallmark.registry.object_stores.place import ObjectStorePlace

        return ObjectStorePlace(root, progress)
    return DirectoryPlace(root)


def require_registry(place: Place) -> None:
    """Make sure that a registry is there.

    Raises:
        NotFoundError: If there is none.
        StorageError: If the store cannot be asked.
    """
    if not place.is_registry():
        msg = f"{place.root} holds no registry: give its root by --root, HALLMARK_ROOT or hallmark.yaml"
        raise NotFoundError(msg)
