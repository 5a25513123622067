"""The penguin pipeline as a user runs it: commands in processes of their own, credentials in the environment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.databases.daemons import HOST
from tests.databases.servers import Server

ROOT = Path(__file__).parents[2]


def on_server(server: Server, database: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Gives the section `metadata` for a database on a server, and the environment it needs."""
    section = {
        "backend": server.backend,
        "host": HOST,
        "port": server.port,
        "database": database,
        "user": "${HALLMARK_METADATA_USER}",
        "password": "${HALLMARK_METADATA_PASSWORD}",
    }
    return section, {"HALLMARK_METADATA_USER": server.user, "HALLMARK_METADATA_PASSWORD": server.password}


class Penguins:
    """Runs commands of the reference pipeline with one settings file.

    Args:
        folder: For everything that is written.
        metadata: The section `metadata` of the settings.
        environment: Variables that the settings refer to.
    """

    def __init__(self, folder: Path, metadata: dict[str, Any], environment: dict[str, str]) -> None:
        self.registry = folder / "registry"
        self.settings_file = folder / "settings.yaml"
        settings = yaml.safe_load((ROOT / "configs" / "local.yaml").read_text())
        settings["pipeline"]["root"] = str(folder / "artifacts")
        settings["registry"]["root"] = str(self.registry)
        settings["metadata"] = metadata
        self.settings_file.write_text(yaml.safe_dump(settings))
        search = os.pathsep.join([str(ROOT / "components"), os.environ.get("PYTHONPATH", "")])
        self._environment = {**os.environ, **environment, "PYTHONPATH": search}

    def start(self, command: str, *arguments: str) -> "subprocess.Popen[str]":
        """Starts `python -m pipeline.<command>` with these settings."""
        return subprocess.Popen(
            [sys.executable, "-m", f"pipeline.{command}", "--config", str(self.settings_file), *arguments],
            cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, command: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Runs it to its end."""
        return ended(self.start(command, *arguments))


def ended(process: "subprocess.Popen[str]") -> "subprocess.CompletedProcess[str]":
    """Waits for a process and gives its exit code and output."""
    out, err = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)
