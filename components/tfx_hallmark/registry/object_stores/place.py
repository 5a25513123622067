"""A registry root in an object store."""

from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.object_stores.bucket import connect
from tfx_hallmark.registry.object_stores.releases import ObjectReleases
from tfx_hallmark.registry.object_stores.storage import ObjectStorage
from tfx_hallmark.registry.store_url import StoreUrl

_RECORDS = ".hallmark"
_MARK = ".root"


class ObjectStorePlace:
    """A `roots.Place` under a prefix of a bucket.

    Args:
        root: Its URL.
        progress: Told the bytes that go up or down.

    Raises:
        ConfigError: If obstore is not installed, or the environment does not say what it needs.
    """

    def __init__(self, root: StoreUrl, progress: Progress) -> None:
        self.root = root
        self._bucket = connect(root)
        self._progress = progress

    def is_registry(self) -> bool:
        """Tell whether a registry is there: one listing.

        Raises:
            StorageError: If the store cannot be asked.
        """
        return any(self._bucket.names(_RECORDS))

    def create(self) -> None:
        """Make one if there is none: an object that says so, for a prefix alone cannot be there.

        Raises:
            StorageError: If it cannot be written.
        """
        if not self.is_registry():
            self.records().create(_MARK, b"")

    def records(self) -> ObjectStorage:
        """Return where the records of all models lie."""
        return ObjectStorage(self._bucket, _RECORDS)

    def model_records(self, model: str) -> ObjectStorage:
        """Return where the records of one model lie."""
        return ObjectStorage(self._bucket, f"{_RECORDS}/{model}")

    def releases(self, model: str) -> ObjectReleases:
        """Return where the releases of one model lie."""
        return ObjectReleases(self._bucket, model, self._progress)
