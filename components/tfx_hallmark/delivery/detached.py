"""Starts a command of this program as a process that outlives the one that starts it."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

_MOST = 100_000  # bytes, after which the log starts anew
_NICENESS = 10

# Kept, so that one that has ended is not left a zombie under a server that runs for weeks.
started: list[subprocess.Popen[bytes]] = []


def start_detached(
    arguments: Sequence[str], log: Path | None, *, environment: Mapping[str, str] | None = None
) -> None:
    """Start `hallmark` with some arguments; returns at once.

    Args:
        arguments: The command and its arguments.
        log: The file that gets what it prints, if that can be written; None for nowhere.
        environment: Variables beside those of this process.

    Raises:
        OSError: If no process can be started.
    """
    started[:] = [process for process in started if process.poll() is None]
    with contextlib.nullcontext(subprocess.DEVNULL) if log is None else _output(log) as output:
        process = subprocess.Popen(  # noqa: S603 - this very program
            [sys.executable, "-m", "tfx_hallmark.cli.main", *arguments],
            # Not in the working directory, which Python would search for modules.
            cwd="/",
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    with contextlib.suppress(OSError):
        # What is trained or served must not wait for it.
        os.setpriority(os.PRIO_PROCESS, process.pid, _NICENESS)
    started.append(process)


@contextlib.contextmanager
def _output(log: Path) -> Iterator[IO[bytes] | int]:
    try:
        anew = log.exists() and log.stat().st_size > _MOST
        file = log.open("wb" if anew else "ab")
    except OSError:
        yield subprocess.DEVNULL
        return
    with file:
        yield file
