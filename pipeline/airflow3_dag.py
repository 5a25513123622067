"""The penguin pipeline as a DAG for Airflow 3: link or copy this file into Airflow's DAG folder.

Compile the pipeline first, in the TFX environment:

    python -m pipeline.airflow3_compile --config configs/airflow.yaml --out /srv/airflow/dags/penguin.json

The environment variable HALLMARK_COMPILED names that file; by default it is `penguin.json` beside this one.
Schedule and retries come from it too, so this file needs neither the settings nor this repository.
"""

import datetime
import os
from pathlib import Path

from tfx_hallmark.orchestration.airflow3 import make_dag
from tfx_hallmark.orchestration.compiled import read_compiled

_FILE = Path(os.environ.get("HALLMARK_COMPILED") or Path(__file__).with_name("penguin.json"))
_settings = read_compiled(_FILE).settings

dag = make_dag(
    _FILE,
    schedule=_settings["schedule"],
    start_date=datetime.datetime.fromisoformat(_settings["start_date"]).replace(tzinfo=datetime.timezone.utc),
    catchup=False,
    max_active_runs=1,  # of two runs at once that beat the same baseline, the second would be refused
    retries=_settings["retries"],
    retry_delay=datetime.timedelta(seconds=_settings["retry_delay_seconds"]),
)
