"""Runs a compiled TFX pipeline on Airflow 3, which lives in an environment of its own.

TFX's runner for Airflow knows Airflow 2 only and wants it in its own environment. Here Airflow holds no more
than the plan: which nodes there are and what each waits for. Each node is a task that starts a process with
the interpreter of the TFX environment (`tfx_hallmark.orchestration.node`). So the two never share a
dependency, and either may be upgraded alone.

    # once per deployment, in the TFX environment
    compile_pipeline(my_pipeline, Path("/srv/airflow/dags/my_pipeline.json"))

    # /srv/airflow/dags/my_dag.py, in Airflow's
    dag = make_dag(Path(__file__).with_name("my_pipeline.json"), schedule="@daily", ...)

Airflow's environment needs `pip install tfx-hallmark` without extras, which is light: no TFX, no TensorFlow.
The TFX environment needs `tfx-hallmark[tfx]` and the code of your own components. What a task starts inherits
the environment variables of Airflow's worker, where a database password (HALLMARK_METADATA_PASSWORD) belongs.

The tasks are BashOperators. ExternalPythonOperator would move a pickled function to the other environment,
and bind both to one version of Python and pickle; a command line only has to be quoted. BashOperator also
passes a node's output to the task's log line by line, ends the process when the task is ended, and knows an
exit code for skipped tasks.
"""

import datetime
import shlex
from pathlib import Path
from typing import Any

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, TriggerRule, literal

from tfx_hallmark.orchestration.compiled import read_compiled


def make_dag(
    file: Path,
    *,
    dag_id: str | None = None,
    tfx_python: str | None = None,
    retries: int,
    retry_delay: datetime.timedelta,
    **options: Any,
) -> DAG:
    """Make the DAG of a compiled pipeline: a task per node, of the same name, run in the order that TFX has.

    The run's id in ML Metadata and in the registry is Airflow's. A task that is tried again goes on where it
    was; one that is cleared after it ended well finds that it did, for a run of the pipeline is on record
    once: start a new run instead. A node whose condition (`tfx.dsl.Cond`) does not hold is skipped; what comes
    after it is left to TFX, as everywhere: it runs if it can do without.

    Args:
        file: The compiled pipeline, where Airflow's workers see it too. Airflow reads it whenever it reads
            the DAG file, so a newly compiled one is taken up by itself.
        dag_id: Id of the DAG; the pipeline's name by default.
        tfx_python: Interpreter of the TFX environment on Airflow's workers; by default the one that compiled
            the pipeline.
        retries: How often a failed task is tried again.
        retry_delay: How long to wait before that.
        **options: Further arguments of `airflow.sdk.DAG`, e.g. `schedule`, `start_date`, `max_active_runs`.

    Raises:
        CompiledPipelineError: If the file is not there or is no compiled pipeline. Airflow shows it as the
            DAG file's import error.
    """
    compiled = read_compiled(file)
    python = tfx_python or compiled.python
    dag = DAG(dag_id or compiled.name, **options)
    tasks = {
        node.id: BashOperator(
            task_id=node.id,
            dag=dag,
            # What is known now is quoted; what Airflow fills in, whoever starts a run may choose, so
            # it never becomes part of the command.
            bash_command=literal(_command(python, file.absolute(), node.id)),
            env={"HALLMARK_RUN_ID": "{{ run_id }}"},
            append_env=True,
            do_xcom_push=False,
            retries=retries,
            retry_delay=retry_delay,
            trigger_rule=TriggerRule.NONE_FAILED,
        )
        for node in compiled.nodes
    }
    for node in compiled.nodes:
        for upstream in node.upstream:
            tasks[upstream].set_downstream(tasks[node.id])
    return dag


def _command(python: str, file: Path, node_id: str) -> str:
    known = [python, "-m", "tfx_hallmark.orchestration.node", str(file), node_id]
    # `exec`, so that ending the task ends the node and not the shell around it.
    return f'exec {shlex.join(known)} --run-id="$HALLMARK_RUN_ID"'
