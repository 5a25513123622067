"""What the log of a model says; `Model` is one."""

from collections.abc import Iterator

from tfx_hallmark.registry import time_travel
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find_named
from tfx_hallmark.registry.state import ModelState, VersionState
from tfx_hallmark.registry.verdict import VersionAt


class LoggedModel:
    """A model as its log knows it: what is true now, what was at a moment, and the events themselves.

    Args:
        ledger: The model's records.

    Attributes:
        name: The model's name.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.name = ledger.model

    @property
    def state(self) -> ModelState:
        """Everything the log says, up to this moment."""
        return self._ledger.refresh()

    def state_at(self, time: str) -> ModelState:
        """Return everything the log said at a moment, as `time_travel.parse_time` returns it."""
        return time_travel.state_at(self._ledger, time)

    def stable(self) -> VersionAt | None:
        """Return what is stable now, with its release; None if nothing is."""
        return self.state.stable_at

    def events(self) -> Iterator[Event]:
        """Read the log from its first event, checking the chain."""
        return self._ledger.events()

    def sealed_events(self, *, after: int = 0) -> Iterator[tuple[Event, str]]:
        """Read the log on from a position, each event with its seal (its file's SHA-256), checking the chain.

        Args:
            after: The last position that is not wanted; 0 for the whole log.

        Raises:
            CorruptLogError: If an event is damaged, missing, or does not follow the one before.
        """
        return self._ledger.sealed_events(after=after)

    def newest_first(self) -> Iterator[Event]:
        """Read the log back from its end, checking the chain."""
        return self._ledger.newest_first()

    def event(self, seq: int) -> Event:
        """Read one event by its position.

        Raises:
            CorruptLogError: If it is damaged or missing.
        """
        return self._ledger.event(seq)

    def _found(self, which: str) -> VersionState:
        return find_named(self.state, which)

    def _named(self, which: str) -> str:
        return self._found(which).version
