"""How far the deliveries to one destination have come, and what the last attempts came to: one file a destination.

The log itself is the queue: what waits is what comes after the last position that was delivered.
"""

import msgspec

from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.storage import Storage

FOLDER = "deliveries"
_KEPT = 100  # attempts


class Attempt(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One attempt to deliver.

    Attributes:
        time: When it began, UTC.
        first: Position of the first event that it was about.
        last: Position of the last one.
        seconds: How long it took.
        error: Why it failed; empty if it did not.
        skipped: Whether somebody gave these events up instead.
    """

    time: str
    first: int
    last: int
    seconds: float
    error: str = ""
    skipped: bool = False


class DeliveryRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of the deliveries of one model to one destination.

    Attributes:
        delivered: Position of the last event that is there, or that it need not have; 0 for none.
        failures: How many attempts in a row have failed.
        attempts: The last attempts, oldest first.
    """

    delivered: int = 0
    failures: int = 0
    attempts: tuple[Attempt, ...] = ()

    def after(self, attempt: Attempt) -> "DeliveryRecord":
        """Return this record with one more attempt."""
        kept = (*self.attempts, attempt)[-_KEPT:]
        if attempt.error:
            return msgspec.structs.replace(self, failures=self.failures + 1, attempts=kept)
        return DeliveryRecord(delivered=attempt.last, attempts=kept)

    def passed(self, seq: int) -> "DeliveryRecord":
        """Return this record after events that the destination does not want."""
        return msgspec.structs.replace(self, delivered=seq)


def read_record(storage: Storage, destination: str) -> DeliveryRecord | None:
    """Return the record of a destination; None if nothing was ever delivered there.

    Args:
        storage: The model's records.
        destination: The destination's name.

    Raises:
        CorruptLogError: If it is damaged.
    """
    key = _key(destination)
    data = storage.read(key)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=DeliveryRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        msg = (
            f"{storage.root}/{key} is damaged ({error}): delete it, then webhooks begin with what comes next, "
            "and mirrors are filled anew"
        )
        raise CorruptLogError(msg) from error


def write_record(storage: Storage, destination: str, record: DeliveryRecord) -> None:
    """Keep the record of a destination.

    Raises:
        StorageError: If it cannot be written.
    """
    storage.replace(_key(destination), msgspec.json.encode(record))


def _key(destination: str) -> str:
    return f"{FOLDER}/{destination}.json"
