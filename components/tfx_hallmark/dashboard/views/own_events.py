"""Where in a model's log each version's events are."""

import threading
import weakref

from tfx_hallmark.registry.event_kinds import Adopted, Imported, Tagged
from tfx_hallmark.registry.model import Model

_FIRST = (Tagged, Adopted, Imported)


class _Index:
    """Positions by version in one unbroken part of a log; events never change, so it only grows.

    Attributes:
        low: The first position that was read.
        high: The last one.
        positions: By version, in no order.
        begun: The versions whose first event was read: nothing before it is theirs.
    """

    def __init__(self, last: int) -> None:
        self.low, self.high = last + 1, last
        self.positions: dict[str, list[int]] = {}
        self.begun: set[str] = set()

    def read_up(self, model: Model, last: int) -> None:
        """Take in what was added since."""
        while self.high < last:
            self._take(model, self.high + 1)
            self.high += 1

    def read_down(self, model: Model, version: str) -> None:
        """Take in older events, back to the first one of a version."""
        while version not in self.begun and self.low > 1:
            self._take(model, self.low - 1)
            self.low -= 1

    def _take(self, model: Model, seq: int) -> None:
        event = model.event(seq)
        version = event.data.version
        self.positions.setdefault(version, []).append(seq)
        # A directory may be adopted as one more release of a version that there is.
        if isinstance(event.data, _FIRST) and event.time == model.state.versions[version].created:
            self.begun.add(version)


_LOCK = threading.Lock()
_INDEXES: "weakref.WeakKeyDictionary[Model, _Index]" = weakref.WeakKeyDictionary()


def own_events(model: Model, version: str) -> list[int]:
    """Return the positions of a version's events, oldest first.

    The log is read back to where the version begins, each event once for all calls.

    Args:
        model: The model; used by this thread alone.
        version: Semantic version.

    Raises:
        CorruptLogError: If an event is damaged or missing.
    """
    last = model.state.seq
    with _LOCK:
        index = _INDEXES.setdefault(model, _Index(last))
    index.read_up(model, last)
    index.read_down(model, version)
    return sorted(index.positions.get(version, []))
