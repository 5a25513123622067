"""Records in an object store; the contract is `registry.storage.Storage`'s."""

from collections.abc import Iterable

from tfx_hallmark.registry.object_stores.bucket import Bucket
from tfx_hallmark.registry.store_url import StoreUrl


class ObjectStorage:
    """Records as objects under one folder of a root. Writing an object is atomic and durable as it is.

    Args:
        bucket: The root.
        folder: The folder in it.
    """

    def __init__(self, bucket: Bucket, folder: str) -> None:
        self._bucket = bucket
        self._folder = folder

    @property
    def root(self) -> StoreUrl:
        """Where the keys lie, for messages."""
        return self._bucket.url / self._folder

    def read(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None if it is absent.

        Raises:
            StorageError: If it cannot be read.
        """
        return self._bucket.read(self._at(key))

    def exists(self, key: str) -> bool:
        """Tell whether `key` is there.

        Raises:
            StorageError: If the store cannot be asked.
        """
        return self._bucket.size(self._at(key)) is not None

    def is_followed(self, key: str, *, by: Iterable[str]) -> bool:
        """Tell whether a key of the same folder sorts after `key`: one request, for a listing is in order.

        Raises:
            StorageError: If the store cannot be asked.
        """
        return self._bucket.is_followed(self._at(key))

    def create(self, key: str, data: bytes) -> bool:
        """Write `key` unless it is there; return whether this call wrote it.

        Raises:
            StorageError: If it cannot be written.
        """
        return self._bucket.create(self._at(key), data)

    def replace(self, key: str, data: bytes) -> None:
        """Write `key`, in place of whatever it held.

        Raises:
            StorageError: If it cannot be written.
        """
        self._bucket.replace(self._at(key), data)

    def keys(self, prefix: str) -> list[str]:
        """Return the names directly under the folder `prefix`, sorted; none if it is absent.

        Raises:
            StorageError: If it cannot be listed.
        """
        folders, objects = self._bucket.names(self._at(prefix))
        return sorted({*folders, *objects})

    def remove(self, key: str) -> None:
        """Delete `key`, a record or a whole folder; no error if it is absent.

        Raises:
            StorageError: If it cannot be deleted.
        """
        inside = [each.key for each in self._bucket.objects(self._at(key))]
        self._bucket.delete([self._at(key), *inside])

    def _at(self, key: str) -> str:
        return f"{self._folder}/{key}" if key else self._folder
