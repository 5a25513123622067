"""The process that trains: TFX's own Trainer executor, once, in an interpreter of its own.

Run as `python -m tfx_hallmark.reproduction.training JOB`. The model comes to lie under `model` in the job's output
folder, as under a Model artifact.
"""

import sys
from pathlib import Path

from tfx.components.trainer.executor import GenericExecutor
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.types import standard_artifacts

from tfx_hallmark.reproduction.executing import input_artifacts, output_artifact, prepare
from tfx_hallmark.reproduction.job import read_job


def main(file: Path) -> None:
    """Train.

    Args:
        file: The job.
    """
    job = read_job(file)
    prepare(job)
    outputs = {
        "model": [output_artifact(standard_artifacts.Model, job, "model")],
        "model_run": [output_artifact(standard_artifacts.ModelRun, job, "model_run")],
    }
    context = BaseExecutor.Context(tmp_dir=f"{job.output}/scratch", unique_id="reproduction")
    GenericExecutor(context).Do(input_artifacts(job), outputs, job.written)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
