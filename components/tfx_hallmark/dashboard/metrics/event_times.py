"""When the gate last refused, and when versions were last evaluated and monitored: a model's state dates neither."""

import time
from collections.abc import Iterable

from tfx_hallmark.registry.event_kinds import Evaluated, Monitored, Refused
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model


class EventTimes:
    """Reads a model's log as far back as what is asked for, each event once however often it is asked.

    One that takes too long goes on where it was at the next call: a long log in an object store takes minutes.
    """

    def __init__(self) -> None:
        self._low: int | None = None
        self._high = 0
        self._refused: str | None = None
        self._evaluated: dict[str, str] = {}
        self._monitored: dict[str, str] = {}

    def look(
        self,
        model: Model,
        *,
        refusal: bool,
        evaluated: str | None,
        monitored: str | None = None,
        until: float,
    ) -> None:
        """Read what there is to read.

        Args:
            model: The model; the same one at each call, used by this thread alone.
            refusal: Whether there was a refusal to look for.
            evaluated: The version whose last evaluation is looked for; None for none.
            monitored: The version whose last monitoring is looked for; None for none.
            until: When to stop, by `time.monotonic`; one event is read in any case.

        Raises:
            CorruptLogError: If an event is damaged or missing.
        """
        last = model.state.seq
        if self._low is None:
            self._low, self._high = last + 1, last
        for event in _events(model, range(self._high + 1, last + 1), until):
            self._high = event.seq
            self._take(event, older=False)
        if self._has(refusal, evaluated, monitored):
            return
        for event in _events(model, range(self._low - 1, 0, -1), until):
            self._low = event.seq
            self._take(event, older=True)
            if self._has(refusal, evaluated, monitored):
                return

    @property
    def last_refusal(self) -> str | None:
        """When the gate last refused, UTC; None if that is not found yet, or never was."""
        return self._refused

    def last_evaluation(self, version: str) -> str | None:
        """Return when a version was last evaluated on further data, UTC; None as above."""
        return self._evaluated.get(version)

    def last_monitoring(self, version: str) -> str | None:
        """Return when new data was last held against a version, UTC; None as above."""
        return self._monitored.get(version)

    def _has(self, refusal: bool, evaluated: str | None, monitored: str | None) -> bool:
        found = self._refused is not None or not refusal
        found = found and (monitored is None or monitored in self._monitored)
        return found and (evaluated is None or evaluated in self._evaluated)

    def _take(self, event: Event, *, older: bool) -> None:
        if isinstance(event.data, Refused) and not (older and self._refused):
            self._refused = event.time
        elif isinstance(event.data, Evaluated) and not (older and event.data.version in self._evaluated):
            self._evaluated[event.data.version] = event.time
        elif isinstance(event.data, Monitored) and not (older and event.data.version in self._monitored):
            self._monitored[event.data.version] = event.time


def _events(model: Model, positions: Iterable[int], until: float) -> Iterable[Event]:
    for seq in positions:
        yield model.event(seq)
        if time.monotonic() >= until:
            return
