"""The penguin pipeline under a real scheduler of Airflow 2: its DAG, its runs, and tasks that are killed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.airflow.airflow2_kills import COMMITTED, RECORDING, arm, armed
from tests.orchestrators.airflow2 import ROOT, Airflow2
from tests.orchestrators.orchestrator import BETTER
from tfx_hallmark.registry.registry import Registry

# A run in which each of ten tasks is killed and tried again takes minutes where the machine is busy.
pytestmark = pytest.mark.timeout(1800)

COMPONENTS = [
    "CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform",
    "Trainer", "VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher",
]  # fmt: skip


def read_dag_file(airflow: Airflow2, folder: Path) -> dict:
    """Gives what Airflow makes of the DAG file; in a process of its own, for Airflow spreads through a process."""
    result = folder / "dag_file.json"
    subprocess.run(
        [sys.executable, "-m", "tests.airflow.airflow2_dag_file", str(result)],
        cwd=ROOT,
        env=airflow.environment,
        capture_output=True,
        check=True,
    )
    return json.loads(result.read_text())


# The DAG


@pytest.fixture(scope="module")
def dag(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dag")
    airflow = Airflow2(folder)
    airflow.configure("runner.schedule='@daily'", "runner.retries=3", "runner.retry_delay_seconds=7")
    return read_dag_file(airflow, folder)


def test_every_node_is_a_task_and_waits_for_what_the_pipeline_says(dag):
    assert dag["errors"] == {}
    assert dag["dags"] == ["penguin"]
    assert sorted(dag["tasks"]) == sorted(COMPONENTS)
    assert dag["tasks"] == dag["pipeline"]
    assert dag["tasks"]["StableBaseline"] == ["Trainer", "VersionTagger"]


def test_schedule_and_retries_are_those_of_the_settings(dag):
    assert (dag["schedule"], dag["start"]) == ("@daily", "2026-01-01T00:00:00+00:00")
    assert dag["retries"] == {task: [3, 7] for task in COMPONENTS}


def test_no_two_outputs_of_the_pipeline_have_one_type_and_one_key(dag):
    # Under TFX's own runner these would collide.
    assert len({tuple(output) for output in dag["outputs"]}) == len(dag["outputs"])
    assert ["Model", "model"] in dag["outputs"]
    assert ["Model", "baseline"] in dag["outputs"]


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        (["trainer.stepz=30"], "trainer.stepz: unknown key; did you mean trainer.steps?"),
        (["runner={kind: local}"], "runner.kind is local"),
    ],
)
def test_wrong_settings_are_one_line_among_the_import_errors(tmp_path, settings, line):
    airflow = Airflow2(tmp_path)
    airflow.configure(*settings)
    found = read_dag_file(airflow, tmp_path)
    assert found["dags"] == []
    (error,) = found["errors"].values()
    assert error.startswith("ConfigError: ")
    assert line in error
    assert "\n" not in error


# Runs


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """A run in which every component is killed, then one in which none is; both end well."""
    folder = tmp_path_factory.mktemp("story")
    kills = folder / "kills"
    arm(kills, *map(RECORDING.format, COMPONENTS), *map(COMMITTED.format, ("tagged", "published")))
    airflow = Airflow2(folder, preload=["tests.airflow.airflow2_kills"])
    airflow.environment["HALLMARK_TEST_KILLS"] = str(kills)
    with airflow.scheduling():
        airflow.run()
        assert armed(kills) == []
        airflow.run(*BETTER)
        yield airflow


@pytest.fixture
def store(story):
    config = mlmd.ConnectionConfig()
    config.sqlite.filename_uri = str(story.metadata)
    return metadata_store.MetadataStore(config)


def model(airflow: Airflow2):
    return Registry.open(airflow.registry).model("penguin")


def executions(store, run_id):
    context = store.get_context_by_type_and_name("run", f"penguin.{run_id}")
    return {
        execution.properties["component_id"].string_value: execution
        for execution in store.get_executions_by_context(context.id)
    }


def outputs(store, execution):
    events = store.get_events_by_execution_ids([execution.id])
    ids = [event.artifact_id for event in events if event.type == mlmd.Event.OUTPUT]
    return store.get_artifacts_by_id(ids)


def test_every_component_may_be_killed_and_the_run_ends_with_one_release(story):
    tries = dict.fromkeys(COMPONENTS, 2) | {"VersionTagger": 3, "RegistryPusher": 3}
    assert story.attempts("run-1") == tries
    of_run_1 = [event for event in model(story).events() if event.data.version == "1.0.0"]
    assert [event.kind for event in of_run_1] == ["tagged", "published"]
    assert model(story).version("1.0.0").releases == (1,)
    assert (story.registry / "penguin/1/saved_model.pb").is_file()


def test_a_run_that_nobody_disturbs_publishes_the_better_model(story):
    assert story.attempts("run-2") == dict.fromkeys(COMPONENTS, 1)
    stable = model(story).version("stable")
    assert (stable.version, stable.releases) == ("1.1.0", (2,))
    assert sorted(path.name for path in (story.registry / "penguin").iterdir()) == ["1", "2"]


@pytest.mark.parametrize("run_id", ["run-1", "run-2"])
def test_a_killed_run_leaves_the_record_of_one_that_was_not(story, store, run_id):
    recorded = executions(store, run_id)
    assert sorted(recorded) == sorted(COMPONENTS)
    for execution in recorded.values():
        assert execution.last_known_state == mlmd.Execution.COMPLETE
        for artifact in outputs(store, execution):
            assert artifact.state == mlmd.Artifact.LIVE
            assert Path(artifact.uri).is_dir()
    made = [artifact.type for execution in recorded.values() for artifact in outputs(store, execution)]
    assert len(made) == 14
    (pushed,) = outputs(store, recorded["RegistryPusher"])
    assert pushed.custom_properties["pushed"].int_value == 1
    assert pushed.custom_properties["pushed_version"].string_value == run_id.removeprefix("run-")


def test_each_attempt_writes_to_a_directory_of_its_own(story, store):
    for component, execution in executions(store, "run-1").items():
        last = story.attempts("run-1")[component]
        for artifact in outputs(store, execution):
            assert artifact.uri.endswith(f"{execution.id}-attempt-{last}")


@pytest.mark.parametrize(("run_id", "version"), [("run-1", "1.0.0"), ("run-2", "1.1.0")])
def test_what_is_recorded_is_the_run_id_of_airflow(story, store, run_id, version):
    assert model(story).version(version).manifest.provenance.run.run_id == run_id
    (published,) = [
        event
        for event in model(story).events()
        if event.kind == "published" and event.data.version == version
    ]
    assert f"run {run_id}" in published.reason
    for execution in executions(store, run_id).values():
        assert execution.properties["run_id"].string_value == run_id


def test_a_task_that_is_cleared_after_its_end_ends_green_again_and_changes_nothing(story):
    before = [event.seq for event in model(story).events()]
    story.command("tasks", "clear", "penguin", "--task-regex", "RegistryPusher|VersionTagger", "--yes")
    story.wait_for("run-2")
    assert story.attempts("run-2")["RegistryPusher"] == 2
    assert [event.seq for event in model(story).events()] == before
