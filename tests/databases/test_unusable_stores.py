"""What a user is told of servers that are not there or something else, and of files that cannot be used."""

import socket
import subprocess
import sys

import pytest

from tests.databases.daemons import HOST
from tests.databases.metadata_server import metadata_server
from tests.databases.stores import reaching, register, sqlite, told
from tfx_hallmark.lineage.connection import reach, store
from tfx_hallmark.lineage.connection.store import initialise_store, open_store, prepare_store, upgrade_store
from tfx_hallmark.lineage.errors import MetadataError, NotInitialisedError

# Servers that are not there, or something else


@pytest.fixture
def unused_port():
    """A port that nobody listens on, and nobody else can take meanwhile."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port():
    """A port where connections are accepted, and nothing is ever said."""
    with socket.create_server((HOST, 0)) as silent:
        yield silent.getsockname()[1]


backends = pytest.mark.parametrize("backend", ["mysql", "postgresql", "grpc"])


@backends
@pytest.mark.parametrize("use", [open_store, initialise_store, prepare_store])
def test_nobody_listens(backend, use, unused_port):
    with told(MetadataError, f"nothing listens at {HOST}:{unused_port}"):
        use(reaching(backend, HOST, unused_port))


@backends
def test_no_such_host(backend):
    with told(MetadataError, "there is no host 'db.invalid'"):
        open_store(reaching(backend, "db.invalid", 3306))


@pytest.mark.parametrize("backend", ["mysql", "postgresql"])
def test_a_server_that_says_nothing_is_given_up(backend, silent_port, monkeypatch):
    # ML Metadata by itself would wait for ever, and could not be interrupted.
    monkeypatch.setattr(reach, "SECONDS", 0.5)
    with told(MetadataError, "no answer from", f"{HOST}:{silent_port}"):
        open_store(reaching(backend, HOST, silent_port))


def test_the_wrong_kind_of_server_is_named(mysql_server, postgresql_server, tmp_path):
    with told(MetadataError, "no PostgreSQL server"):
        open_store(reaching("postgresql", HOST, mysql_server.port))
    with (
        metadata_server(sqlite(tmp_path / "mlmd.db")) as served,
        told(MetadataError, "no MySQL or MariaDB server"),
    ):
        open_store(reaching("mysql", HOST, served.port))


def test_a_metadata_server_is_used_and_never_initialised(tmp_path):
    with metadata_server(sqlite(tmp_path / "mlmd.db")) as connection:
        assert not initialise_store(connection)
        prepare_store(connection)
        assert register(open_store(connection)) == ["Thing"]
        with told(MetadataError, f"{HOST}:{connection.port}", "looks after its own tables"):
            upgrade_store(connection)


def test_what_is_no_metadata_server_is_named(mysql_server, postgresql_server):
    for server in (mysql_server, postgresql_server):
        with told(MetadataError, f"{HOST}:{server.port}", "no ML Metadata server"):
            open_store(reaching("grpc", HOST, server.port))


def test_a_metadata_server_that_says_nothing_is_given_up(silent_port, monkeypatch):
    monkeypatch.setattr(store, "SECONDS", 0.5)
    with told(MetadataError, "did not answer", f"{HOST}:{silent_port}"):
        open_store(reaching("grpc", HOST, silent_port))


# SQLite files


def test_a_sqlite_file_is_made_with_its_folder_before_a_run_and_not_by_a_reader(tmp_path):
    file = tmp_path / "new" / "folder" / "mlmd.db"
    with told(NotInitialisedError, file):
        open_store(sqlite(file))
    assert not file.parent.exists()
    prepare_store(sqlite(file))
    assert register(open_store(sqlite(file))) == ["Thing"]
    assert not initialise_store(sqlite(file))


def test_an_empty_sqlite_file_is_left_alone_by_a_reader(tmp_path):
    file = tmp_path / "mlmd.db"
    file.touch()
    with told(NotInitialisedError, file):
        open_store(sqlite(file))
    assert file.stat().st_size == 0


def test_what_is_no_sqlite_file_is_named(tmp_path):
    (tmp_path / "text").write_text("not a database at all\n" * 100)
    for use in (open_store, prepare_store):
        with told(MetadataError, tmp_path / "text", "no SQLite file"):
            use(sqlite(tmp_path / "text"))
    with told(MetadataError, tmp_path, "cannot open"):
        prepare_store(sqlite(tmp_path))
    with told(MetadataError, "cannot make the folder", tmp_path / "text" / "below"):
        prepare_store(sqlite(tmp_path / "text" / "below" / "mlmd.db"))


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.read()
"""


def test_a_sqlite_file_that_stays_locked_is_named(tmp_path):
    # ML Metadata tries for up to half a minute.
    file = tmp_path / "mlmd.db"
    initialise_store(sqlite(file))
    # In a process of its own: a second SQLite in this one would undo the locks of the first.
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "locked\n"
        with told(MetadataError, file, "locked by another process"):
            prepare_store(sqlite(file))
    finally:
        holder.communicate()
    assert register(open_store(sqlite(file))) == ["Thing"]
