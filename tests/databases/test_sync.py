"""Synchronisation with real database servers, by several processes at once."""

import subprocess
import sys

import pytest

from tests.databases.daemons import HOST
from tests.databases.stores import sqlite
from tests.lineage.history import HOSTILE, assert_each_once, recorded, shown, write_history, write_quarantines
from tests.lineage.sync_process import SyncProcess
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.recording.sync import synchronise


@pytest.fixture
def process(server, database, connection, root, tmp_path):
    """`hallmark sync` on a store that was initialised and is empty."""
    initialise_store(connection)
    metadata = f"{server.backend}://{server.user}@{HOST}:{server.port}/{database}"
    return SyncProcess(tmp_path / "process", root, metadata, password=server.password)


@pytest.mark.parametrize("count", [2, 5])
def test_i11_several_syncs_at_once_record_each_event_once(
    process, connection, root, make_candidate, make_evaluation, count
):
    model = write_history(root, make_candidate, make_evaluation)
    process.race(count, batch=2)
    assert_each_once(model, open_store(connection))
    model.quarantine("1.0.0", reason="more to do")
    process.race(count, batch=1)
    assert_each_once(model, open_store(connection))


def test_i11_a_killed_sync_is_completed_by_others_at_once(
    process, connection, root, make_candidate, make_evaluation
):
    model = write_history(root, make_candidate, make_evaluation)
    for call in (3, 17, 25, 31):
        process.run(batch=2, kill_after=call)
    process.race(2, batch=3)
    assert_each_once(model, open_store(connection))


def test_text_of_any_kind_is_recorded_as_text(connection, root, make_candidate, make_evaluation):
    initialise_store(connection)
    model = write_history(root, make_candidate, make_evaluation)
    store = open_store(connection)
    synchronise(model, store)
    assert shown(HOSTILE) in {one.properties.get("reason") for one in recorded(store).values()}
    assert_each_once(model, store)


def test_a_server_that_is_gone_is_one_line(process, server, connection, database, root, make_candidate):
    server.execute(f"DROP DATABASE {database}")
    done = process.run()
    assert done.returncode == 1
    assert done.stdout == ""
    assert [line for line in done.stderr.splitlines() if line.startswith("hallmark: ")]


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_locked_sqlite_file_is_one_line_and_nothing_is_lost(root, tmp_path, make_candidate):
    # ML Metadata tries for up to half a minute.
    model = write_quarantines(root, make_candidate(1), 3)
    metadata = str(tmp_path / "metadata.sqlite")
    initialise_store(sqlite(metadata))
    process = SyncProcess(tmp_path / "process", root, metadata)
    # In a process of its own: a second SQLite in this one would undo the locks of the first.
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, metadata], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        done = process.run()
    finally:
        holder.communicate()
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"hallmark: the SQLite file {metadata} has been locked by another process")
    assert process.run().returncode == 0
    assert_each_once(model, open_store(sqlite(metadata)))
