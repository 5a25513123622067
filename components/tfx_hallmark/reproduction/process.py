"""Runs a job in a process of its own, with what it writes to the terminal kept in a file."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from tfx_hallmark.registry.errors import ReproductionError
from tfx_hallmark.reproduction.job import Job, write_job
from tfx_hallmark.training_log.targets import SWITCH

_ERROR = re.compile(
    r"^(\w+\.)*\w*(Error|Exception|Interrupt|Exit)\b.*"
)  # how the last line of a traceback begins
_LONGEST = 300


def run(job: Job, module: str, log: Path, *, what: str, onednn: bool | None = None) -> float:
    """Run a job to its end.

    A fresh interpreter, so that nothing of this process bears on the result: no graph, no seed already drawn from,
    no determinism that cannot be taken back.

    Args:
        job: The job.
        module: `training` or `transforming`, of this package.
        log: File for what the process prints.
        what: What it does, for messages.
        onednn: Whether TensorFlow used oneDNN at the first training; None if that is not known.

    Returns:
        Wall time, in seconds.

    Raises:
        ReproductionError: If it fails.
    """
    file = log.with_suffix(".json")
    write_job(job, file)
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": os.environ.get("TF_CPP_MIN_LOG_LEVEL", "2")}
    environment[SWITCH] = "off"  # a second training is no run to be shown beside the first
    if onednn is not None:
        environment["TF_ENABLE_ONEDNN_OPTS"] = str(int(onednn))
    command = [sys.executable, "-m", f"tfx_hallmark.reproduction.{module}", str(file)]
    began = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            code = process.wait()
        except BaseException:
            process.kill()
            process.wait()
            raise
    if code:
        msg = f"{what} failed ({_cause(log, code)}): its log is {log}"
        raise ReproductionError(msg)
    return time.monotonic() - began


def _cause(log: Path, code: int) -> str:
    """Return what the process died of, in a line."""
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    errors = [line for line in lines if _ERROR.match(line)]
    return (errors or lines or [f"exit code {code}"])[-1][:_LONGEST]
