"""One root in an object store: the few requests that everything else is made of, their errors in one line.

The client is obstore, which takes credentials and endpoints from the environment, as the stores' own tools
do, and repeats what failed for a moment.
"""

import contextlib
import os
import re
import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from tfx_hallmark.registry.errors import ConfigError, StorageError
from tfx_hallmark.registry.store_url import StoreUrl

if TYPE_CHECKING:
    from obstore.store import ObjectStore

PIECE = 8 * 1024 * 1024  # bytes of one part of a multipart upload, and of one piece of a download
COPY_LIMIT = 5 * 1024**3  # bytes; what S3's CopyObject takes
_WRITER = "hallmarkwriter"  # no hyphen for Azure, no underscore for the servers that drop such headers
_AT_ONCE = 4  # parts of one upload under way
_RETRIES: Any = {
    "max_retries": 5,
    "retry_timeout": timedelta(seconds=60),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=5), "base": 2},
}
# What the environment says of the connection: obstore reads these too, but not beside options of ours.
_PREFIXES = {"s3": "AWS_", "s3a": "AWS_", "gs": "GOOGLE_"}
_CONNECTION = (
    "allow_http",
    "allow_invalid_certificates",
    "connect_timeout",
    "http1_only",
    "http2_only",
    "proxy_ca_certificate",
    "proxy_excludes",
    "proxy_url",
    "read_timeout",
    "timeout",
    "user_agent",
)
# A piece may take long over a slow line, and so may making one object of many parts; silence may not.
_PATIENCE: Any = {
    "connect_timeout": timedelta(seconds=10),
    "read_timeout": timedelta(minutes=5),
    "timeout": timedelta(hours=1),
}
_MISSING = 404
_DENIED = (403, 401)
_SAID_STATUS = re.compile(r"status code: (\d{3})\b")
_memory: dict[str, Any] = {}


class StoredObject(msgspec.Struct, frozen=True):
    """An object as a listing tells of it.

    Attributes:
        key: Relative to the root.
        size: Bytes.
        modified: When it was written.
    """

    key: str
    size: int
    modified: datetime


def connect(url: StoreUrl) -> "Bucket":
    """Return the bucket that a URL names; nothing is asked of it yet.

    Raises:
        ConfigError: If obstore is not installed, or the environment does not say what it needs.
    """
    try:
        from obstore import store
    except ImportError as error:
        msg = f"{url} lies in an object store, which needs obstore: pip install 'tfx-hallmark[object-stores]'"
        raise ConfigError(msg) from error
    if url.scheme == "memory":
        # It lives as long as the process: every registry that is opened under one name shares it.
        return Bucket(url, _memory.setdefault(str(url), store.MemoryStore()))
    try:
        return Bucket(
            url, store.from_url(str(url), retry_config=_RETRIES, client_options=_connection(url.scheme))
        )
    except Exception as error:
        msg = f"{url} cannot be used: {_first_line(error)}; see docs/object-stores.md for what the environment must say"
        raise ConfigError(msg) from error


def _connection(scheme: str) -> Any:
    prefix = _PREFIXES.get(scheme, "AZURE_")
    given = {name: os.environ.get(f"{prefix}{name.upper()}") for name in _CONNECTION}
    return _PATIENCE | {name: value for name, value in given.items() if value is not None}


class Bucket:
    """The objects under a root; get it from `connect`.

    Args:
        url: The root.
        store: obstore's access to it.
    """

    def __init__(self, url: StoreUrl, store: "ObjectStore") -> None:
        self.url = url
        self._store = store

    def read(self, key: str) -> bytes | None:
        """Return an object's bytes, or None if it is absent."""
        with self._explained(f"reading {self.url / key}"):
            try:
                return bytes(self._store.get(key).bytes())
            except FileNotFoundError:
                return None

    def size(self, key: str) -> int | None:
        """Return the bytes in an object, or None if it is absent."""
        with self._explained(f"looking for {self.url / key}"):
            try:
                return self._store.head(key)["size"]
            except FileNotFoundError:
                return None

    def create(self, key: str, data: bytes) -> bool:
        """Write an object unless it is there (`If-None-Match: *`); return whether this call wrote it."""
        writer = uuid.uuid4().hex
        with self._explained(f"writing {self.url / key}"):
            try:
                self._store.put(key, data, mode="create", use_multipart=False, attributes={_WRITER: writer})
            except Exception as error:
                # An answer may be lost and the request repeated: then what is in the way is our own.
                written = self._written_by(key)
                if written is None or (not written and not _is_taken(error)):
                    raise
                return written == writer
        return True

    def _written_by(self, key: str) -> str | None:
        """Return who wrote an object: "" if it does not say, None if it is absent or cannot be asked."""
        try:
            return str(self._store.get(key).attributes.get(_WRITER, ""))
        except Exception:
            return None

    def replace(self, key: str, data: bytes) -> None:
        """Write an object, in place of whatever it held."""
        with self._explained(f"writing {self.url / key}"):
            self._store.put(key, data, use_multipart=False)

    def read_revision(self, key: str) -> tuple[bytes, Any]:
        """Return an object's bytes, none if it is absent, and what names this revision of it."""
        with self._explained(f"reading {self.url / key}"):
            try:
                found = self._store.get(key)
            except FileNotFoundError:
                return b"", None
            named = {name: found.meta[name] for name in ("e_tag", "version")}
            return bytes(found.bytes()), {name: value for name, value in named.items() if value is not None}

    def replace_revision(self, key: str, data: bytes, revision: Any) -> bool:
        """Write an object if it is still as it was read (`If-Match`); return whether it was."""
        if revision is None:
            return self.create(key, data)
        from obstore import exceptions

        with self._explained(f"writing {self.url / key}"):
            try:
                self._store.put(key, data, mode=revision, use_multipart=False)
            except (exceptions.PreconditionError, FileNotFoundError):
                return False
        return True

    def upload(self, key: str, pieces: Iterator[bytes]) -> None:
        """Write an object piece by piece; it is there when the last one has arrived, and not before."""
        with self._explained(f"uploading {self.url / key}"):
            self._store.put(key, pieces, use_multipart=True, chunk_size=PIECE, max_concurrency=_AT_ONCE)

    def pieces(self, key: str) -> Iterator[bytes]:
        """Read an object piece by piece.

        Raises:
            StorageError: If it is absent, too.
        """
        with self._explained(f"reading {self.url / key}"):
            for piece in self._store.get(key).stream(min_chunk_size=PIECE):
                yield bytes(piece)

    def copy(self, source: str, target: str, *, size: int) -> None:
        """Copy an object within the store; its bytes go through this process only if it is too big for that.

        Raises:
            FileNotFoundError: If the source is absent.
            StorageError: If it cannot be copied otherwise.
        """
        import obstore

        with self._explained(
            f"copying {self.url / source} to {self.url / target}", missing_is_an_error=False
        ):
            if size > COPY_LIMIT:
                found = self._store.get(source)
                writer = obstore.open_writer(self._store, target, buffer_size=8 * PIECE)
                for piece in found.stream(min_chunk_size=PIECE):
                    writer.write(bytes(piece))
                # Not in a `with`, which would make an object of what has come before an error.
                writer.close()
            else:
                self._store.copy(source, target)

    def objects(self, folder: str) -> list[StoredObject]:
        """Return all objects under a folder and its folders, sorted by key: one request per thousand."""
        with self._explained(f"listing {self.url / folder}"):
            found = [
                StoredObject(each["path"], each["size"], each["last_modified"])
                for page in self._store.list(folder or None)
                for each in page
            ]
        return sorted(found, key=lambda each: each.key)

    def names(self, folder: str) -> tuple[list[str], list[str]]:
        """Return the names of the folders and of the objects directly in a folder, sorted: one request per thousand."""
        with self._explained(f"listing {self.url / folder}"):
            listed = self._store.list_with_delimiter(folder or None)
            folders = sorted(path.rpartition("/")[2] for path in listed["common_prefixes"])
            objects = sorted(each["path"].rpartition("/")[2] for each in listed["objects"])
        return folders, objects

    def is_followed(self, key: str) -> bool:
        """Tell whether an object of the same folder sorts after a key: one request."""
        folder = key.rpartition("/")[0]
        with self._explained(f"listing {self.url / folder}"):
            return any(page for page in self._store.list(folder, offset=key, chunk_size=1))

    def delete(self, keys: Iterable[str]) -> None:
        """Delete objects, a thousand in a request where the store can; no error for those that are absent."""
        listed = list(keys)
        if not listed:
            return
        with self._explained(f"deleting {self.url / listed[0]}"):
            try:
                self._store.delete(listed)
            except FileNotFoundError:
                for key in listed:
                    with contextlib.suppress(FileNotFoundError):
                        self._store.delete(key)

    @contextlib.contextmanager
    def _explained(self, doing: str, *, missing_is_an_error: bool = True) -> Iterator[None]:
        from obstore import exceptions

        try:
            yield
        except (exceptions.BaseError, OSError) as error:
            if isinstance(error, FileNotFoundError) and not missing_is_an_error:
                raise
            status = _status(error)
            if status == _MISSING:
                msg = f"failed while {doing}: there is no such object or bucket"
            elif status in _DENIED:
                msg = f"no permission while {doing}: check the credentials in the environment and what they may do"
            else:
                said = _first_line(error)
                msg = f"failed while {doing}: {said}; check the endpoint in the environment and the network"
            raise StorageError(msg) from error


def _status(error: Exception) -> int:
    """Return the status that a server answered with; 0 if the error is none of its answers."""
    from obstore import exceptions

    if isinstance(error, FileNotFoundError):
        return _MISSING
    if isinstance(error, exceptions.PermissionDeniedError | exceptions.UnauthenticatedError):
        return _DENIED[0]
    # Of a listing the client tells in words alone.
    found = _SAID_STATUS.search(str(error))
    return 0 if found is None else int(found[1])


def _is_taken(error: Exception) -> bool:
    from obstore import exceptions

    return isinstance(error, FileExistsError | exceptions.AlreadyExistsError | exceptions.PreconditionError)


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
