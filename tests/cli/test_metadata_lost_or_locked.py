"""An incident does not wait for ML Metadata: its file is gone, or another process has it locked."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMPONENTS
from tests.lineage.history import assert_each_once
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
HALLMARK = [sys.executable, "-m", "tfx_hallmark.cli.main"]
ROLLBACK = ("rollback", "penguin", "--reason", "accuracy fell", "--json")

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    """A store that has nothing on record yet."""
    file = tmp_path / "metadata.sqlite"
    initialise_store(parse_connection(str(file)))
    return file


@pytest.fixture
def background(root: Path, three: list[str]) -> Callable[[], str]:
    """Gives what the process that an operation starts prints, once it has ended: it writes to a pipe."""
    pipe = root / ".hallmark" / "penguin" / "sync.log"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    os.set_blocking(reading, True)

    def read() -> str:
        with os.fdopen(reading) as lines:
            return lines.read()

    return read


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Has another process keep everybody off an SQLite file."""
    command = [sys.executable, "-c", _LOCK, str(file)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "locked\n"
        yield
        holder.communicate()


def operate(root: Path, metadata: Path) -> dict[str, Any]:
    """Rolls back as an engineer on call does, and gives the answer."""
    environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_METADATA": str(metadata)}
    command = [*HALLMARK, *ROLLBACK, "--root", str(root)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def recorded(run: Run, metadata: Path) -> int:
    """Synchronises, and gives how many events that recorded."""
    done = run("sync", "penguin", "--metadata", metadata, "--json")
    assert done.exit_code == 0, done.stderr
    [told] = json.loads(done.stdout)["models"]
    return int(told["recorded"])


def test_i11_a_rollback_without_the_file_is_recorded_once_when_there_is_one_again(
    root: Path, model: Model, metadata: Path, background: Callable[[], str], run: Run
) -> None:
    assert recorded(run, metadata) == model.state.seq
    metadata.unlink()
    assert operate(root, metadata)["release"] == model.state.labels["stable"] == 4
    assert background().startswith(f"hallmark: the SQLite file {metadata} holds no ML Metadata")
    assert not metadata.exists()
    initialise_store(parse_connection(str(metadata)))
    assert recorded(run, metadata) == model.state.seq
    assert recorded(run, metadata) == 0
    assert_each_once(model, open_store(parse_connection(str(metadata))))


def test_i11_a_rollback_while_another_process_has_the_file_locked_is_recorded_once_afterwards(
    root: Path, model: Model, metadata: Path, background: Callable[[], str], run: Run
) -> None:
    known = recorded(run, metadata)
    with locked(metadata):
        assert operate(root, metadata)["release"] == model.state.labels["stable"] == 4
        assert run("live", "penguin", HALLMARK_METADATA=str(metadata)).exit_code == 0
    told = background()
    # It waits for half a minute, so it has met the lock's end, unless this machine is very busy.
    by_itself = told.startswith("penguin: ")
    assert by_itself or "has been locked by another process for too long" in told
    assert recorded(run, metadata) == (0 if by_itself else model.state.seq - known)
    assert_each_once(model, open_store(parse_connection(str(metadata))))
