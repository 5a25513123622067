"""`hallmark sync` as a process of its own, which can be killed at any call to ML Metadata."""

import os
import subprocess
import sys
from pathlib import Path

# Python imports it from its search path when it starts. A batch of few events makes many calls of a short log.
_SITECUSTOMIZE = """
import itertools, os, signal
from ml_metadata.metadata_store import metadata_store
from tfx_hallmark.lineage.recording import sync

sync.BATCH = int(os.environ["TEST_BATCH"])
last, calls = int(os.environ["TEST_KILL_AFTER"]), itertools.count(1)
call_method = metadata_store.MetadataStore._call_method

def counted(*arguments):
    result = call_method(*arguments)
    if next(calls) == last:
        os.kill(os.getpid(), signal.SIGKILL)
    return result

metadata_store.MetadataStore._call_method = counted
"""


class SyncProcess:
    """Runs `hallmark sync`.

    Args:
        folder: Of its own, for what Python imports at the start.
        root: The registry root.
        metadata: The store, as `--metadata` takes it.
        password: Of the store's user.
    """

    def __init__(self, folder: Path, root: Path, metadata: str, *, password: str = "") -> None:
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(_SITECUSTOMIZE)
        path = os.pathsep.join([str(folder), *(entry for entry in sys.path if entry)])
        self._environment = {
            **os.environ,
            "PYTHONPATH": path,
            "HALLMARK_ROOT": str(root),
            "HALLMARK_METADATA": metadata,
            "HALLMARK_METADATA_PASSWORD": password,
        }

    def start(self, *, batch: int = 100, kill_after: int = 0) -> "subprocess.Popen[str]":
        """Starts it.

        Args:
            batch: Events in a transaction.
            kill_after: After which call to ML Metadata it is killed with SIGKILL; 0 for none.
        """
        environment = {**self._environment, "TEST_BATCH": str(batch), "TEST_KILL_AFTER": str(kill_after)}
        command = [sys.executable, "-m", "tfx_hallmark.cli.main", "sync"]
        return subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *, batch: int = 100, kill_after: int = 0) -> "subprocess.CompletedProcess[str]":
        """Runs it to its end."""
        running = self.start(batch=batch, kill_after=kill_after)
        out, err = running.communicate()
        return subprocess.CompletedProcess(running.args, running.returncode, out, err)

    def race(self, count: int, *, batch: int = 7) -> None:
        """Runs several at once to their ends, none of which may fail."""
        running = [self.start(batch=batch) for _ in range(count)]
        for process in running:
            _, err = process.communicate()
            assert process.returncode == 0, err
