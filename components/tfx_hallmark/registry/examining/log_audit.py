"""The whole log, event by event, on past whatever is damaged: the chain, and what the events add up to."""

import re
from collections.abc import Iterator

from tfx_hallmark.registry.checkpoint import saved_state
from tfx_hallmark.registry.errors import CorruptLogError, HallmarkError, NewerSchemaError
from tfx_hallmark.registry.events import GENESIS, Event
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.hashing import Progress
from tfx_hallmark.registry.examining.record_findings import RESTORE_LOG
from tfx_hallmark.registry.fold import apply
from tfx_hallmark.registry.log import EventLog, event_key
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import Storage

_EVENT_FILE = re.compile(r"([0-9]{20})\.json\Z", re.ASCII)
_FORGET = "delete the folder 'checkpoint': it is a cache, and is made anew"


class LogAudit:
    """Reads the log of one model from its first event to its last.

    The end of a log promises nothing: if its last events are deleted, what is left is a whole log. Only a
    checkpoint that reaches beyond it, a release that it does not know, or another record of it (ML Metadata,
    a backup) tells of them.

    Attributes:
        findings: What is wrong so far.
        state: What the events that could be read add up to.
        events: How many those are.
        complete: Whether all events up to the last are there, readable, and in one chain.
        misled: Whether the checkpoint says something else than the events, so that no reader can be trusted.

    Args:
        storage: Where the model's records lie.
        model: The model's name.
    """

    def __init__(self, storage: Storage, model: str) -> None:
        self.findings: list[Finding] = []
        self.state = ModelState(model=model)
        self.events = 0
        self.complete = True
        self.misled = False
        self._storage = storage
        self._model = model
        self._log = EventLog(storage, model)
        self._saved = self._read_checkpoint()
        self._next = 1
        self._prev: str | None = GENESIS  # None after an event of which no seal is known

    def run(self, progress: Progress) -> Iterator[Event]:
        """Yield each event that can be read.

        Args:
            progress: Told the events read and expected.
        """
        positions = self._positions()
        for done, seq in enumerate(positions, 1):
            if seq > self._next:
                self._tell_missing(self._next, seq - 1)
                self._prev = None
            self._next = seq + 1
            event = self._read(seq)
            if event is not None:
                self.events += 1
                yield event
            progress(done, len(positions))
        last = positions[-1] if positions else 0
        if self._saved is not None and self._saved.seq > last:
            what = f"a checkpoint reaches to event {self._saved.seq}, but the log ends with event {last}"
            self._tell("log-truncated", f"{self._model} event {last + 1}", what, RESTORE_LOG)

    def _positions(self) -> list[int]:
        positions = []
        for name in self._storage.keys("log"):
            match = _EVENT_FILE.match(name)
            if match and int(match[1]) > 0:
                positions.append(int(match[1]))
                continue
            what = f"{self._storage.root / 'log' / name} is no event, and was not put there by hallmark"
            self._tell("foreign-record", self._model, what, "move it away")
        return sorted(positions)

    def _tell_missing(self, first: int, last: int) -> None:
        where = f"{self._model} event {first}" if first == last else f"{self._model} events {first} to {last}"
        path = self._storage.root / event_key(first)
        what = f"{path} is missing" if first == last else f"{path} and those after it are missing"
        self._lose("event-missing", where, what, RESTORE_LOG)

    def _read(self, seq: int) -> Event | None:
        where = f"{self._model} event {seq}"
        try:
            found = self._log.read(seq)
        except HallmarkError as error:
            code = {CorruptLogError: "event-damaged", NewerSchemaError: "event-newer"}.get(type(error))
            what, _, repair = str(error).rpartition("; " if "; " in str(error) else ": ")
            self._lose(code or "event-unreadable", where, what, repair)
            found = None
        if found is None:
            self._prev = None
            return None
        event, seal = found
        if self._prev not in (None, event.prev):
            what = f"it does not follow event {seq - 1}: one of the two was replaced"
            self._lose("event-replaced", where, what, RESTORE_LOG)
        self._prev = seal
        self._fold(event, seal, where)
        return event

    def _fold(self, event: Event, seal: str, where: str) -> None:
        whole = self.complete
        try:
            apply(self.state, event, seal)
        except CorruptLogError as error:
            # After a lost event a contradiction says nothing new.
            if whole:
                what, _, repair = str(error).rpartition(": ")
                self._lose("event-contradicts", where, what, repair)
        if whole and self._saved is not None and self._saved.seq == event.seq and self._saved != self.state:
            what = f"the checkpoint says something else than the events up to {event.seq}"
            self.misled = True
            self._tell("checkpoint-differs", f"{self._model} checkpoint", what, _FORGET)

    def _read_checkpoint(self) -> ModelState | None:
        try:
            saved = saved_state(self._storage)
        except HallmarkError as error:
            what, _, repair = str(error).rpartition(": ")
            self._tell("checkpoint-damaged", f"{self._model} checkpoint", what, repair)
            return None
        if saved is not None and saved.model != self._model:
            what = f"the checkpoint is of the model {saved.model!r}"
            self._tell("checkpoint-differs", f"{self._model} checkpoint", what, _FORGET)
            return None
        return saved

    def _lose(self, code: str, where: str, what: str, repair: str) -> None:
        self.complete = False
        self._tell(code, where, what, repair)

    def _tell(self, code: str, where: str, what: str, repair: str) -> None:
        self.findings.append(Finding(code=code, where=where, what=what, repair=repair))
