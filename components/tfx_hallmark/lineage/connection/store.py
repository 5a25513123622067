"""Opens, initialises and upgrades a metadata store, with one plain line for whatever stands in the way."""

import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ml_metadata import errors as mlmd_errors
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from tfx_hallmark.lineage.connection.address import Address, Connection, address_of
from tfx_hallmark.lineage.connection.complaints import POSTGRESQL_SAYS_NOTHING, explain, not_initialised
from tfx_hallmark.lineage.connection.reach import SECONDS, reach
from tfx_hallmark.lineage.errors import MetadataError, NotInitialisedError, OlderSchemaError

_Answer = TypeVar("_Answer")

# How long to wait for another process that is making the tables; that takes well under a second.
PATIENCE_SECONDS = 15.0

# What ML Metadata says while another process makes the tables or, on PostgreSQL, the database.
_ANOTHER_IS_AT_IT = re.compile(
    r"concurrent connection to the empty database"
    r"|mysql_query aborted"
    r'|duplicate key value violates unique constraint "pg_'
    r"|already exists|deadlock detected|tuple concurrently updated|is being accessed by other users"
)


def open_store(connection: Connection) -> metadata_store.MetadataStore:
    """Open a store that is there and initialised. Makes no database, file or table.

    Args:
        connection: A connection to a database or to a metadata server.

    Raises:
        NotInitialisedError: If the database or file is not there, or holds no tables of ML Metadata.
        MetadataError: If the store cannot be reached, refuses the credentials, or is of another version.
    """
    address = address_of(connection)
    reach(address)
    if isinstance(connection, metadata_store_pb2.MetadataStoreClientConfig):
        return _open_server(connection, address)
    connection = _that_makes(connection, makes=False)
    if _is_empty(connection, address):
        raise not_initialised(address)
    return _connect(connection, address)


def initialise_store(connection: Connection) -> bool:
    """Make a store's database and tables where they are not there yet.

    Several processes may do so at once.

    Args:
        connection: A connection to a database; a metadata server looks after its own, and is only asked
            whether it answers.

    Returns:
        Whether the store was empty before.

    Raises:
        MetadataError: If the store cannot be reached, refuses the credentials or the making of tables, is of
            another version, or holds only some of the tables.
    """
    if isinstance(connection, metadata_store_pb2.MetadataStoreClientConfig):
        open_store(connection)
        return False
    address = address_of(connection)
    reach(address)
    if address.kind == "SQLite":
        _make_folder(address)
    empty = _is_empty(_that_makes(connection, makes=False), address)
    _connect(_that_makes(connection, makes=True), address)
    return empty


def upgrade_store(connection: Connection) -> bool:
    """Bring the tables of an older ML Metadata to the form that the installed one needs.

    To be done by one process, after a backup, while no pipeline runs.

    Args:
        connection: A connection to a database.

    Returns:
        Whether they were of an older one.

    Raises:
        NotInitialisedError: If there are no tables.
        MetadataError: If the store cannot be reached, is of a newer version, or is behind a metadata server.
    """
    address = address_of(connection)
    if isinstance(connection, metadata_store_pb2.MetadataStoreClientConfig):
        msg = f"{address} looks after its own tables; upgrade them where it runs"
        raise MetadataError(msg)
    try:
        open_store(connection)
    except OlderSchemaError:
        try:
            metadata_store.MetadataStore(_that_makes(connection, makes=False), enable_upgrade_migration=True)
        except RuntimeError as error:
            raise explain(error, address) from error
        return True
    return False


def prepare_store(connection: Connection) -> None:
    """Make sure, before a run, that the run can be recorded.

    A SQLite file is made where there is none. A database on a server must have been initialised: runs that
    start at once would fail over making the same tables, and a misspelt name would make a new database.

    Args:
        connection: A connection to a database or to a metadata server.

    Raises:
        NotInitialisedError: If the database on a server holds no tables.
        MetadataError: If the store cannot be reached or used.
    """
    if address_of(connection).kind == "SQLite":
        initialise_store(connection)
    else:
        open_store(connection)


def _open_server(
    connection: metadata_store_pb2.MetadataStoreClientConfig, address: Address
) -> metadata_store.MetadataStore:
    hurried = metadata_store_pb2.MetadataStoreClientConfig()
    hurried.CopyFrom(connection)
    hurried.client_timeout_sec = SECONDS
    try:
        metadata_store.MetadataStore(hurried).get_context_types()
    except mlmd_errors.StatusError as error:
        raise explain(error, address) from error
    return metadata_store.MetadataStore(connection)


def _connect(
    connection: metadata_store_pb2.ConnectionConfig, address: Address
) -> metadata_store.MetadataStore:
    try:
        return _patiently(lambda: metadata_store.MetadataStore(connection))
    except RuntimeError as error:
        raise explain(error, address) from error


def _patiently(ask: Callable[[], _Answer]) -> _Answer:
    """Return what the library answers once no other process is making the tables.

    Raises:
        RuntimeError: What it complains of besides, or still.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return ask()
        except RuntimeError as error:
            if not _ANOTHER_IS_AT_IT.search(str(error)) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(0.05, 0.2))  # noqa: S311 - spreads retries, guards nothing


def _is_empty(connection: metadata_store_pb2.ConnectionConfig, address: Address) -> bool:
    """Return whether a database is not there or holds no tables, without making any.

    Opening a store makes the tables. What looks without touching is a downgrade to the schema that the
    library has: it refuses an empty database, and finds nothing to do in any other.
    """
    if address.kind == "SQLite":
        # Not by asking: of a file that is locked, or is something else, ML Metadata says that it is empty.
        file = Path(address.database)
        return not file.exists() or (file.is_file() and file.stat().st_size == 0)
    schema = _library_schema()
    try:
        _patiently(lambda: metadata_store.downgrade_schema(connection, schema))
    except RuntimeError as error:
        if str(error).startswith("Empty database is given."):
            return True
        if str(error) == POSTGRESQL_SAYS_NOTHING and _postgresql_lets_in(connection):
            return True
        complaint = explain(error, address)
        if isinstance(complaint, NotInitialisedError):
            return True
        raise complaint from error
    return False


def _postgresql_lets_in(connection: metadata_store_pb2.ConnectionConfig) -> bool:
    """Return whether the user can connect to the database that every PostgreSQL server has."""
    elsewhere = metadata_store_pb2.ConnectionConfig()
    elsewhere.CopyFrom(connection)
    elsewhere.postgresql.dbname = "postgres"
    try:
        metadata_store.downgrade_schema(elsewhere, _library_schema())
    except RuntimeError as error:
        return str(error) != POSTGRESQL_SAYS_NOTHING
    return True


def _library_schema() -> int:
    """Return the schema version of the installed ML Metadata, which it tells only when it refuses another."""
    in_memory = metadata_store_pb2.ConnectionConfig(fake_database=metadata_store_pb2.FakeDatabaseConfig())
    try:
        metadata_store.downgrade_schema(in_memory, 2**31)
    except mlmd_errors.InvalidArgumentError as error:
        found = re.search(r"current library version: (\d+)", str(error))
        if found:
            return int(found[1])
    msg = "this ML Metadata does not tell its schema version; install a release that setup.py allows"
    raise MetadataError(msg)


def _that_makes(
    connection: metadata_store_pb2.ConnectionConfig, *, makes: bool
) -> metadata_store_pb2.ConnectionConfig:
    """Return a connection that makes a database or file where there is none, or one that does not."""
    modes = metadata_store_pb2.SqliteMetadataSourceConfig
    changed = metadata_store_pb2.ConnectionConfig()
    changed.CopyFrom(connection)
    if changed.HasField("sqlite"):
        changed.sqlite.connection_mode = modes.READWRITE_OPENCREATE if makes else modes.READWRITE
    else:
        database = changed.mysql if changed.HasField("mysql") else changed.postgresql
        database.skip_db_creation = not makes
    return changed


def _make_folder(address: Address) -> None:
    folder = Path(address.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = f"cannot make the folder {folder} for {address}: {error.strerror}; choose another place"
        raise MetadataError(msg) from error
