"""Synchronisations that are killed, that run at the same time, and stores that lost something."""

import itertools
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lineage.history import assert_each_once, recorded, write_history, write_quarantines
from tests.lineage.sync_process import SyncProcess
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.recording.sync import synchronise

Make = Callable[[int], Path]
pytestmark = pytest.mark.slow
SEED = 611


def make_store(file: Path) -> str:
    initialise_store(parse_connection(str(file)))
    return str(file)


def test_i11_a_sync_killed_after_any_call_to_ml_metadata_is_completed_by_the_next(
    root: Path, tmp_path: Path, make_candidate: Make, make_evaluation: Callable[..., Any]
) -> None:
    model = write_history(root, make_candidate, make_evaluation)
    for call in itertools.count(1):
        metadata = make_store(tmp_path / f"{call}.sqlite")
        killed = SyncProcess(tmp_path / f"process-{call}", root, metadata).run(batch=5, kill_after=call)
        store = open_store(parse_connection(metadata))
        there = len(recorded(store))
        assert synchronise(model, store).recorded == model.state.seq - there
        assert_each_once(model, store)
        if killed.returncode == 0:
            break
        assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert call > 30


def test_i11_a_sync_killed_at_random_moments_is_completed_by_the_next(
    root: Path, tmp_path: Path, make_candidate: Make
) -> None:
    sys.stdout.write(f"seed {SEED}\n")  # shown if the test fails
    moments = random.Random(SEED)
    model = write_quarantines(root, make_candidate(1), 400)
    metadata = make_store(tmp_path / "metadata.sqlite")
    process = SyncProcess(tmp_path / "process", root, metadata)
    began = time.monotonic()
    assert process.run(kill_after=1).returncode == -signal.SIGKILL
    start = time.monotonic() - began
    for _ in range(12):
        running = process.start(batch=1)
        time.sleep(
            moments.uniform(0.8, 4) * start
        )  # when it dies is the point; nothing depends on how far it got
        running.kill()
        running.communicate()
    assert process.run().returncode == 0
    assert_each_once(model, open_store(parse_connection(metadata)))


@pytest.mark.parametrize("count", [2, 5])
def test_i11_several_syncs_at_once_record_each_event_once(
    root: Path, tmp_path: Path, make_candidate: Make, make_evaluation: Callable[..., Any], count: int
) -> None:
    model = write_history(root, make_candidate, make_evaluation)
    metadata = make_store(tmp_path / "metadata.sqlite")
    SyncProcess(tmp_path / "process", root, metadata).race(count, batch=2)
    assert_each_once(model, open_store(parse_connection(metadata)))


_FORGET = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
for table in ("Artifact", "ArtifactProperty", "Attribution", "Event"):
    connection.execute(f"DELETE FROM {table}")
connection.commit()
"""


def test_artifacts_that_were_deleted_from_the_store_are_made_again(
    root: Path, tmp_path: Path, make_candidate: Make, make_evaluation: Callable[..., Any]
) -> None:
    model = write_history(root, make_candidate, make_evaluation)
    metadata = make_store(tmp_path / "metadata.sqlite")
    process = SyncProcess(tmp_path / "process", root, metadata)
    assert process.run().returncode == 0
    # In a process of its own: a second SQLite in this one would undo the locks of the first.
    subprocess.run([sys.executable, "-c", _FORGET, metadata], check=True)
    store = open_store(parse_connection(metadata))
    assert synchronise(model, store).recorded == 0
    mended = synchronise(model, store, from_first=True)
    assert (mended.recorded, mended.mended) == (0, model.state.seq)
    assert_each_once(model, store)
    assert synchronise(model, store, from_first=True).mended == 0
