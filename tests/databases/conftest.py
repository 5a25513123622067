"""Database servers for a whole test session, and a database of its own for each test."""

import itertools
from collections.abc import Callable, Iterator

import pytest
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.databases.servers import Server, mariadb, postgresql

_numbers = itertools.count()


@pytest.fixture(scope="session")
def mysql_server() -> Iterator[Server]:
    with mariadb() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    with postgresql() as server:
        yield server


@pytest.fixture(params=["mysql", "postgresql"])
def server(request: pytest.FixtureRequest) -> Server:
    """Each of the two, in turn."""
    return request.getfixturevalue(f"{request.param}_server")


@pytest.fixture
def database() -> str:
    """The name of a database that is not there yet, on either server."""
    return f"hallmark_{next(_numbers)}"


@pytest.fixture
def connection(server: Server, database: str) -> mlmd.ConnectionConfig:
    """A connection to that database."""
    return server.connection(database)


@pytest.fixture
def edited(connection: mlmd.ConnectionConfig) -> Callable[..., mlmd.ConnectionConfig]:
    """Gives that connection with some of its fields changed."""

    def edit(**fields: str | int) -> mlmd.ConnectionConfig:
        changed = mlmd.ConnectionConfig()
        changed.CopyFrom(connection)
        part = getattr(changed, changed.WhichOneof("config"))
        for name, value in fields.items():
            setattr(part, name, type(getattr(part, name))(value))  # a port is text in one of the two
        return changed

    return edit
