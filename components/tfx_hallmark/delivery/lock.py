"""One delivery of a model at a time, so that its events arrive in order."""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from tfx_hallmark.delivery.record import FOLDER
from tfx_hallmark.registry.storage import Storage, explain_os_errors, make_directory

_LOCK = "lock"


@contextlib.contextmanager
def alone(storage: Storage) -> Iterator[bool]:
    """Hold the right to deliver a model's events; yield whether nobody else has it.

    The kernel takes it back when the process dies. An object store has no such lock: there deliveries are to be
    started by one process, see docs/deliveries.md.

    Args:
        storage: The model's records.

    Raises:
        StorageError: If the lock's file cannot be made.
    """
    if not isinstance(storage.root, Path):
        yield True
        return
    path = storage.root / FOLDER / _LOCK
    with explain_os_errors(f"writing {path}"):
        make_directory(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(descriptor)
