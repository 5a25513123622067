"""The penguin pipeline by LocalDagRunner, each run in a process of its own, as a user starts it."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.orchestrators.orchestrator import Orchestrator

ROOT = Path(__file__).parents[2]


class Local:
    def __init__(self, folder: Path) -> None:
        self.registry = folder / "registry"
        self.metadata = folder / "metadata.sqlite"
        self._artifacts = folder / "artifacts"

    def run(self, *settings: str) -> None:
        overrides = [
            f"pipeline.root={self._artifacts}",
            f"metadata.file={self.metadata}",
            f"registry.root={self.registry}",
            *settings,
        ]
        command = [
            sys.executable,
            "-m",
            "pipeline.local_runner",
            "--config",
            "configs/local.yaml",
            "--verbose",
        ]
        done = subprocess.run(
            [*command, *(f"--set={override}" for override in overrides)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-5000:]


@contextlib.contextmanager
def orchestrator(folder: Path) -> Iterator[Orchestrator]:
    yield Local(folder)
