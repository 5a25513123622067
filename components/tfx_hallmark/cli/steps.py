"""Which step a command is at that cannot count: told on standard error once the step takes more than a second."""

import sys
import threading
import time

_SECONDS = 1.0


class Steps:
    """Tells which step is under way: on a terminal in one line, else once, and then now and then. A context manager.

    Args:
        what: What they are all about, e.g. `penguin@1.0.0`.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._terminal = sys.stderr.isatty()
        self._step = ""
        self._began = 0.0
        self._told = False
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._clock = threading.Thread(target=self._tick, daemon=True)

    def __enter__(self) -> "Steps":
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._clock.join()
        with self._lock:
            self._end_line()

    def __call__(self, step: str) -> None:
        """Begin a step."""
        with self._lock:
            self._end_line()
            self._step, self._began = step, time.monotonic()

    def _tick(self) -> None:
        wait = _SECONDS
        while not self._ended.wait(wait):
            with self._lock:
                seconds = time.monotonic() - self._began
                if self._step and seconds >= _SECONDS:
                    self._tell(seconds)
            wait = _SECONDS if self._terminal or not self._told else 10 * _SECONDS

    def _tell(self, seconds: float) -> None:
        self._told = True
        line = f"{self._what}: {self._step}, {seconds:.0f} s"
        sys.stderr.write(f"\r{line}" if self._terminal else f"{line}\n")
        sys.stderr.flush()

    def _end_line(self) -> None:
        if self._told and self._terminal:
            sys.stderr.write("\n")
            sys.stderr.flush()
        self._told = False
