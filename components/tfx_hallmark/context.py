"""What an executor can know about the run it is part of."""

from typing import Any

import msgspec


class PipelineRun(msgspec.Struct, frozen=True):
    """The run, as far as the orchestrator tells: on Airflow and Kubeflow nothing reaches the executor."""

    pipeline: str | None = None
    run_id: str | None = None

    def in_run(self, run_id: str | None) -> "PipelineRun":
        """Return this with the run's id, where a parameter tells it."""
        return self if run_id is None else msgspec.structs.replace(self, run_id=run_id)

    def __str__(self) -> str:
        pipeline = f"pipeline {self.pipeline}" if self.pipeline else "a pipeline"
        return f"{pipeline}, run {self.run_id}" if self.run_id else pipeline


def pipeline_run(context: Any) -> PipelineRun:
    """Read the run off an executor's context.

    Args:
        context: `BaseExecutor._context`; None, or empty, outside of the portable launcher
            (tfx/dsl/components/base/base_executor.py).
    """
    info = getattr(context, "pipeline_info", None)
    return PipelineRun(
        pipeline=getattr(info, "id", None),
        run_id=getattr(context, "pipeline_run_id", None),
    )
