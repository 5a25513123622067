"""A real MLflow server, and a way to it that can be cut."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
_SECONDS = 180.0
_TRIES = 3  # for somebody else may take the port that was free


@contextlib.contextmanager
def mlflow_server(folder: Path) -> Iterator[str]:
    """Runs a server on a SQLite database in a folder; gives its address."""
    for left in reversed(range(_TRIES)):
        address = f"http://127.0.0.1:{_free_port()}"
        with _running(folder, address.rpartition(":")[2]) as process:
            if _answers(process, address):
                yield address
                return
            assert left, (folder / "server.log").read_text()[-3000:]


@contextlib.contextmanager
def _running(folder: Path, port: str) -> "Iterator[subprocess.Popen[bytes]]":
    command = [
        sys.executable,
        "-m",
        "mlflow",
        "server",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--workers",
        "1",
    ]
    command += [
        "--backend-store-uri",
        f"sqlite:///{folder}/mlflow.db",
        "--artifacts-destination",
        f"{folder}/files",
    ]
    environment = {
        **os.environ,
        "PYTHONPATH": str(HERE / "older_sqlalchemy"),
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _answers(process: "subprocess.Popen[bytes]", address: str) -> bool:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health", timeout=10):
            return True
        time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


class Cut:
    """Lets requests through to a server, and stops before one of them arrives. A context manager, which ends it.

    Args:
        address: The server's address.
        hold: Whether the request that is stopped gets no answer while this lasts, instead of a broken connection.

    Attributes:
        address: Its own address.
        seen: How many requests came since `let`, but for the question whether the server is well.
        reached: Set when one was stopped.
    """

    def __init__(self, address: str, *, hold: bool = False) -> None:
        self._server = int(address.rpartition(":")[2])
        self._left: int | None = None
        self._hold = hold
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._ended = threading.Event()
        self.seen = 0
        self.reached = threading.Event()
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> "Cut":
        self._begin(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def let(self, requests: int | None) -> None:
        """Let so many requests through from now on; None for all."""
        self._left, self.seen = requests, 0
        self.reached.clear()

    def _begin(self, target: object, *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self._begin(self._pass_on, self._listener.accept()[0])

    def _pass_on(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError), client.makefile("rb") as lines:
            while head := _head(lines):
                body = lines.read(_length(head))
                self.seen += not head.startswith(b"GET /health")
                if self._left is not None and self.seen > self._left:
                    self.reached.set()
                    if self._hold:
                        self._ended.wait()
                    return
                with socket.create_connection(("127.0.0.1", self._server)) as server:
                    # One request for each connection: the end of the answer is the end of the connection.
                    server.sendall(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1) + body)
                    while data := server.recv(65536):
                        client.sendall(data)
                return


def _head(lines: "socket.SocketIO | object") -> bytes:
    head = b""
    while line := lines.readline():  # type: ignore[attr-defined]
        if line == b"\r\n":
            return head + line
        if not line.lower().startswith(b"connection:"):
            head += line
    return b""


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0
