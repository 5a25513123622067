"""`models.config` in an object store: changed by a conditional write, so that no two writers lose anything."""

from collections.abc import Callable

from tfx_hallmark.registry.object_stores.bucket import Bucket


class ObjectConfigFile:
    """A `serving.server_config.ConfigFile` in an object store.

    Args:
        bucket: The registry root.
        name: The object's name.
    """

    def __init__(self, bucket: Bucket, name: str) -> None:
        self.root = str(bucket.url)
        self.where = str(bucket.url / name)
        self._bucket = bucket
        self._name = name

    def read(self) -> str:
        """Return its text; an empty one if it is absent.

        Raises:
            StorageError: If it cannot be read.
        """
        return (self._bucket.read(self._name) or b"").decode("utf-8", "surrogateescape")

    def rewrite(self, edit: Callable[[str], str]) -> None:
        """Put in its place what `edit` makes of it, unless that is the same; asked anew if others were faster.

        Raises:
            StorageError: If it cannot be read or written.
        """
        while True:
            data, revision = self._bucket.read_revision(self._name)
            before = data.decode("utf-8", "surrogateescape")
            after = edit(before)
            if after == before:
                return
            if self._bucket.replace_revision(self._name, after.encode("utf-8", "surrogateescape"), revision):
                return
