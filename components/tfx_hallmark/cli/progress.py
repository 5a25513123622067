"""How far a command has come, told on standard error once it takes more than a second."""

import sys
import time
from collections.abc import Callable

_SECONDS = 1.0
_MEGABYTE = 1_000_000


class Progress:
    """Tells how far something has come: on a terminal in one line, else now and then in a new one.

    Args:
        what: What is counted, e.g. `penguin: events recorded`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._terminal = sys.stderr.isatty()
        self._next = time.monotonic() + _SECONDS
        self._told = False

    def __call__(self, done: int, total: int) -> None:
        """Tell it, unless that was done within the last second."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + (_SECONDS if self._terminal else 5 * _SECONDS)
        self._told = True
        line = f"{self._what}: {done:,} of {total:,}"
        sys.stderr.write(f"\r{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    def end(self) -> None:
        """End the line on a terminal."""
        if self._told and self._terminal:
            sys.stderr.write("\n")


class Transfers:
    """Tells of one transfer to or from an object store after the other, each in a line of its own, in MB."""

    def __init__(self) -> None:
        self._current: Progress | None = None

    def __call__(self, done: int, total: int) -> None:
        """Tell how many bytes of how many have been moved; with the last one the transfer ends."""
        current = self._current = self._current or Progress("MB moved")
        current(done // _MEGABYTE, total // _MEGABYTE)
        if done >= total:
            current.end()
            self._current = None


class Stages:
    """Tells of several counts, one after the other; bytes are told in MB. A context manager, which ends the line.

    Args:
        what: What they are all about, e.g. `penguin`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._current: Progress | None = None

    def __enter__(self) -> "Stages":
        return self

    def __exit__(self, *_: object) -> None:
        if self._current is not None:
            self._current.end()

    def __call__(self, counted: str) -> Callable[[int, int], None]:
        """Begin the next count, of `events`, `bytes` or the like; return whom to tell."""
        self.__exit__()
        divisor, unit = (_MEGABYTE, "MB") if counted == "bytes" else (1, counted)
        current = self._current = Progress(f"{self._what}: {unit} read")
        return lambda done, total: current(done // divisor, total // divisor)
