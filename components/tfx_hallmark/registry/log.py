"""The event log of one model: the truth from which everything else can be rebuilt.

One file per event, named by its position. Committing is creating the next position if it is
absent: a compare-and-swap that needs no lock and no server, in the manner of Delta Lake's log.
"""

import datetime
from collections.abc import Iterator

from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.events import Data, Event, schema_of, seal, unseal
from tfx_hallmark.registry.storage import Storage

_STEPS = 20


def utc_now() -> str:
    """Return the time as RFC 3339 with microseconds, in UTC."""
    return as_utc(datetime.datetime.now(datetime.timezone.utc))


def as_utc(moment: datetime.datetime) -> str:
    """Return a moment as events have it: RFC 3339 with microseconds, in UTC; so they sort as text."""
    utc = moment.astimezone(datetime.timezone.utc)
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")


class EventLog:
    """The log of one model.

    Args:
        storage: Where the model's records lie.
        model: The model's name.
    """

    def __init__(self, storage: Storage, model: str) -> None:
        self._storage = storage
        self._model = model

    def read(self, seq: int) -> tuple[Event, str] | None:
        """Return the event at a position with its seal, or None past the end.

        Raises:
            CorruptLogError: If the file is truncated, edited or of another place.
            NewerSchemaError: If a newer hallmark wrote it.
        """
        key = event_key(seq)
        data = self._storage.read(key)
        if data is None:
            return None
        event, digest = unseal(data, self._where(seq))
        if event.seq != seq or event.model != self._model:
            msg = (
                f"event {self._where(seq)} says it is event {event.seq} of model {event.model!r}: "
                "it was moved; restore the log from a backup of the registry root"
            )
            raise CorruptLogError(msg)
        return event, digest

    def after(self, seq: int, prev: str) -> Iterator[tuple[Event, str]]:
        """Read on from a position, checking the chain.

        Args:
            seq: The last position already known; 0 for none.
            prev: Its seal; `GENESIS` for none.

        Yields:
            Each further event with its seal.

        Raises:
            CorruptLogError: If an event is damaged, missing, or does not follow the one before.
            NewerSchemaError: If a newer hallmark wrote one.
        """
        while True:
            seq += 1
            found = self.read(seq)
            if found is None:
                self._check_end(seq)
                return
            event, digest = found
            if event.prev != prev:
                msg = (
                    f"event {self._where(seq)} does not follow the event before it: one of the two was "
                    "replaced; restore the log from a backup of the registry root"
                )
                raise CorruptLogError(msg)
            yield event, digest
            prev = digest

    def before(self, seq: int, seal: str) -> Iterator[Event]:
        """Read back from a position, checking the chain, so that the newest events cost no reading of the oldest.

        Args:
            seq: The position to start with; 0 for an empty log.
            seal: Its seal.

        Yields:
            That event and each one before it.

        Raises:
            CorruptLogError: If an event is damaged, missing, or is not the one that the next one follows.
        """
        while seq > 0:
            found = self.read(seq)
            if found is None:
                raise self.missing(seq)
            event, digest = found
            if digest != seal:
                msg = f"event {self._where(seq)} was replaced: restore the log from a backup of the registry root"
                raise CorruptLogError(msg)
            yield event
            seq, seal = seq - 1, event.prev

    def append(self, seq: int, prev: str, data: Data, *, actor: str, reason: str) -> tuple[Event, str] | None:
        """Commit an event at a position; return it with its seal, or None if the position is taken.

        Args:
            seq: The position; one past the last known.
            prev: The seal of the event before.
            data: What happened.
            actor: Who or what did it.
            reason: Why; may be empty.

        Raises:
            StorageError: If it cannot be written.
        """
        event = Event(
            schema=schema_of(data),
            seq=seq,
            model=self._model,
            time=utc_now(),
            actor=actor,
            reason=reason,
            prev=prev,
            data=data,
        )
        encoded, digest = seal(event)
        return (event, digest) if self._storage.create(event_key(seq), encoded) else None

    def missing(self, seq: int) -> CorruptLogError:
        """Return the error that says that an event is lost."""
        msg = f"event {self._where(seq)} is missing: restore it from a backup of the registry root"
        return CorruptLogError(msg)

    def _check_end(self, seq: int) -> None:
        # Looks past the end at ever greater steps: any gap with at least as many events behind it shows, and
        # a directory of half a million files need not be listed.
        later = (event_key(seq + (1 << step)) for step in range(_STEPS))
        gap = self._storage.is_followed(event_key(seq), by=later)
        # Others may have committed all of these since the look at the end itself.
        if gap and not self._storage.exists(event_key(seq)):
            raise self.missing(seq)

    def _where(self, seq: int) -> str:
        # Asked for each event read, for an error that it may have: no path object is made for it.
        return f"{self._storage.root}/{event_key(seq)}"


def event_key(seq: int) -> str:
    """Return where the event at a position lies, relative to the model's records."""
    return f"log/{seq:020d}.json"
