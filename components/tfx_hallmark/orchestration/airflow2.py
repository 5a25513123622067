"""Runs any TFX pipeline on Airflow 2, with tasks that may be retried.

What that takes, and what remains impossible, is told in airflow2_retries.py.
"""

import copy

from airflow import models
from tfx.orchestration.airflow.airflow_dag_runner import AirflowDagRunner, AirflowPipelineConfig

from tfx_hallmark.orchestration.airflow2_retries import retry_safe
from tfx_hallmark.registry.errors import HallmarkError


class RetrySafeAirflowDagRunner(AirflowDagRunner):
    """TFX's AirflowDagRunner, with launchers whose tasks may be retried.

    !!! Example
        ``` python
        dag = RetrySafeAirflowDagRunner(AirflowPipelineConfig({
            'schedule': '@daily',
            'start_date': datetime.datetime(2026, 1, 1),
            'default_args': {'retries': 2}})).run(pipeline)
        ```
    """

    def __init__(self, config: AirflowPipelineConfig | None = None) -> None:
        """Construct a runner.

        Args:
            config: As for AirflowDagRunner. Each of its launcher classes is made retry safe.
        """
        config = copy.copy(config or AirflowPipelineConfig())
        config.supported_launcher_classes = [retry_safe(one) for one in config.supported_launcher_classes]
        super().__init__(config)


class RefusedDag(models.DAG):
    """A DAG that never comes about, and says why in one line among Airflow's import errors.

    Airflow shows an exception that leaves a DAG file with its traceback, but one that `validate` raises
    without (airflow/models/dagbag.py).

    Args:
        dag_id: The DAG's id, if there could be one.
        error: Why there is none.
    """

    def __init__(self, dag_id: str, error: HallmarkError) -> None:
        super().__init__(dag_id, schedule=None)
        self._error = error

    def validate(self) -> None:
        """Refuse.

        Raises:
            HallmarkError: Always.
        """
        raise self._error
