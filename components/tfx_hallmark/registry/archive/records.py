"""The records in an archive: laid out as a model's own are, so that the same code reads and checks them."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from tfx_hallmark.registry.archive.reader import Archive, Entry
from tfx_hallmark.registry.errors import (
    ArchiveError,
    CorruptLogError,
    DigestMismatchError,
    InvalidModelError,
    NotFoundError,
)
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.examining.object_audit import ObjectAudit, referred
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.state import ModelState


class MemoryRecords:
    """Records in memory, a `storage.Storage`.

    Args:
        archive: What they come from, for messages.
    """

    def __init__(self, archive: Path) -> None:
        self.root = archive
        self._data: dict[str, bytes] = {}

    def read(self, key: str) -> bytes | None:
        """Return the bytes under `key`, or None if it is absent."""
        return self._data.get(key)

    def exists(self, key: str) -> bool:
        """Tell whether `key` is there."""
        return key in self._data

    def is_followed(self, key: str, *, by: Iterable[str]) -> bool:
        """Tell whether a key of the same folder sorts after `key`; it would be one of `by`."""
        return any(other in self._data for other in by)

    def create(self, key: str, data: bytes) -> bool:
        """Keep `key` unless it is there; return whether this call did."""
        return self._data.setdefault(key, data) is data

    def replace(self, key: str, data: bytes) -> None:
        """Keep `key`, in place of whatever it held."""
        self._data[key] = data

    def keys(self, prefix: str) -> list[str]:
        """Return the names directly under the folder `prefix`, sorted."""
        inside = (key.removeprefix(f"{prefix}/") for key in self._data if key.startswith(f"{prefix}/"))
        return sorted({key.partition("/")[0] for key in inside})

    def remove(self, key: str) -> None:
        """Forget `key`."""
        self._data.pop(key, None)


def take_records(archive: Archive, put: Callable[[str, bytes], object]) -> Iterator[Entry]:
    """Take in the events and objects of an archive; return its files, which follow them.

    Args:
        archive: The archive, of which the header alone was read.
        put: Takes a key, as in a model's records, and its bytes.

    Raises:
        ArchiveError: If an entry is damaged.
    """
    entries = archive.entries()
    for entry in entries:
        if entry.part == "files":
            return chain([entry], entries)
        put(f"log/{entry.key}.json" if entry.part == "log" else f"objects/{entry.key}", entry.data())
    return iter(())


def checked_history(archive: Archive, ledger: Ledger) -> ModelState:
    """Check the records of a whole history: the chain, and every object that it names.

    Args:
        archive: What they come from.
        ledger: Over the records.

    Returns:
        What the log says.

    Raises:
        ArchiveError: If anything in it is missing, damaged or contradicts the rest.
        NewerSchemaError: If a newer hallmark wrote an event.
    """
    try:
        state = ledger.refresh()
        if (state.seq, state.seal) != (archive.header.events, archive.header.seal):
            msg = f"{archive.path} is damaged: its log is not the one that its header names; export it anew"
            raise ArchiveError(msg)
        check_objects(archive, ledger.events(), ledger.objects)
    except CorruptLogError as error:
        raise damaged(archive, error) from error
    return state


def check_objects(archive: Archive, events: Iterable[Event], objects: ObjectStore) -> None:
    """Make sure that every object that events name is there, and says what they say of it.

    Raises:
        ArchiveError: If one is not.
    """
    audit = ObjectAudit(objects)
    for event in events:
        for reference in referred(event):
            for finding in audit.check(reference):
                msg = f"{archive.path} is damaged: {finding.where}: {finding.what}; export it anew"
                raise ArchiveError(msg)


def damaged(
    archive: Archive, error: CorruptLogError | NotFoundError | DigestMismatchError | InvalidModelError
) -> ArchiveError:
    """Return what to say of a record of an archive that cannot be used."""
    what = str(error).rpartition(": ")[0] or str(error)
    return ArchiveError(f"{archive.path} is damaged: {what}; copy it again, or export it anew")
