"""Which ML Metadata the runs are recorded in, and how to reach it."""

from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo

from pipeline.config.sections import IN_CONTAINERS, LocalPath, Section, Text, runner_kind

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2

    Connection: TypeAlias = metadata_store_pb2.ConnectionConfig | metadata_store_pb2.MetadataStoreClientConfig


class FromEnvironment:
    """Marks a setting that may only be written as `${NAME}`, so that no file holds a credential."""


def _fits_the_runner(backend: str, info: ValidationInfo) -> str:
    kind = runner_kind(info)
    if kind in IN_CONTAINERS and backend != "orchestrator":
        msg = f"should be orchestrator: {kind} records runs in a metadata store of its own"
        raise ValueError(msg)
    if kind not in IN_CONTAINERS and backend == "orchestrator":
        msg = f"should be sqlite, mysql, postgresql or grpc: runner {kind} has no metadata store of its own"
        raise ValueError(msg)
    return backend


_Fits = AfterValidator(_fits_the_runner)
Port = Annotated[int, Field(ge=1, le=65535)]


class SqliteMetadata(Section):
    """A file on this machine; for one machine and a few runs at once.

    Attributes:
        file: The SQLite file; made when it is not there.
    """

    backend: Annotated[Literal["sqlite"], _Fits]
    file: LocalPath

    def connection(self) -> "Connection":
        """Return what ML Metadata connects by."""
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.sqlite.filename_uri = self.file
        config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        return config


class _DatabaseServer(Section):
    """A database server.

    Attributes:
        host: Its host name or address.
        port: Its port.
        database: The database's name.
        user: Who connects.
        password: The password.
    """

    host: Text
    port: Port
    # ML Metadata writes the name into its statements without quotes.
    database: Annotated[str, Field(pattern=r"^[a-z_][a-z0-9_]{0,62}$")]
    user: Annotated[str, Field(min_length=1), FromEnvironment()]
    password: Annotated[SecretStr, FromEnvironment()]


class MysqlMetadata(_DatabaseServer):
    """A MySQL or MariaDB server."""

    backend: Annotated[Literal["mysql"], _Fits]

    def connection(self) -> "Connection":
        """Return what ML Metadata connects by."""
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.mysql.host = self.host
        config.mysql.port = self.port
        config.mysql.database = self.database
        config.mysql.user = self.user
        config.mysql.password = self.password.get_secret_value()
        return config


class PostgresqlMetadata(_DatabaseServer):
    """A PostgreSQL server."""

    backend: Annotated[Literal["postgresql"], _Fits]

    def connection(self) -> "Connection":
        """Return what ML Metadata connects by."""
        from ml_metadata.proto import metadata_store_pb2

        config = metadata_store_pb2.ConnectionConfig()
        config.postgresql.host = self.host
        config.postgresql.port = str(self.port)  # text, in this one only (ml_metadata's proto)
        config.postgresql.dbname = self.database
        config.postgresql.user = self.user
        config.postgresql.password = self.password.get_secret_value()
        return config


class GrpcMetadata(Section):
    """A metadata store server that speaks gRPC, as Kubeflow's clusters have one.

    Attributes:
        host: Its host name or address.
        port: Its port.
    """

    backend: Annotated[Literal["grpc"], _Fits]
    host: Text
    port: Port

    def connection(self) -> "Connection":
        """Return what ML Metadata connects by."""
        from ml_metadata.proto import metadata_store_pb2

        return metadata_store_pb2.MetadataStoreClientConfig(host=self.host, port=self.port)


class OrchestratorMetadata(Section):
    """What Kubeflow Pipelines or Vertex keep by themselves."""

    backend: Annotated[Literal["orchestrator"], _Fits]

    def connection(self) -> None:
        """Return None: components there do not connect by themselves."""
        return


MetadataSection = Annotated[
    SqliteMetadata | MysqlMetadata | PostgresqlMetadata | GrpcMetadata | OrchestratorMetadata,
    Field(discriminator="backend"),
]
