"""What an executor makes of its context and its process: who runs it, and nothing that is only guessed."""

import pytest
from tfx.dsl.components.base.base_executor import BaseExecutor
from tfx.proto.orchestration import pipeline_pb2

from tfx_hallmark.context import PipelineRun, pipeline_run

PORTABLE = BaseExecutor.Context(
    pipeline_info=pipeline_pb2.PipelineInfo(id="penguin"), pipeline_run_id="2024-01-01T00:00:00"
)
# As tfx/orchestration/launcher/in_process_component_launcher.py and Kubeflow's entry point make it.
EMPTY = BaseExecutor.Context(extra_flags=[], tmp_dir="/tmp", unique_id="1")


@pytest.fixture(autouse=True)
def _outside_of_airflow(monkeypatch):
    for name in ("AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_RUN_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def in_airflow(monkeypatch):
    monkeypatch.setenv("AIRFLOW_CTX_DAG_ID", "penguin_dag")
    monkeypatch.setenv("AIRFLOW_CTX_DAG_RUN_ID", "manual__2024-01-01T00:00:00+00:00")


@pytest.mark.parametrize("context", [None, EMPTY])
def test_nothing_is_known_of_an_executor_that_is_run_by_itself(context):
    assert pipeline_run(context) == PipelineRun()


def test_portable_launcher_tells_pipeline_and_run():
    assert pipeline_run(PORTABLE) == PipelineRun("penguin", "2024-01-01T00:00:00", "local")


@pytest.mark.usefixtures("in_airflow")
def test_airflow_tells_in_the_environment_what_tfx_leaves_out():
    run = pipeline_run(EMPTY)
    assert run == PipelineRun("penguin_dag", "manual__2024-01-01T00:00:00+00:00", "airflow")
    assert run.has_metadata_ids


@pytest.mark.usefixtures("in_airflow")
def test_node_of_a_compiled_pipeline_that_airflow_starts_keeps_the_pipelines_own_name():
    assert pipeline_run(PORTABLE) == PipelineRun("penguin", "2024-01-01T00:00:00", "airflow")


@pytest.mark.usefixtures("in_airflow")
def test_parameter_is_what_counts_where_it_tells_the_run():
    assert pipeline_run(EMPTY).in_run("run-7").run_id == "run-7"
    assert pipeline_run(EMPTY).in_run(None).run_id == "manual__2024-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (PipelineRun(), "a pipeline"),
        (PipelineRun(run_id="7", orchestrator="kubeflow"), "a pipeline, run 7"),
        (PipelineRun("penguin", "7", "airflow"), "pipeline penguin, run 7"),
    ],
)
def test_text_leaves_the_orchestrator_out_so_that_every_one_writes_the_same_log(run, text):
    assert str(run) == text
