"""Keeps two processes from working at the same node of the same run.

An orchestrator that lost sight of a task starts it again, though the first process may live on. Both would
write into the same directories, because a retry goes on with the execution that ML Metadata knows.
"""

import contextlib
import fcntl
import hashlib
from collections.abc import Iterator
from pathlib import Path

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.storage import explain_os_errors

# Kept by TFX for its own files in a node's directory (tfx/orchestration/portable/outputs_utils.py).
_LOCK_FILE = Path(".system", "running")


class NodeBusyError(HallmarkError):
    """A node of a run that another process is working at."""


@contextlib.contextmanager
def alone_at(pipeline_root: str, node_id: str, run_id: str) -> Iterator[None]:
    """Hold a lock on a node of a run, which the operating system lets go of when the process ends in any way.

    Pipeline roots that are URIs have no locks: there, that an orchestrator ends a task before it starts it
    again is all that can be relied on.

    Args:
        pipeline_root: Where the artifacts are. Processes on other machines are seen if its file system
            has POSIX locks across machines, as NFS does.
        node_id: The node.
        run_id: The run; others do not matter.

    Raises:
        NodeBusyError: If another process holds it.
        StorageError: If the lock's file cannot be made.
    """
    if "://" in pipeline_root:
        yield
        return
    file = Path(pipeline_root, node_id) / _LOCK_FILE
    with explain_os_errors(f"creating {file}"):
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = file.open("ab")
    with lock:
        try:
            # One byte per run, far beyond the end of the file: so no run leaves a file behind.
            fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(run_id))
        except (BlockingIOError, PermissionError):
            msg = f"another process is at work on {node_id} of run {run_id} (it locked {file}): wait for it, or end it"
            raise NodeBusyError(msg) from None
        yield


def _place(run_id: str) -> int:
    return int.from_bytes(hashlib.sha256(run_id.encode()).digest()[:7], "big")
