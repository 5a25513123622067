"""`hallmark ui` as a process of its own, over a copy of the demo."""

import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

COMPONENTS = Path(__file__).parents[2] / "components"
TOKEN = "a-token-that-nobody-guesses"


@contextlib.contextmanager
def copied(demo: Path, place: Path) -> Iterator[Path]:
    """Gives a copy of the demo's registry and metadata: a folder with `registry/` and `metadata.sqlite`."""
    shutil.copytree(demo / "registry", place / "registry", symlinks=True)
    shutil.copy(demo / "metadata.sqlite", place / "metadata.sqlite")
    yield place


@contextlib.contextmanager
def running(place: Path) -> Iterator[str]:
    """Starts the server on a free port, gives its address without the last slash, ends it."""
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "ui", "--port", "0", "--allow-actions"]
    environment = {
        **os.environ,
        "PYTHONPATH": str(COMPONENTS),
        "HALLMARK_ROOT": str(place / "registry"),
        "HALLMARK_METADATA": str(place / "metadata.sqlite"),
        "HALLMARK_UI_TOKEN": TOKEN,
    }
    with (place / "stderr").open("w") as errors:
        server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
        try:
            assert server.stdout is not None
            line = server.stdout.readline()
            found = re.search(r"http://\S+", line)
            assert found, f"{line}{(place / 'stderr').read_text()}"
            yield found[0].rstrip("/")
        finally:
            server.terminate()
            server.wait(30)
