"""Operations while ML Metadata is away: they are done at once, and a later `hallmark sync` records each once."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import COMPONENTS
from tests.lineage.history import assert_each_once, recorded
from tfx_hallmark.delivery import detached
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry.model import Model

_LOCK = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def metadata(tmp_path: Path) -> Path:
    """A store that is initialised."""
    file = tmp_path / "metadata.sqlite"
    initialise_store(parse_connection(str(file)))
    return file


@pytest.fixture
def penguin(model: Model, three: list[str]) -> Model:
    """Three versions, stable one after the other."""
    return model


@pytest.fixture
def operate(
    hallmark: Callable[..., Any], root: Path, metadata: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    """Runs a command as whoever has configured the store does; what it starts has ended afterwards."""
    monkeypatch.setenv("PYTHONPATH", str(COMPONENTS))

    def runs(*arguments: str) -> Any:
        done = hallmark(*arguments, HALLMARK_ROOT=str(root), HALLMARK_METADATA=str(metadata))
        while detached.started:
            detached.started.pop().wait()
        return done

    return runs


@pytest.fixture
def locked(metadata: Path) -> Iterator[Callable[[], None]]:
    """The store is locked by another process; gives what unlocks it."""
    other = subprocess.Popen(
        [sys.executable, "-c", _LOCK, str(metadata)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdout is not None
    assert other.stdout.readline() == b"locked\n"

    def unlock() -> None:
        other.communicate()

    yield unlock
    other.kill()
    other.communicate()


def sync_log(root: Path) -> list[str]:
    return (root / ".hallmark" / "penguin" / "sync.log").read_text().splitlines()


def roll_back(operate: Callable[..., Any], penguin: Model) -> None:
    """Rolls back, which succeeds without a word about ML Metadata."""
    done = operate("rollback", "penguin", "--reason", "it fails on Dream")
    assert (done.exit_code, done.stderr) == (0, "")
    assert penguin.version("stable").version == "1.0.1"


def test_i11_a_rollback_does_not_wait_for_a_locked_store_and_is_recorded_once_later(
    penguin: Model, root: Path, metadata: Path, operate: Callable[..., Any], locked: Callable[[], None]
) -> None:
    roll_back(operate, penguin)
    [said] = sync_log(root)
    assert said == (
        f"hallmark: the SQLite file {metadata} has been locked by another process for too long; "
        "end it, or try again later"
    )
    assert recorded(open_store(parse_connection(str(metadata)))) == {}
    locked()
    for count in (penguin.state.seq, 0):
        done = operate("sync")
        assert (done.exit_code, done.stderr) == (0, "")
        assert f", {count} were recorded in " in done.stdout
    assert_each_once(penguin, open_store(parse_connection(str(metadata))))


def test_i11_a_rollback_goes_through_without_the_store_and_is_recorded_once_when_it_is_back(
    penguin: Model, root: Path, metadata: Path, operate: Callable[..., Any]
) -> None:
    assert operate("sync").exit_code == 0
    metadata.unlink()
    roll_back(operate, penguin)
    [said] = sync_log(root)
    assert said.startswith(f"hallmark: the SQLite file {metadata} holds no ML Metadata")
    assert not metadata.exists()
    # Anew and empty: all of the log goes in, not only what came since.
    initialise_store(parse_connection(str(metadata)))
    doctor = operate("doctor")
    assert (doctor.exit_code, "hallmark sync penguin" in doctor.stdout) == (1, True)
    for count in (penguin.state.seq, 0):
        assert f", {count} were recorded in " in operate("sync").stdout
    assert_each_once(penguin, open_store(parse_connection(str(metadata))))
