"""What ML Metadata knows of a run: whether every component did its work, and what was pushed."""

from collections.abc import Sequence

from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from pipeline.outcome import RunResult
from tfx_hallmark.registry.errors import HallmarkError

_DONE = (metadata_store_pb2.Execution.COMPLETE, metadata_store_pb2.Execution.CACHED)


class RunFailedError(HallmarkError):
    """A component of the pipeline that failed or never ran."""


def check_run(
    connection: metadata_store_pb2.ConnectionConfig, *, pipeline_name: str, run_id: str, nodes: Sequence[str]
) -> None:
    """Check that every component of a run ended as complete or cached.

    LocalDagRunner returns normally when a component's inputs cannot be resolved; the component is then
    only marked as failed, or leaves no execution at all (tfx/orchestration/portable/launcher.py).

    Args:
        connection: How to reach ML Metadata; nothing else in this process may have its file open.
        pipeline_name: The pipeline's name.
        run_id: The run's id, as in the name of its context of type `pipeline_run`.
        nodes: Ids of all components, in the order in which they run.

    Raises:
        RunFailedError: If one did not; names the first one and the state it is in.
    """
    # A store has no close(); it closes its file when the last reference to it goes.
    states = _states(metadata_store.MetadataStore(connection), run_id)
    for node in nodes:
        state = states.get(f"{pipeline_name}.{node}")
        if state not in _DONE:
            state_name = "no execution" if state is None else metadata_store_pb2.Execution.State.Name(state)
            msg = f"{node} did not run to its end ({state_name} in ML Metadata), though the runner raised nothing"
            raise RunFailedError(msg)


def read_result(connection: metadata_store_pb2.ConnectionConfig, run_id: str) -> RunResult:
    """Return which version a run made, and whether it was published.

    Args:
        connection: How to reach ML Metadata.
        run_id: The id of a run that `check_run` found complete.
    """
    store = metadata_store.MetadataStore(connection)
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    pushed_type = store.get_artifact_type("PushedModel").id
    [pushed] = [found for found in store.get_artifacts_by_context(run.id) if found.type_id == pushed_type]
    properties = pushed.custom_properties
    return RunResult(properties["hallmark_version"].string_value, properties["hallmark_outcome"].string_value)


def read_findings(connection: metadata_store_pb2.ConnectionConfig, run_id: str) -> dict[str, str]:
    """Return what ServingMonitor says of a run's findings: its artifact's texts, by name.

    Args:
        connection: How to reach ML Metadata.
        run_id: The id of a run that `check_run` found complete.
    """
    store = metadata_store.MetadataStore(connection)
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    kind = store.get_artifact_type("tfx_hallmark.MonitoringFindings").id
    [found] = [one for one in store.get_artifacts_by_context(run.id) if one.type_id == kind]
    return {key: value.string_value for key, value in found.custom_properties.items() if value.string_value}


def _states(store: metadata_store.MetadataStore, run_id: str) -> dict[str, int]:
    """Return the state of each of a run's executions, by the name of its context of type `node`."""
    run = store.get_context_by_type_and_name("pipeline_run", run_id)
    if run is None:
        return {}
    node_type = store.get_context_type("node").id
    return {
        context.name: execution.last_known_state
        for execution in store.get_executions_by_context(run.id)
        for context in store.get_contexts_by_execution(execution.id)
        if context.type_id == node_type
    }
