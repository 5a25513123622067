"""Who runs the pipeline: this process, Airflow, Kubeflow Pipelines or Vertex."""

import datetime
from typing import Annotated, Literal

from pydantic import Field

from pipeline.config.sections import Section, Text
from tfx_hallmark.registry.errors import ConfigError


class LocalRunner(Section):
    """This process runs one component after the other."""

    kind: Literal["local"]


class AirflowRunner(Section):
    """Airflow 2 or 3 runs each component as a task.

    Attributes:
        schedule: A cron expression or one of Airflow's presets such as `@daily`; null for runs by hand only.
        start_date: First day of the schedule, in UTC.
        retries: How often a failed task is tried again.
        retry_delay_seconds: How long to wait before that.
    """

    kind: Literal["airflow"]
    schedule: Text | None
    start_date: datetime.date
    retries: Annotated[int, Field(ge=0, le=100)]
    retry_delay_seconds: Annotated[int, Field(ge=0, le=86400)]


class KubeflowRunner(Section):
    """Kubeflow Pipelines runs each component as a container.

    Attributes:
        image: The container image, as the cluster pulls it.
        registry_claim: PersistentVolumeClaim that is mounted at the registry's root.
    """

    kind: Literal["kubeflow"]
    image: Text
    registry_claim: Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$")]


class VertexRunner(Section):
    """Vertex AI Pipelines runs each component as a container.

    Attributes:
        image: The container image, as Vertex pulls it.
    """

    kind: Literal["vertex"]
    image: Text


RunnerSection = Annotated[
    LocalRunner | AirflowRunner | KubeflowRunner | VertexRunner, Field(discriminator="kind")
]

_DOORS = {
    "local": "python -m pipeline.local_runner",
    "airflow": "pipeline/airflow_dag.py or pipeline/airflow3_dag.py",
    "kubeflow": "python -m pipeline.kubeflow_runner",
    "vertex": "python -m pipeline.kubeflow_runner",
}


def check_kind(runner: LocalRunner | AirflowRunner | KubeflowRunner | VertexRunner, *kinds: str) -> None:
    """Check that settings are for one of the runners that are asked for.

    Raises:
        ConfigError: If they are for another; names what runs them.
    """
    if runner.kind not in kinds:
        msg = (
            f"runner.kind is {runner.kind}, which {_DOORS[runner.kind]} runs; "
            f"set it to {' or '.join(kinds)} to run it here"
        )
        raise ConfigError(msg)
