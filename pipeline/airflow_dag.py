"""The penguin pipeline as a DAG of Airflow 2: put this file, or a link to it, into Airflow's folder of DAGs.

The settings come from the YAML file that HALLMARK_CONFIG names (configs/airflow.yaml by default), and are read
again whenever Airflow reads this file: before each task, so a change of them reaches the next task. If they are
wrong, Airflow's import errors say so in one line. Airflow's processes need the repository's root on PYTHONPATH.
Importing TFX takes 10 s or more: on a slow machine raise Airflow's `dagbag_import_timeout` (30 s).
"""

import datetime
import os
from pathlib import Path

from airflow import DAG
from tfx.orchestration.airflow.airflow_dag_runner import AirflowPipelineConfig

from pipeline.config import load_config
from pipeline.config.runner import AirflowRunner, check_kind
from pipeline.penguin_pipeline import create_pipeline
from tfx_hallmark.orchestration.airflow2 import RefusedDag, RetrySafeAirflowDagRunner
from tfx_hallmark.registry.errors import HallmarkError


def create_dag(config_file: Path) -> DAG:
    """Build the DAG.

    Args:
        config_file: The settings; `runner.kind` must be `airflow`.

    Raises:
        HallmarkError: If the settings cannot be used.
    """
    config = load_config(config_file)
    check_kind(config.runner, "airflow")
    assert isinstance(config.runner, AirflowRunner)
    # Module files are packed by pip whenever this file is read; its check for a newer pip uses the network.
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    runner = RetrySafeAirflowDagRunner(
        AirflowPipelineConfig(
            {
                "schedule": config.runner.schedule,
                "start_date": datetime.datetime.combine(
                    config.runner.start_date, datetime.time(), datetime.timezone.utc
                ),
                "catchup": False,
                # Of two runs at once that beat the same baseline, the second would be refused.
                "max_active_runs": 1,
                "default_args": {
                    "retries": config.runner.retries,
                    "retry_delay": datetime.timedelta(seconds=config.runner.retry_delay_seconds),
                },
            }
        )
    )
    return runner.run(create_pipeline(config, run_id="{{ run_id }}"))


try:
    dag = create_dag(Path(os.environ.get("HALLMARK_CONFIG", "configs/airflow.yaml")))
except HallmarkError as error:
    dag = RefusedDag("penguin", error)
