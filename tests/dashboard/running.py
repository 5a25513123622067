"""`hallmark ui` as a process of its own, and what comes back from it."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple

COMPONENTS = Path(__file__).parents[2] / "components"


class Running(NamedTuple):
    """A server: its process, its address, and the lines that it printed first."""

    process: subprocess.Popen[str]
    address: str
    lines: list[str]

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1].strip("/"))

    def get(self, path: str = "/", **headers: str) -> Any:
        return urllib.request.urlopen(
            urllib.request.Request(self.address.rstrip("/") + path, headers=headers)
        )

    def exchange(self, request: bytes) -> bytes:
        """Sends bytes as they are and gives all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.settimeout(30)
            received = b""
            with contextlib.suppress(ConnectionError):
                connection.sendall(request)
            with contextlib.suppress(ConnectionError):
                while part := connection.recv(65536):
                    received += part
        return received


class Starter:
    """Starts `hallmark ui` on free ports.

    Args:
        root: The registry root.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._started: list[subprocess.Popen[str]] = []

    def __call__(self, *arguments: str, lines: int = 1, **environment: str) -> Running:
        """Starts one; returns when it has printed so many lines."""
        process = subprocess.Popen(
            [sys.executable, "-m", "tfx_hallmark.cli.main", "ui", "--port", "0", *arguments],
            env={
                **os.environ,
                "PYTHONPATH": str(COMPONENTS),
                "HALLMARK_ROOT": str(self._root),
                **environment,
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._started.append(process)
        assert process.stdout is not None
        printed = [process.stdout.readline() for _ in range(lines)]
        found = re.search(r"http://\S+", printed[0])
        assert found, process.communicate()
        return Running(process, found[0], printed)

    def end(self) -> None:
        """Ends all that were started."""
        for process in self._started:
            process.kill()
            process.communicate()
