"""Real MariaDB and PostgreSQL servers for the tests, each with files, port and password of its own."""

import contextlib
import secrets
import signal
from collections.abc import Callable, Iterator

import msgspec
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.databases.daemons import HOST, home, program, serving


class Server(msgspec.Struct, frozen=True):
    """A running database server.

    Attributes:
        backend: `mysql` (which MariaDB speaks) or `postgresql`, as in the setting `metadata.backend`.
        port: On 127.0.0.1.
        user: May make databases.
        password: Of that user; made for this server, so no other can answer in its place.
        execute: Runs one SQL statement as the server's administrator, in the database named after it if any, and
            gives what the client prints.
    """

    backend: str
    port: int
    user: str
    password: str
    execute: Callable[..., str]

    def connection(self, database: str) -> mlmd.ConnectionConfig:
        """Gives ML Metadata's connection to one of its databases."""
        config = mlmd.ConnectionConfig()
        if self.backend == "mysql":
            config.mysql.host, config.mysql.port, config.mysql.database = HOST, self.port, database
            config.mysql.user, config.mysql.password = self.user, self.password
        else:
            config.postgresql.host, config.postgresql.port = HOST, str(self.port)
            config.postgresql.user, config.postgresql.password = self.user, self.password
            config.postgresql.dbname = database
        return config


@contextlib.contextmanager
def mariadb() -> Iterator[Server]:
    """Runs a MariaDB server."""
    with home() as mine:
        data, socket = mine.folder / "data", mine.folder / "socket"
        mine.run(
            program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db",
            "--auth-root-authentication-method=normal", "--skip-name-resolve",
        )  # fmt: skip

        def server(port: int) -> list[str]:
            return [
                program("mariadbd"), "--no-defaults", f"--datadir={data}", f"--socket={socket}",
                f"--bind-address={HOST}", f"--port={port}", "--skip-name-resolve",
                "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0",
            ]  # fmt: skip

        def client(sql: str, database: str = "mysql") -> list[str]:
            connect = [f"--socket={socket}", "--user=root", f"--database={database}"]
            return [program("mariadb"), "--no-defaults", "--skip-column-names", *connect, f"--execute={sql}"]

        with serving(mine, server=server, probe=lambda _: client("SELECT 1"), stop=signal.SIGTERM) as port:
            password = secrets.token_urlsafe()
            mine.run(*client(f"CREATE USER hallmark@'{HOST}' IDENTIFIED BY '{password}'"))
            mine.run(*client(f"GRANT ALL ON *.* TO hallmark@'{HOST}'"))
            yield Server("mysql", port, "hallmark", password, lambda *what: mine.run(*client(*what)))


@contextlib.contextmanager
def postgresql() -> Iterator[Server]:
    """Runs a PostgreSQL server."""
    with home() as mine:
        data = mine.folder / "data"
        # Who can enter the folder may use the socket; over TCP the password is asked for.
        mine.run(
            program("initdb"), f"--pgdata={data}", "--username=postgres", "--encoding=UTF8", "--no-sync",
            "--auth-local=trust", "--auth-host=scram-sha-256",
        )  # fmt: skip

        def server(port: int) -> list[str]:
            listen = ["-h", HOST, "-p", str(port), "-k", str(mine.folder)]
            return [program("postgres"), "-D", str(data), *listen, "-F", "-c", "shared_buffers=32MB"]

        def client(port: int, sql: str, database: str = "postgres") -> list[str]:
            connect = [
                f"--host={mine.folder}",
                f"--port={port}",
                "--username=postgres",
                f"--dbname={database}",
            ]
            plain = ["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"]
            return [program("psql"), *plain, *connect, f"--command={sql}"]

        def probe(port: int) -> list[str]:
            return client(port, "SELECT 1")

        with serving(mine, server=server, probe=probe, stop=signal.SIGINT) as port:
            password = secrets.token_urlsafe()
            mine.run(*client(port, f"CREATE ROLE hallmark LOGIN CREATEDB PASSWORD '{password}'"))
            yield Server(
                "postgresql", port, "hallmark", password, lambda *what: mine.run(*client(port, *what))
            )
