"""A connection to ML Metadata, written as one line of text."""

from collections.abc import Callable
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from ml_metadata.proto import metadata_store_pb2

from tfx_hallmark.lineage.connection.address import Connection
from tfx_hallmark.lineage.errors import MetadataError

_FORMS = "a SQLite file's path, mysql://USER@HOST:PORT/DATABASE, postgresql://USER@HOST:PORT/DATABASE or grpc://HOST:PORT"
_SQLITE = "sqlite:///"


def parse_connection(text: str, *, password: str | None = None) -> Connection:
    """Return the connection that a text names. Opens nothing.

    Args:
        text: The path of a SQLite file, also as `sqlite:///PATH` (an absolute path then makes a fourth slash, as
            SQLAlchemy has it); `mysql://USER@HOST:PORT/DATABASE`, `postgresql://USER@HOST:PORT/DATABASE` (a port
            left out is 3306 and 5432), or `grpc://HOST:PORT`. User and database may be percent-encoded.
        password: Of the user, which the text must not hold: command lines and settings files are read by others.

    Raises:
        MetadataError: If it is none of these, or holds a password.
    """
    if "://" not in text or text.startswith(_SQLITE):
        return _sqlite(text.removeprefix(_SQLITE))
    try:
        url = urlsplit(text)
        has_password, _ = url.password is not None, url.port
    except ValueError as error:
        msg = f"this metadata store cannot be read ({error}); write {_FORMS}"
        raise MetadataError(msg) from error
    if has_password:
        msg = f"a password in {url.scheme}:// can be read by others: leave it out and set HALLMARK_METADATA_PASSWORD"
        raise MetadataError(msg)
    make = _SERVERS.get(url.scheme)
    if make is None:
        msg = f"no metadata store is reached by {url.scheme}://; write {_FORMS}"
        raise MetadataError(msg)
    if not url.hostname or url.query or url.fragment:
        msg = f"this is no address of a {url.scheme} metadata store; write {_FORMS}"
        raise MetadataError(msg)
    return make(url, url.hostname, password or "")


def _sqlite(path: str) -> metadata_store_pb2.ConnectionConfig:
    if not path:
        msg = f"no metadata store is named; write {_FORMS}"
        raise MetadataError(msg)
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(Path(path).expanduser().absolute())
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE
    return config


def _mysql(url: SplitResult, host: str, password: str) -> Connection:
    config = metadata_store_pb2.ConnectionConfig()
    mysql = config.mysql
    mysql.host, mysql.port, mysql.database = host, url.port or 3306, _database(url)
    mysql.user, mysql.password = unquote(url.username or ""), password
    return config


def _postgresql(url: SplitResult, host: str, password: str) -> Connection:
    config = metadata_store_pb2.ConnectionConfig()
    postgresql = config.postgresql
    postgresql.host, postgresql.port, postgresql.dbname = host, str(url.port or 5432), _database(url)
    postgresql.user, postgresql.password = unquote(url.username or ""), password
    return config


def _grpc(url: SplitResult, host: str, _: str) -> Connection:
    if url.port is None or url.path.strip("/") or url.username:
        msg = "this is no address of a metadata server; write grpc://HOST:PORT"
        raise MetadataError(msg)
    return metadata_store_pb2.MetadataStoreClientConfig(host=host, port=url.port)


def _database(url: SplitResult) -> str:
    name = unquote(url.path.removeprefix("/"))
    if not name or "/" in name:
        msg = f"no database is named; write {url.scheme}://USER@HOST:PORT/DATABASE"
        raise MetadataError(msg)
    return name


_SERVERS: dict[str, Callable[[SplitResult, str, str], Connection]] = {
    "mysql": _mysql,
    "postgresql": _postgresql,
    "grpc": _grpc,
}
