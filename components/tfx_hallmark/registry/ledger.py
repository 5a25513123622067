"""Log, state and checkpoint of one model together: read what is true now, and commit to it."""

from collections.abc import Callable, Iterator

from tfx_hallmark.registry import checkpoint
from tfx_hallmark.registry.event_kinds import Pruned
from tfx_hallmark.registry.events import GENESIS, Data, Event
from tfx_hallmark.registry.fold import apply
from tfx_hallmark.registry.log import EventLog
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.state import ModelState, Release
from tfx_hallmark.registry.storage import Storage


class Ledger:
    """The records of one model.

    Args:
        storage: Where they lie.
        model: The model's name.
    """

    def __init__(self, storage: Storage, model: str) -> None:
        self.model = model
        self.storage = storage
        self.objects = ObjectStore(storage)
        self._log = EventLog(storage, model)
        self._state = checkpoint.load(storage, self._log, model)
        self._mark_checkpoint()

    def refresh(self) -> ModelState:
        """Fold in whatever was committed since the last look, by anyone, and return the state.

        Raises:
            CorruptLogError: If the log is damaged.
            NewerSchemaError: If a newer hallmark wrote to it.
        """
        for event, seal in self._log.after(self._state.seq, self._state.seal):
            self._apply(event, seal)
        return self._state

    def commit(
        self, decide: Callable[[ModelState], Data | None], *, actor: str, reason: str = ""
    ) -> Event | None:
        """Commit what `decide` makes of the state at the very moment of the commit.

        `decide` is called again whenever another writer was first, so it must have no effect of its
        own; no event comes between the state it saw and the one it returns.

        Args:
            decide: Returns the event's data, or None for nothing to commit. What it raises ends the
                commit with nothing written.
            actor: Who or what does it.
            reason: Why.

        Returns:
            The committed event, or None if `decide` wanted none.

        Raises:
            StorageError: If the event cannot be written.
        """
        while True:
            state = self.refresh()
            data = decide(state)
            if data is None:
                return None
            committed = self._log.append(state.seq + 1, state.seal, data, actor=actor, reason=reason)
            if committed is not None:
                self._apply(*committed)
                return committed[0]

    def events(self) -> Iterator[Event]:
        """Read the whole log from its first event, checking the chain."""
        return (event for event, _ in self.sealed_events(after=0))

    def sealed_events(self, *, after: int) -> Iterator[tuple[Event, str]]:
        """Read the log on from a position, each event with its seal, checking the chain.

        Args:
            after: The last position that is not wanted; 0 for the whole log.

        Raises:
            CorruptLogError: If an event is damaged, missing, or does not follow the one before.
        """
        last = self.refresh().seq
        seq = min(after, last)
        prev = self._sealed(seq)[1] if seq else GENESIS
        for event, seal in self._log.after(seq, prev):
            seq = event.seq
            yield event, seal
        if seq < last:
            raise self._log.missing(seq + 1)

    def newest_first(self) -> Iterator[Event]:
        """Read the log back from its end, checking the chain."""
        state = self.refresh()
        return self._log.before(state.seq, state.seal)

    def event(self, seq: int) -> Event:
        """Read one event.

        Raises:
            CorruptLogError: If it is damaged or missing.
        """
        return self._sealed(seq)[0]

    def _sealed(self, seq: int) -> tuple[Event, str]:
        found = self._log.read(seq)
        if found is None:
            raise self._log.missing(seq)
        return found

    def unsettled_releases(self) -> dict[int, Release]:
        """Return the releases since the last checkpoint: the only ones that may not be exposed yet."""
        return {
            number: release
            for number, release in self._state.releases.items()
            if number > self._settled and release.staging
        }

    def unsettled_prunings(self) -> frozenset[int]:
        """Return the releases pruned since the last checkpoint: the only ones whose bytes may be there still."""
        return frozenset(self._prunings)

    def save_checkpoint(self) -> None:
        """Save the state if enough events came since; its releases must be exposed, its prunings carried out."""
        if checkpoint.save_if_due(self.storage, self._state, self._checkpointed):
            self._mark_checkpoint()

    def _apply(self, event: Event, seal: str) -> None:
        apply(self._state, event, seal)
        if isinstance(event.data, Pruned):
            self._prunings.update(event.data.releases)

    def _mark_checkpoint(self) -> None:
        self._prunings: set[int] = set()
        self._checkpointed = self._state.seq
        self._settled = max(self._state.releases, default=0)
