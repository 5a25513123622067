"""Starts `hallmark sync` as a process of its own, after an operation: nothing waits for ML Metadata."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tfx_hallmark.cli.metadata import METADATA, configured
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.store_url import Root, absolute_root

_LOG = "sync.log"
_MOST = 100_000  # bytes, after which the log starts anew

# Kept, so that one that has ended is not left a zombie under a server that runs for weeks.
_started: list[subprocess.Popen[bytes]] = []


def start_sync(root: Root, model: str, *, metadata: str | None = None) -> None:
    """Start recording a model's new events, if ML Metadata is configured; returns at once and never fails.

    What it prints goes to `<root>/.hallmark/<model>/sync.log`, if that is a file that can be written. What it does not
    get done, the next `hallmark sync` does.

    Args:
        root: The registry root.
        model: The model's name.
        metadata: What `--metadata` gave, if the command has it.
    """
    # The operation is done and on record; whatever is wrong here is for `hallmark doctor` to tell.
    with contextlib.suppress(HallmarkError, OSError):
        store = configured(metadata)
        if store is not None:
            _start(absolute_root(root), model, store)


def _start(root: Root, model: str, store: str) -> None:
    _started[:] = [process for process in _started if process.poll() is None]
    # Not in the working directory, which Python would search for modules.
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "sync", model, "--root", str(root)]
    log = root / ".hallmark" / model / _LOG
    with _output(log) if isinstance(log, Path) else contextlib.nullcontext(subprocess.DEVNULL) as output:
        process = subprocess.Popen(  # noqa: S603 - this very program
            command,
            cwd="/",
            env={**os.environ, METADATA: store},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started.append(process)


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
