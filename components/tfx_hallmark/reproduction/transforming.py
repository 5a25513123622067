"""The process that runs Transform again: TFX's own executor, once, in an interpreter of its own.

Run as `python -m tfx_hallmark.reproduction.transforming JOB`. What it writes comes to lie under `transform_graph` and
`transformed_examples` in the job's output folder, as under artifacts of these names.
"""

import sys
from pathlib import Path

from tfx.components.transform.executor import Executor
from tfx.dsl.components.base.base_beam_executor import BaseBeamExecutor
from tfx.types import standard_artifacts

from tfx_hallmark.evidence.evaluating import IN_MEMORY
from tfx_hallmark.reproduction.executing import input_artifacts, output_artifact, prepare
from tfx_hallmark.reproduction.job import read_job


def main(file: Path) -> None:
    """Run Transform, without its statistics, which nothing is trained on.

    Args:
        file: The job.
    """
    job = read_job(file)
    prepare(job)
    outputs = {
        "transform_graph": [output_artifact(standard_artifacts.TransformGraph, job, "transform_graph")],
        "transformed_examples": [output_artifact(standard_artifacts.Examples, job, "transformed_examples")],
    }
    context = BaseBeamExecutor.Context(
        beam_pipeline_args=list(IN_MEMORY), tmp_dir=f"{job.output}/scratch", unique_id="reproduction"
    )
    Executor(context).Do(input_artifacts(job), outputs, {**job.written, "disable_statistics": 1})


if __name__ == "__main__":
    main(Path(sys.argv[1]))
