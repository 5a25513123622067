"""The files of a release in an object store, to be held against its manifest."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future

from tfx_hallmark.registry.errors import InvalidModelError, StorageError
from tfx_hallmark.registry.examining.hashing import Hasher
from tfx_hallmark.registry.object_stores.bucket import Bucket
from tfx_hallmark.registry.object_stores.staging import stored_files
from tfx_hallmark.registry.object_stores.transfer import StoredFile, hash_object
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, FileEntry, said_warmup


class ObjectReleaseFiles:
    """A `release_storage.ReleaseFiles` in an object store, where there are neither links nor empty folders.

    Args:
        bucket: The store.
        folder: The release's prefix.
    """

    def __init__(self, bucket: Bucket, folder: str) -> None:
        self._bucket = bucket
        self._folder = folder

    @property
    def location(self) -> str:
        """Its URL."""
        return str(self._bucket.url / self._folder)

    def walk(self) -> Iterator[tuple[str, InvalidModelError | None]]:
        """Yield each file's path: one listing."""
        for file in stored_files(self._bucket, self._folder):
            if file.path != HALLMARK_FILE:
                yield file.path, None

    def of_the_model(self) -> list[StoredFile]:
        """Return the model's own files, without what hallmark adds.

        Raises:
            InvalidModelError: If it must be read which they are, and cannot be.
        """
        files = [file for file in stored_files(self._bucket, self._folder) if file.path != HALLMARK_FILE]
        if not any(file.path == WARMUP_FILE for file in files) or said_warmup(self.read_identity()) is None:
            return files
        return [file for file in files if file.path != WARMUP_FILE]

    def is_link(self, relative: str) -> bool:
        """Return False."""
        return False

    def submit(self, hasher: Hasher, relative: str) -> "Future[FileEntry]":
        """Start to hash an object, read piece by piece; the future raises InvalidModelError if it cannot be read."""

        def read(on_read: Callable[[int], None]) -> FileEntry:
            try:
                return hash_object(self._bucket, self._folder, relative, on_read=on_read)
            except StorageError as error:
                raise InvalidModelError(str(error)) from error

        return hasher.submit_reading(read)

    def read_identity(self) -> bytes:
        """Return what the file says that says which version it is.

        Raises:
            InvalidModelError: If it is missing or cannot be read.
        """
        try:
            data = self._bucket.read(f"{self._folder}/{HALLMARK_FILE}")
        except StorageError as error:
            raise InvalidModelError(str(error)) from error
        if data is None:
            msg = f"{HALLMARK_FILE} is missing"
            raise InvalidModelError(msg)
        return data

    def empty_folders(self) -> Iterator[str]:
        """Yield nothing."""
        return iter(())
