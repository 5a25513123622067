"""A component that never ran is found, though LocalDagRunner says nothing."""

import pytest
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.run_record import RunFailedError, check_run

pytestmark = pytest.mark.tfx

PIPELINE, RUN = "penguin", "2026-01-01T00:00:00"
State = metadata_store_pb2.Execution.State


@pytest.fixture
def connection(tmp_path):
    config = metadata_store_pb2.ConnectionConfig()
    config.sqlite.filename_uri = str(tmp_path / "metadata.sqlite")
    config.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
    return config


@pytest.fixture
def record(connection):
    """Records a run's executions as TFX's launcher does: in contexts of the run and of the node."""

    def write(states: dict[str, str], run: str = RUN) -> None:
        store = metadata_store.MetadataStore(connection)
        types = {
            name: store.put_context_type(metadata_store_pb2.ContextType(name=name))
            for name in ("pipeline_run", "node")
        }
        kind = store.put_execution_type(metadata_store_pb2.ExecutionType(name="component"))
        for node, state in states.items():
            execution = metadata_store_pb2.Execution(type_id=kind, last_known_state=State.Value(state))
            contexts = [
                metadata_store_pb2.Context(type_id=types["pipeline_run"], name=run),
                metadata_store_pb2.Context(type_id=types["node"], name=f"{PIPELINE}.{node}"),
            ]
            store.put_execution(execution, [], contexts, reuse_context_if_already_exist=True)

    return write


def check(connection, *nodes):
    check_run(connection, pipeline_name=PIPELINE, run_id=RUN, nodes=nodes)


def test_complete_and_cached_components_are_fine(connection, record):
    record({"Trainer": "COMPLETE", "Pusher": "CACHED"})
    check(connection, "Trainer", "Pusher")


@pytest.mark.parametrize("state", ["FAILED", "RUNNING", "NEW", "CANCELED", "UNKNOWN"])
def test_any_other_state_is_named(connection, record, state):
    record({"Trainer": "COMPLETE", "Evaluator": state, "Pusher": "FAILED"})
    with pytest.raises(
        RunFailedError, match=rf"^Evaluator did not run to its end \({state} in ML Metadata\)"
    ):
        check(connection, "Trainer", "Evaluator", "Pusher")


def test_a_component_without_an_execution_is_named(connection, record):
    record({"Trainer": "COMPLETE"})
    with pytest.raises(
        RunFailedError, match=r"^Pusher did not run to its end \(no execution in ML Metadata\)"
    ):
        check(connection, "Trainer", "Pusher")


def test_another_run_counts_for_nothing(connection, record):
    record({"Trainer": "COMPLETE"}, run="an earlier run")
    with pytest.raises(RunFailedError, match=r"^Trainer .*no execution"):
        check(connection, "Trainer")


def test_a_resolution_that_local_dag_runner_swallows_is_found(tmp_path):
    from tfx import v1 as tfx

    from pipeline.local_runner import run_components

    # There is no model yet, so this fails, and LocalDagRunner returns as if nothing had happened.
    resolver = tfx.dsl.Resolver(
        strategy_class=tfx.dsl.experimental.LatestArtifactStrategy,
        model=tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
    ).with_id("latest_model")
    pipeline = tfx.dsl.Pipeline(
        pipeline_name=PIPELINE,
        pipeline_root=str(tmp_path / "artifacts"),
        metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
            str(tmp_path / "tfx.sqlite")
        ),
        components=[resolver],
    )
    run_id = run_components(pipeline)
    with pytest.raises(RunFailedError, match=r"^latest_model did not run to its end \(FAILED"):
        check_run(
            pipeline.metadata_connection_config, pipeline_name=PIPELINE, run_id=run_id, nodes=["latest_model"]
        )
