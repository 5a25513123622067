"""Opening, initialising and upgrading stores on real servers, and what their users must be allowed to do."""

import multiprocessing

import pytest
from ml_metadata.metadata_store import metadata_store

from tests.databases.daemons import HOST
from tests.databases.stores import register, told
from tfx_hallmark.lineage.connection import store
from tfx_hallmark.lineage.connection.store import initialise_store, open_store, prepare_store, upgrade_store
from tfx_hallmark.lineage.errors import MetadataError, NotInitialisedError, OlderSchemaError


def password(connection):
    return getattr(connection, connection.WhichOneof("config")).password


def databases(server):
    """The names of all databases on a server."""
    column = "SELECT datname FROM pg_database" if server.backend == "postgresql" else "SHOW DATABASES"
    return server.execute(column).split()


# Initialising


def test_initialising_makes_database_and_tables_once(server, database, connection):
    assert database not in databases(server)
    assert initialise_store(connection)
    assert database in databases(server)
    assert register(open_store(connection)) == ["Thing"]
    assert not initialise_store(connection)
    assert register(open_store(connection), "Other") == ["Thing", "Other"]


@pytest.mark.parametrize("use", [open_store, prepare_store, upgrade_store])
def test_a_database_that_is_not_there_is_not_made(server, database, connection, use):
    with told(NotInitialisedError, f"'{database}'", server.port, "python -m pipeline.init_metadata"):
        use(connection)
    assert database not in databases(server)


@pytest.mark.parametrize("use", [open_store, prepare_store, upgrade_store])
def test_an_empty_database_stays_empty(server, database, connection, use):
    owner = " OWNER hallmark" if server.backend == "postgresql" else ""
    server.execute(f"CREATE DATABASE {database}{owner}")
    for _ in range(2):
        with told(NotInitialisedError, f"'{database}'", "python -m pipeline.init_metadata"):
            use(connection)
    assert initialise_store(connection)
    use(connection)


def _initialise(connection, start, results):
    start.wait()
    results.put(initialise_store(connection))


def test_many_processes_may_initialise_at_once(server, database, connection):
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(6), context.Queue()
    crew = [context.Process(target=_initialise, args=(connection, start, results)) for _ in range(6)]
    for process in crew:
        process.start()
    for process in crew:
        process.join()
    assert [process.exitcode for process in crew] == [0] * 6
    assert any(results.get() for _ in crew)
    assert register(open_store(connection)) == ["Thing"]


def test_tables_of_which_some_are_missing_are_not_mistaken_for_an_initialisation_in_progress(
    server, database, connection, monkeypatch
):
    initialise_store(connection)
    monkeypatch.setattr(store, "PATIENCE_SECONDS", 0.5)
    server.execute("DROP TABLE Association", database)
    for use in (open_store, initialise_store):
        with told(MetadataError, "some of ML Metadata's tables but not all", f"'{database}'"):
            use(connection)


# Versions of the schema


def test_an_older_schema_is_upgraded_only_when_asked(connection):
    register(metadata_store.MetadataStore(connection))
    metadata_store.downgrade_schema(connection, 9)
    for use in (open_store, initialise_store, prepare_store):
        with told(OlderSchemaError, "schema 9, this one has 10", "--upgrade"):
            use(connection)
    assert upgrade_store(connection)
    assert [kind.name for kind in open_store(connection).get_artifact_types()] == ["Thing"]
    assert not upgrade_store(connection)


def test_a_newer_schema_is_refused(mysql_server, database):
    connection = mysql_server.connection(database)
    initialise_store(connection)
    mysql_server.execute(f"UPDATE {database}.MLMDEnv SET schema_version = 11")
    for use in (open_store, initialise_store, upgrade_store):
        with told(MetadataError, "newer ML Metadata (schema 11, this one has 10)"):
            use(connection)


# Who may do what


def test_refused_credentials_name_the_user_and_never_the_password(server, connection, edited):
    initialise_store(connection)
    for wrong in (edited(password="not-the-password"), edited(user="nobody")):
        for use in (open_store, initialise_store):
            with told(MetadataError, f"{HOST}:{server.port}", "does not let user '") as caught:
                use(wrong)
            assert password(wrong) not in str(caught.value)


DATA = "SELECT, INSERT, UPDATE, DELETE"


@pytest.fixture
def account(server, database, edited):
    """A user without any rights, and the connection as that user."""
    user = f"user_of_{database}"
    if server.backend == "mysql":
        server.execute(f"CREATE USER {user}@'{HOST}' IDENTIFIED BY 'secret'")
    else:
        server.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'secret'")
    return user, edited(user=user, password="secret")


def test_a_user_who_may_not_make_the_database_is_told_so(server, database, account):
    user, connection = account
    with told(MetadataError, "not permitted in", f"user '{user}'", "docs/metadata.md"):
        initialise_store(connection)
    assert database not in databases(server)


def test_the_documented_grants_suffice(server, database, account):
    user, connection = account
    if server.backend == "mysql":
        server.execute(f"GRANT CREATE, ALTER, INDEX, {DATA} ON {database}.* TO {user}@'{HOST}'")
    else:
        server.execute(f"CREATE DATABASE {database} OWNER {user}")
    assert initialise_store(connection)
    if server.backend == "mysql":
        server.execute(f"REVOKE ALTER, INDEX ON {database}.* FROM {user}@'{HOST}'")
    assert register(metadata_store.MetadataStore(connection)) == ["Thing"]
    if server.backend == "mysql":
        server.execute(f"REVOKE CREATE ON {database}.* FROM {user}@'{HOST}'")
    assert register(open_store(connection), "Other") == ["Thing", "Other"]
