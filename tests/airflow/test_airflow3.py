"""The penguin pipeline on a real Airflow 3, and what Airflow makes of its DAG file."""

import json
import subprocess
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from pipeline.config import load_config
from pipeline.penguin_pipeline import create_pipeline
from tests.killer import Killer
from tests.orchestrators.airflow3 import DAG_FILE, ROOT, Airflow3, airflow_python
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.timeout(1800)

PUSHER = "RegistryPusher"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run by the scheduler whose pusher was killed after the log says `published`, before the release is there."""
    folder = tmp_path_factory.mktemp("airflow3")
    killer = Killer(folder / "killer", PUSHER, ["/registry/penguin/1"])
    airflow = Airflow3(folder, search=(killer.folder,))
    with airflow.serving():
        airflow.run()
        yield airflow, killer


def test_a_killed_pusher_is_tried_again_and_publishes_one_release(ran):
    airflow, killer = ran
    tries = {task: instance["try_number"] for task, instance in airflow.last_run.items()}
    assert killer.kills == 1
    assert tries == {task: 2 if task == PUSHER else 1 for task in tries}
    model = Registry.open(airflow.registry).model("penguin")
    assert [event.kind for event in model.events()] == ["tagged", "published"]
    assert sorted(path.name for path in (airflow.registry / "penguin").iterdir()) == ["1"]


def test_the_run_is_on_record_by_the_id_that_airflow_gave_it(ran):
    airflow, _ = ran
    run_id = airflow.last_run[PUSHER]["dag_run_id"]
    assert run_id.startswith("manual__")
    version = Registry.open(airflow.registry).model("penguin").version("stable")
    assert version.manifest.provenance.run.run_id == run_id
    connection = mlmd.ConnectionConfig(sqlite={"filename_uri": str(airflow.metadata)})
    store = metadata_store.MetadataStore(connection)
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    states = [execution.last_known_state for execution in store.get_executions_by_context(run.id)]
    assert states == [mlmd.Execution.COMPLETE] * 10


_LOOK = """
import importlib.util, json, sys
from airflow.dag_processing.dagbag import DagBag

assert importlib.util.find_spec("tfx") is None, "Airflow's environment has no TFX"
bag = DagBag(dag_folder=sys.argv[1])
dags = {
    dag.dag_id: {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks} for dag in bag.dags.values()
}
print(json.dumps({"dags": dags, "errors": list(bag.import_errors.values())}))
"""


@pytest.fixture
def airflow(tmp_path):
    """An Airflow that has the DAG file, and does not run."""
    return Airflow3(tmp_path)


def look(airflow: Airflow3, code: str, *arguments: object) -> str:
    """Runs code in Airflow's environment and gives the last line that it printed."""
    done = subprocess.run(
        [airflow_python(), "-c", code, *map(str, arguments)],
        env=airflow.environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1]


def test_the_dag_has_the_pipeline_s_shape(airflow):
    airflow.compile()
    seen = json.loads(look(airflow, _LOOK, airflow.home / "dags"))
    # The same definition, as TFX itself sees it.
    paths = {"data.folder": ROOT / "pipeline" / "data", "metadata.file": airflow.metadata}
    overrides = [f"{key}={path}" for key, path in paths.items()]
    components = create_pipeline(load_config(ROOT / "configs" / "local.yaml", overrides)).components
    shape = {one.id: sorted(upstream.id for upstream in one.upstream_nodes) for one in components}
    assert seen == {"dags": {"penguin": shape}, "errors": []}


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            None,
            "no compiled pipeline at {file}: compile it in the TFX environment, and give the same path here",
        ),
        (
            "{}",
            "{file} is not a compiled pipeline (Object missing required field `format`): compile it again",
        ),
        (
            '{"format": 2}',
            "{file} has format 2, and this tfx-hallmark reads 1: compile it again, with the same tfx-hallmark",
        ),
    ],
)
def test_a_compiled_pipeline_that_is_not_one_is_airflow_s_import_error(airflow, text, complaint):
    if text is not None:
        airflow.compiled.write_text(text)
    seen = json.loads(look(airflow, _LOOK, DAG_FILE))
    assert seen["dags"] == {}
    [error] = seen["errors"]
    last = error.splitlines()[-1]
    assert last == (
        "tfx_hallmark.orchestration.compiled.CompiledPipelineError: "
        + complaint.format(file=airflow.compiled)
    )


_RUN_TASK = """
import datetime, os, subprocess, sys
from pathlib import Path
from tfx_hallmark.orchestration.airflow3 import make_dag

dag = make_dag(Path(sys.argv[1]), tfx_python="echo", retries=0, retry_delay=datetime.timedelta(0))
task = dag.get_task("Trainer")
run_id = sys.argv[2]
command = task.render_template(task.bash_command, {"run_id": run_id})
environment = task.render_template(task.env, {"run_id": run_id})
subprocess.run(["bash", "-c", command], env={**os.environ, **environment}, check=True)
"""


def test_paths_and_run_ids_are_never_part_of_the_shell_s_language(airflow, tmp_path):
    airflow.compile()
    file = tmp_path / "it's {{ run_id }} $HOME; exit" / "penguin.json"
    file.parent.mkdir()
    file.write_bytes(airflow.compiled.read_bytes())
    run_id = 'manual__2026-11-21T00:00:00+00:00\'; touch "$(pwd)/x" `id`'
    told = look(airflow, _RUN_TASK, file, run_id)
    assert told == f"-m tfx_hallmark.orchestration.node {file} Trainer --run-id={run_id}"


def test_without_an_airflow_the_harness_says_so(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("HALLMARK_AIRFLOW3", str(tmp_path))
    with pytest.raises(RuntimeError, match=f"^no Airflow 3 in {tmp_path}: "):
        airflow_python()
