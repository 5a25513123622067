"""A release that is made ready under `.hallmark/<model>/staging/<id>/` in an object store.

`ready.json` lists its files. It is written last, when they all have arrived, and deleted first, when they all
have been exposed: as long as it is there, exposing can begin anew.
"""

import uuid
from collections.abc import Iterable
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import StorageError
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.object_stores.bucket import Bucket
from tfx_hallmark.registry.object_stores.transfer import Counter, StoredFile, copy_objects, upload
from tfx_hallmark.registry.release_storage import Additions
from tfx_hallmark.registry.savedmodel.graph_file import BINARY_FILE, TEXT_FILE
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, ContentDigest, combine, model_files

GRAPH_FILES = (BINARY_FILE, TEXT_FILE)
_READY = "ready.json"


class _Ready(msgspec.Struct, frozen=True):
    version: str
    files: tuple[StoredFile, ...]


class StagedPrefix:
    """A `release_storage.StagedRelease` in an object store.

    Args:
        bucket: The store.
        area: The model's staging area.
        base: The base path that it is made for.
        progress: Told the bytes that go up.
    """

    def __init__(self, bucket: Bucket, area: str, base: str, progress: Progress) -> None:
        self.name = uuid.uuid4().hex
        self._bucket = bucket
        self._folder = f"{area}/{self.name}"
        self._base = base
        self._progress = progress
        self._files: list[StoredFile] = []

    def copy(self, candidate: Path) -> ContentDigest:
        """Upload a candidate's files; return the digest of the bytes that were handed to the store.

        Raises:
            InvalidModelError: If the candidate holds what a model may not.
            StorageError: If it cannot be written.
        """
        files = model_files(candidate)
        total = sum((candidate / file).stat().st_size for file in files)
        moved = Counter(total, self._progress)
        content = combine(upload(self._bucket, candidate, files, model_of(self._folder), moved=moved))
        self._files = [StoredFile(file.path, file.size) for file in content.files]
        return content

    def repeat(self, number: int, content: ContentDigest) -> None:
        """Copy the files of an earlier release within the store.

        Raises:
            StorageError: If they cannot be copied.
        """
        self._files = [StoredFile(file.path, file.size) for file in content.files]
        source = f"{self._base}/{number}"
        try:
            copy_objects(self._bucket, source, model_of(self._folder), self._files)
        except FileNotFoundError as error:
            msg = f"{self._bucket.url / source} was deleted while it was copied: run the same again"
            raise StorageError(msg) from error

    def finish(self, additions: Additions) -> None:
        """Add what hallmark adds, make sure that all of it has arrived, and list its files.

        Raises:
            StorageError: If it cannot be written, or the store holds other than what was sent.
        """
        added = {HALLMARK_FILE: msgspec.json.encode(additions.identity)}
        if additions.warmup:
            added[WARMUP_FILE] = additions.warmup
        for path, data in added.items():
            self._bucket.replace(f"{model_of(self._folder)}/{path}", data)
        files = [*self._files, *(StoredFile(path, len(data)) for path, data in added.items())]
        require_files(self._bucket, model_of(self._folder), files)
        ready = _Ready(additions.identity.version, tuple(files))
        self._bucket.replace(f"{self._folder}/{_READY}", msgspec.json.encode(ready))


def model_of(folder: str) -> str:
    """Return where the files of a staged release lie."""
    return f"{folder}/model"


def read_ready(bucket: Bucket, folder: str) -> tuple[StoredFile, ...] | None:
    """Return the files of a staged release; None if it is not ready, or not there any more.

    Raises:
        StorageError: If it cannot be told.
    """
    data = bucket.read(f"{folder}/{_READY}")
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=_Ready).files
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = f"{bucket.url / folder}/{_READY} is damaged ({error}): push the same model again"
        raise StorageError(msg) from error


def delete_staged(bucket: Bucket, folder: str) -> None:
    """Delete a staging folder, first what makes it ready."""
    bucket.delete([f"{folder}/{_READY}"])
    bucket.delete(each.key for each in bucket.objects(folder))


def require_files(bucket: Bucket, folder: str, files: list[StoredFile] | tuple[StoredFile, ...]) -> None:
    """Make sure that a folder holds files of these names and sizes and nothing else: one listing.

    Raises:
        StorageError: If it does not.
    """
    wanted = {file.path: file.size for file in files}
    there = stored_files(bucket, folder)
    if {file.path: file.size for file in there} != wanted:
        different = sorted({file.path for file in set(there) ^ set(files)})
        msg = (
            f"{bucket.url / folder} does not hold what was written there, first in {different[0]}: "
            "another program writes there; run the same again when it does no more"
        )
        raise StorageError(msg)


def stored_files(bucket: Bucket, folder: str) -> list[StoredFile]:
    """Return the files under a folder: one listing."""
    start = len(folder) + 1
    return [StoredFile(each.key[start:], each.size) for each in bucket.objects(folder)]


def in_order(files: Iterable[StoredFile]) -> list[list[StoredFile]]:
    """Part files into those that may come in any order, the one that hallmark adds, and the graph file."""
    last = (HALLMARK_FILE, *GRAPH_FILES)
    parts: list[list[StoredFile]] = [[], [], []]
    for file in files:
        parts[0 if file.path not in last else 1 if file.path == HALLMARK_FILE else 2].append(file)
    return parts
