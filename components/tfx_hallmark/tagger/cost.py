"""What training took, where that can be known: nothing is estimated.

An executor cannot reach ML Metadata. But TFX's launchers make the directory of an output artifact right before they
run the executor (tfx/orchestration/portable/launcher.py; dsl/components/base/base_driver.py on Airflow 2), and write
the artifact to ML Metadata right after. So the birth of the one and the last change of the other are when the Trainer
began and ended, to within a tenth of a second. A copied directory was born later, and then nothing is told.
"""

import os
import resource
import subprocess
import time
from pathlib import Path

from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import is_local
from tfx_hallmark.registry.manifest import Cost

_KIB = 1024  # what Linux counts ru_maxrss in (man 2 getrusage)


def training_cost(model: Artifact, *, trained_here: bool) -> Cost | None:
    """Return what training took; None if nothing of it is known.

    Args:
        model: What the Trainer made, as the launcher hands it on.
        trained_here: Whether this process trained it, so that its memory is the training's.
    """
    began, ended = _birth(model), model.mlmd_artifact.last_update_time_since_epoch / 1000
    seconds = round(ended - began, 1) if began and ended > began else None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB if trained_here else None
    return None if seconds is None and peak is None else Cost(seconds=seconds, peak_memory=peak)


def is_trained_here(model: Artifact, orchestrator: str | None) -> bool:
    """Tell whether this very process trained a model.

    It did if it runs a whole pipeline, and was there before the model's directory.

    Args:
        model: What the Trainer made, as the launcher hands it on.
        orchestrator: As `PipelineRun.orchestrator` tells it.
    """
    made, started = _birth(model), _start_of_this_process()
    return orchestrator == "local" and bool(made and started) and started < made


def _birth(model: Artifact) -> float:
    """Return when a model's directory was made, in seconds since 1970; 0 if that is not known."""
    if not is_local(model.uri):
        return 0
    try:
        # Python tells it from 3.15 on; the file system or the kernel may not keep it.
        done = subprocess.run(  # noqa: S603
            ["stat", "--format=%.3W", "--", model.uri],  # noqa: S607
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        )
        return max(float(done.stdout), 0)
    except (OSError, subprocess.SubprocessError, ValueError):
        return 0


def _start_of_this_process() -> float:
    """Return when this process was started, in seconds since 1970; 0 if that is not known."""
    try:
        # The 22nd field, of which the 2nd may hold blanks and parentheses (man 5 proc).
        ticks = int(Path("/proc/self/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
    except (OSError, ValueError, IndexError):
        return 0
    since_boot = ticks / os.sysconf("SC_CLK_TCK")
    return time.time() - (time.clock_gettime(time.CLOCK_BOOTTIME) - since_boot)
