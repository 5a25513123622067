"""A model's records in memory: what is committed to them changes nothing on the disk."""

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from tfx_hallmark.registry.events import Data, Event, schema_of, seal
from tfx_hallmark.registry.fold import apply
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.objects import ObjectStore, object_digest
from tfx_hallmark.registry.state import ModelState

T = TypeVar("T")


class RehearsedObjects:
    """Objects of which the new ones are kept in memory.

    Args:
        objects: Those that are stored.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self._objects = objects
        self._new: dict[str, Any] = {}

    def put(self, value: object) -> str:
        """Keep a value; return its digest."""
        digest = object_digest(value)
        self._new[digest] = value
        return digest

    def get(self, digest: str, kind: type[T]) -> T:
        """Return a value; the arguments and errors are those of `ObjectStore.get`."""
        kept: T | None = self._new.get(digest)
        return self._objects.get(digest, kind) if kept is None else kept


class Rehearsal:
    """Stands in for a ledger where nothing may be written.

    Args:
        ledger: What is really there.
    """

    def __init__(self, ledger: Ledger) -> None:
        self.model = ledger.model
        self.objects = RehearsedObjects(ledger.objects)
        self._state = msgspec.msgpack.decode(msgspec.msgpack.encode(ledger.refresh()), type=ModelState)

    def refresh(self) -> ModelState:
        """Return the state with what was rehearsed in it."""
        return self._state

    def commit(
        self, decide: Callable[[ModelState], Data | None], *, actor: str, reason: str = ""
    ) -> Event | None:
        """Fold in what `decide` makes of the state; the arguments are those of `Ledger.commit`."""
        state = self._state
        data = decide(state)
        if data is None:
            return None
        event = Event(
            schema=schema_of(data),
            seq=state.seq + 1,
            model=self.model,
            time=utc_now(),
            actor=actor,
            reason=reason,
            prev=state.seal,
            data=data,
        )
        apply(state, event, seal(event)[1])
        return event
