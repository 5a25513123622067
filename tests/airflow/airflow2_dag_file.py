"""Prints as JSON what Airflow makes of the DAG file, beside the pipeline that it is made from; a program."""

import json
import os
import sys
from pathlib import Path


def main() -> None:
    from airflow.models import DagBag

    bag = DagBag(os.environ["AIRFLOW__CORE__DAGS_FOLDER"], include_examples=False)
    found: dict = {"errors": bag.import_errors, "dags": list(bag.dags)}
    for dag in bag.dags.values():
        found["schedule"] = dag.schedule_interval
        found["start"] = dag.start_date.isoformat()
        found["tasks"] = {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks}
        found["retries"] = {
            task.task_id: [task.retries, task.retry_delay.total_seconds()] for task in dag.tasks
        }
        found["pipeline"] = {
            node.id: sorted(up.id for up in node.upstream_nodes) for node in _pipeline().components
        }
        found["outputs"] = [
            [channel.type_name, key]
            for node in _pipeline().components
            for key, channel in node.outputs.items()
        ]
    Path(sys.argv[1]).write_text(json.dumps(found))


def _pipeline():
    from pipeline.config import load_config
    from pipeline.penguin_pipeline import create_pipeline

    return create_pipeline(load_config(Path(os.environ["HALLMARK_CONFIG"])))


if __name__ == "__main__":
    main()
