"""A TensorBoard as a process of its own, and what comes back from it."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

_SECONDS = 120
# Without TensorFlow, by TensorBoard's own switch: it starts in a second instead of ten.
_SCRIPT = (
    "import sys, types\n"
    "sys.modules['tensorboard.compat.notf'] = types.ModuleType('notf')\n"
    "from tensorboard.main import run_main\n"
    "run_main()\n"
)


class Running:
    """A server: the address, and its pages as plain values."""

    def __init__(self, address: str) -> None:
        self.address = address

    def get(self, path: str, **query: str) -> Any:
        with urllib.request.urlopen(
            f"{self.address}/data/{path}?{urlencode(query)}", timeout=_SECONDS
        ) as answer:
            return json.load(answer)

    def post(self, path: str, **asked: Any) -> Any:
        request = urllib.request.Request(
            f"{self.address}/data/{path}",
            data=json.dumps(asked).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            return json.load(answer)

    def text(self, run: str, tag: str) -> str:
        """Gives the texts of a tag as the page shows them; empty if there is none yet."""
        with contextlib.suppress(urllib.error.HTTPError):
            return "\n".join(one["text"] for one in self.get("plugin/text/text", run=run, tag=tag))
        return ""

    def wait(self, seen: Callable[[], bool]) -> None:
        """Returns when something is to be seen: TensorBoard reads its folder once a second."""
        until = time.monotonic() + _SECONDS
        while not seen():
            assert time.monotonic() < until, "it was never to be seen"
            time.sleep(0.1)


@contextlib.contextmanager
def running(folder: Path, place: Path, *, fast: bool) -> Iterator[Running]:
    """Starts TensorBoard on a free port, and ends it.

    Args:
        folder: Its `--logdir`.
        place: Where what it prints may lie.
        fast: Whether its data server reads the files, else its Python code.
    """
    command = [sys.executable, "-c", _SCRIPT, "--logdir", str(folder), "--port", "0", "--host", "127.0.0.1"]
    command += ["--reload_interval", "1", "--load_fast", "true" if fast else "false"]
    printed = place / "tensorboard.printed"
    with printed.open("w") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=dict(os.environ)
        )
    try:
        until = time.monotonic() + _SECONDS
        while not (found := re.search(r"at (http://\S+?)/? \(", printed.read_text())):
            assert server.poll() is None, printed.read_text()
            assert time.monotonic() < until, printed.read_text()
            time.sleep(0.1)
        yield Running(found[1])
    finally:
        server.terminate()
        server.wait(60)
