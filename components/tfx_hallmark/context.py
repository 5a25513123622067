"""What an executor can know about the run it is part of."""

import os
import sys
from typing import Any

import msgspec

# Airflow sets these in every task's environment (airflow/utils/operator_helpers.py, context_to_airflow_vars).
_DAG_ID = "AIRFLOW_CTX_DAG_ID"
_DAG_RUN_ID = "AIRFLOW_CTX_DAG_RUN_ID"
# What a task's container runs on Kubeflow Pipelines (tfx/orchestration/kubeflow/v2/step_builder.py).
_KUBEFLOW_ENTRY_POINT = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"


class PipelineRun(msgspec.Struct, frozen=True):
    """The run, as far as the orchestrator tells; what it does not tell is left out.

    Attributes:
        pipeline: Name of the pipeline. Nothing tells it on Kubeflow Pipelines.
        run_id: Its run. On Kubeflow Pipelines only a parameter tells it.
        orchestrator: `airflow`; `kubeflow`, by the entry point that Vertex Pipelines uses as well; or
            `local` for TFX's own launcher with neither around it.
    """

    pipeline: str | None = None
    run_id: str | None = None
    orchestrator: str | None = None

    @property
    def has_metadata_ids(self) -> bool:
        """Whether the ids of artifacts are ML Metadata's: on Kubeflow Pipelines they are made up (hashes of names)."""
        return self.orchestrator != "kubeflow"

    def in_run(self, run_id: str | None) -> "PipelineRun":
        """Return this with the run's id, where a parameter tells it."""
        return self if run_id is None else msgspec.structs.replace(self, run_id=run_id)

    def __str__(self) -> str:
        pipeline = f"pipeline {self.pipeline}" if self.pipeline else "a pipeline"
        return f"{pipeline}, run {self.run_id}" if self.run_id else pipeline


def pipeline_run(context: Any) -> PipelineRun:
    """Read the run off an executor's context and its process.

    Args:
        context: `BaseExecutor._context`; None, or empty, outside of the portable launcher
            (tfx/dsl/components/base/base_executor.py).
    """
    info = getattr(context, "pipeline_info", None)
    return PipelineRun(
        # TFX's AirflowDagRunner names the DAG as the pipeline.
        pipeline=getattr(info, "id", None) or os.environ.get(_DAG_ID),
        run_id=getattr(context, "pipeline_run_id", None) or os.environ.get(_DAG_RUN_ID),
        orchestrator=_orchestrator(info),
    )


def _orchestrator(pipeline_info: Any) -> str | None:
    if getattr(getattr(sys.modules["__main__"], "__spec__", None), "name", None) == _KUBEFLOW_ENTRY_POINT:
        return "kubeflow"
    if _DAG_ID in os.environ:
        return "airflow"
    return None if pipeline_info is None else "local"
