"""What a run shows on the terminal: one line per component, with everything else sent to a log file."""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO


@contextlib.contextmanager
def noise_into(log_file: Path) -> Iterator[TextIO]:
    """Send what this process and its children print to a file, and yield the terminal.

    TensorFlow, Beam and pip write to the process's file descriptors from C++ and from subprocesses,
    which neither `sys.stdout` nor log levels reach, so the descriptors themselves are redirected.

    Args:
        log_file: Appended to; its folder must exist.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    with contextlib.ExitStack() as stack:
        terminal = _terminal(stack)
        log = stack.enter_context(log_file.open("ab"))
        for descriptor in (1, 2):
            saved = os.dup(descriptor)
            stack.callback(os.close, saved)
            stack.callback(os.dup2, saved, descriptor)
            os.dup2(log.fileno(), descriptor)
        stack.callback(sys.stderr.flush)
        stack.callback(sys.stdout.flush)
        yield terminal


def _terminal(stack: contextlib.ExitStack) -> TextIO:
    # A notebook's sys.stdout is not file descriptor 1, and is the right place to write to there.
    with contextlib.suppress(OSError, AttributeError):
        if sys.stdout.fileno() == 1:
            return stack.enter_context(os.fdopen(os.dup(1), "w", buffering=1, encoding="utf-8"))
    return sys.stdout


class ComponentLines(logging.Handler):
    """Writes a line per component, with its duration, as LocalDagRunner and the launcher log about it.

    The messages are those of tfx/orchestration/local/local_dag_runner.py and
    tfx/orchestration/portable/launcher.py; there is no other sign of progress while a run lasts.

    Args:
        terminal: Where to write.

    Attributes:
        component: The component that runs now, or the last one that did; "" before the first.
    """

    def __init__(self, terminal: TextIO) -> None:
        super().__init__(logging.INFO)
        self.component = ""
        self._terminal = terminal
        self._started = 0.0
        self._cached = False

    def emit(self, record: logging.LogRecord) -> None:
        """Write what a log record says about a component; ignore all others."""
        if record.msg == "Component %s is running.":
            self.component = record.getMessage().split()[1]
            self._started, self._cached = time.monotonic(), False
            self._terminal.write(f"  {self.component:<18}")
            self._terminal.flush()
        elif record.msg == "A cached execution %d is used.":
            self._cached = True
        elif record.msg == "Component %s is finished.":
            self._end("cached" if self._cached else "")
        elif record.msg == "Execution %d failed.":
            self._end("failed")

    def _end(self, remark: str) -> None:
        seconds = time.monotonic() - self._started
        self._terminal.write(f"{seconds:6.1f} s  {remark}".rstrip() + "\n")
