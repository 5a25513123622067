"""Which store a connection of ML Metadata leads to, without its password."""

from typing import Literal, TypeAlias

import msgspec
from ml_metadata.proto import metadata_store_pb2

from tfx_hallmark.lineage.errors import MetadataError

Connection: TypeAlias = metadata_store_pb2.ConnectionConfig | metadata_store_pb2.MetadataStoreClientConfig


class Address(msgspec.Struct, frozen=True):
    """Where a store is. Its text is for messages, and never holds a password.

    Attributes:
        kind: What is there.
        host: Host name or address of a server.
        port: Its port.
        database: Name of the database on it, or path of the SQLite file.
        user: Who connects.
    """

    kind: Literal["SQLite", "MySQL", "PostgreSQL", "gRPC"]
    host: str = ""
    port: int = 0
    database: str = ""
    user: str = ""

    def __str__(self) -> str:
        if self.kind == "SQLite":
            return f"the SQLite file {self.database}"
        if self.kind == "gRPC":
            return f"the metadata server {self.host}:{self.port}"
        return f"the {self.kind} database '{self.database}' at {self.host}:{self.port} (user '{self.user}')"


def address_of(connection: Connection) -> Address:
    """Return where a connection leads.

    Args:
        connection: A connection to a database or to a metadata server.

    Raises:
        MetadataError: If it leads nowhere: no database was set in it.
    """
    if isinstance(connection, metadata_store_pb2.MetadataStoreClientConfig):
        return Address("gRPC", connection.host, connection.port)
    kind = connection.WhichOneof("config")
    if kind == "sqlite":
        return Address("SQLite", database=connection.sqlite.filename_uri)
    if kind == "mysql":
        mysql = connection.mysql
        return Address("MySQL", mysql.host, mysql.port or 3306, mysql.database, mysql.user)
    if kind == "postgresql":
        postgresql = connection.postgresql
        host, port = postgresql.host or postgresql.hostaddr, int(postgresql.port or 5432)
        return Address("PostgreSQL", host, port, postgresql.dbname, postgresql.user)
    msg = f"no metadata store is set in this connection ({kind}); name a SQLite file, a database or a server"
    raise MetadataError(msg)
