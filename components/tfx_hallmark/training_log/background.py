"""Work that a training does not wait for: done in its order by a thread of its own, given up at its first error."""

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from tfx_hallmark.registry.redaction import redacted

T = TypeVar("T")

_log = logging.getLogger(__name__)


class Background(Generic[T]):
    """Handles items one batch after the other: all that came while the batch before was handled.

    The thread does not keep the process alive, so what hangs holds up nobody.

    Args:
        what: What is done, for the warning: `logging epochs to MLflow at http://host:5000`.
        handle: Does it. Whatever it raises is told in one warning, and nothing is handled after that.
        remedy: What becomes of the items then, for the warning.
    """

    def __init__(self, what: str, handle: Callable[[list[T]], None], *, remedy: str) -> None:
        self._what = what
        self._handle = handle
        self._remedy = remedy
        self._items: list[T] = []
        self._busy = False
        self._given_up = False
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()

    def put(self, item: T) -> None:
        """Hand an item over; returns at once."""
        with self._changed:
            if self._given_up:
                return
            self._items.append(item)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name=self._what, daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def drain(self, seconds: float) -> None:
        """Wait until everything is handled or given up, but no longer than that many seconds.

        What is not handled by then is given up, with a warning.
        """
        with self._changed:
            if not self._changed.wait_for(self._is_idle, seconds):
                self._give_up("it took too long")

    def _is_idle(self) -> bool:
        return self._given_up or not (self._items or self._busy)

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._items or self._given_up)
                if self._given_up:
                    return
                batch, self._items, self._busy = self._items, [], True
            try:
                self._handle(batch)
            except Exception as error:  # a client raises whatever it likes, and the training goes on
                with self._changed:
                    self._give_up(next(iter(str(error).splitlines()), "") or type(error).__name__)
            with self._changed:
                self._busy = False
                self._changed.notify_all()

    def _give_up(self, why: str) -> None:
        if not self._given_up:
            self._given_up = True
            self._items.clear()
            _log.warning("%s was given up: %s. %s", self._what, redacted(why), self._remedy)
        self._changed.notify_all()
