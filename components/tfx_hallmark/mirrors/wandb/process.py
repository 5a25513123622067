"""Starts the process that writes runs, and ends it and all that it started."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from typing import IO

import msgspec

from tfx_hallmark.mirrors.wandb.content import Shown
from tfx_hallmark.registry.errors import MirrorError

_SILENCE = 600.0  # seconds without a run done, after which it is given up
_LONGEST = 300
_ERROR = re.compile(r"(?:\w+\.)*\w*(?:Error|Exception|UsageError|Interrupt)\b.*")
# What would have it write to a run of somebody else's, or talk to somebody else's service.
_NOT_OURS = {
    "WANDB_RUN_ID",
    "WANDB_RESUME",
    "WANDB_SWEEP_ID",
    "WANDB_SERVICE",
    "WANDB_RUN_GROUP",
    "WANDB_TAGS",
}
_NOT_OURS |= {"WANDB_NAME", "WANDB_NOTES", "WANDB_JOB_TYPE"}


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """Where runs are to be written.

    Attributes:
        mode: `online` or `offline`.
        folder: Where wandb makes its folder.
        entity: Whose project it is; None for the user's own.
        project: The project.
    """

    mode: str
    folder: str
    entity: str | None
    project: str

    @property
    def place(self) -> str:
        """The project, with whose it is."""
        return f"{self.entity or ''}/{self.project}"


def write(job: Job, runs: Sequence[Shown]) -> Iterator[tuple[str, str]]:
    """Write runs, and give the version and the link of each when it is done.

    Raises:
        MirrorError: If wandb fails, or is not installed.
    """
    told = [{**msgspec.to_builtins(run, str_keys=True), "content": run.content} for run in runs]
    asked = json.dumps({**msgspec.to_builtins(job), "place": job.place, "runs": told})
    environment = {key: value for key, value in os.environ.items() if key not in _NOT_OURS}
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tfx_hallmark.mirrors.wandb.writing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=environment,
            text=True,
            start_new_session=True,
        )
        with _ended(process):
            assert process.stdin is not None
            assert process.stdout is not None
            with contextlib.suppress(BrokenPipeError):
                process.stdin.write(f"{asked}\n")
                process.stdin.flush()  # and left open: when it closes, the process ends
            for line in _lines(process, process.stdout):
                answer = json.loads(line)
                yield answer["version"], answer["link"]
            code = process.wait()
        if code:
            raise MirrorError(_cause(errors, code))


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """End the process and wandb's service with it, whatever happens."""
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()


def _lines(process: subprocess.Popen[str], answers: IO[str]) -> Iterator[str]:
    while True:
        watch = threading.Timer(_SILENCE, process.kill)
        watch.daemon = True
        watch.start()
        line = answers.readline()
        watch.cancel()
        if not line:
            return
        yield line


def _cause(errors: IO[bytes], code: int) -> str:
    """Return what the process died of, in a line."""
    errors.seek(0)
    lines = [line.strip() for line in errors.read().decode(errors="replace").splitlines() if line.strip()]
    if any("No module named 'wandb'" in line for line in lines):
        return "wandb is not installed here: pip install 'tfx-hallmark[wandb]'"
    if code == -signal.SIGKILL:
        return "W&B did not finish a run in time"
    told = [line for line in lines if _ERROR.match(line)] or lines or [f"exit code {code}"]
    return f"W&B failed: {told[-1][:_LONGEST]}"
