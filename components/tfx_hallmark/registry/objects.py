"""Content-addressed records: manifests, evidence, verdicts, environments.

An object's name is the BLAKE3 digest of its bytes, so it can be written twice but never changed,
and reading checks it. Objects are written before the event that names them; one that no event
names is harmless.
"""

from typing import TypeVar

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import DigestMismatchError, NewerSchemaError, NotFoundError
from tfx_hallmark.registry.storage import Storage

T = TypeVar("T")


def object_digest(value: object) -> str:
    """Return the digest under which a value is stored, or would be."""
    return f"b3:{blake3(_encode(value)).hexdigest()}"


def _encode(value: object) -> bytes:
    return msgspec.json.encode(value, order="sorted")


class ObjectStore:
    """The objects of one model.

    Args:
        storage: Where the model's records lie.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def put(self, value: object) -> str:
        """Store a value as JSON, keys sorted; return its digest, `b3:` and 64 hex digits."""
        data = _encode(value)
        digest = blake3(data).hexdigest()
        key = f"objects/{digest}"
        if not self._storage.exists(key):
            self._storage.create(key, data)
        return f"b3:{digest}"

    def get(self, digest: str, kind: type[T]) -> T:
        """Read an object back as `kind`.

        Raises:
            NotFoundError: If there is no such object.
            DigestMismatchError: If its bytes are not what the digest says.
            NewerSchemaError: If a newer hallmark wrote it in a form unknown here.
        """
        data = self._storage.read(f"objects/{digest.removeprefix('b3:')}")
        where = self._storage.root / "objects" / digest.removeprefix("b3:")
        if data is None:
            msg = f"object {where} is missing: restore it from a backup of the registry root"
            raise NotFoundError(msg)
        if f"b3:{blake3(data).hexdigest()}" != digest:
            msg = f"object {where} was changed after it was written: restore it from a backup of the registry root"
            raise DigestMismatchError(msg)
        try:
            return msgspec.json.decode(data, type=kind)
        except msgspec.ValidationError as error:
            msg = f"object {where} has a form unknown to this hallmark ({error}): update tfx-hallmark"
            raise NewerSchemaError(msg) from error
