"""Runs one node of a compiled pipeline with TFX's portable launcher, as often as it takes."""

import os
from enum import Enum
from typing import Any

from tfx.dsl.compiler import constants
from tfx.orchestration import metadata
from tfx.orchestration.local import runner_utils
from tfx.orchestration.portable import data_types, launcher, runtime_parameter_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import pipeline_pb2

from tfx_hallmark.lineage.connection.store import prepare_store
from tfx_hallmark.orchestration.attempts import Attempts, Execution
from tfx_hallmark.orchestration.compiled import CompiledPipeline
from tfx_hallmark.orchestration.connection import put_password_in
from tfx_hallmark.orchestration.exclusion import alone_at
from tfx_hallmark.registry.errors import HallmarkError


class NodeFailedError(HallmarkError):
    """A node that failed, or could not be run."""


class Ending(Enum):
    """How a node ended that did not fail."""

    COMPLETE = "complete"
    CACHED = "cached"
    ALREADY = "ended well before, in this run"
    SKIPPED = "skipped, for its condition does not hold"


def launch_node(compiled: CompiledPipeline, node_id: str, *, run_id: str) -> Ending:
    """Run one node in one run, after the nodes it waits for.

    A node that ended well in this run is not run again. One that failed, or whose process was killed,
    starts over: what its earlier attempts left in its output directories is removed, and ML Metadata shows
    one execution, with the outcome of the last attempt.

    Args:
        compiled: The pipeline.
        node_id: The node.
        run_id: The run. The same for all nodes of a run and their retries, and for no other run of this
            pipeline.

    Raises:
        ConfigError: If the password of the metadata database is not in the environment.
        NodeBusyError: If another process is at work on this node in this run.
        MetadataError: If ML Metadata cannot be reached, or its database has not been initialised.
        NodeFailedError: If its inputs could not be resolved, of which LocalDagRunner says nothing.
        Exception: Whatever the node's executor or driver raises.
    """
    ir = pipeline_pb2.Pipeline.FromString(compiled.ir)
    runtime_parameter_utils.substitute_runtime_parameter(
        ir, {constants.PIPELINE_RUN_ID_PARAMETER_NAME: run_id}
    )
    deployment = runner_utils.extract_local_deployment_config(ir)
    known = deployment.metadata_connection_config
    connection = getattr(known, known.WhichOneof("connection_config"))
    if compiled.password_left_out:
        put_password_in(connection)
    [node] = [one.pipeline_node for one in ir.nodes if one.pipeline_node.node_info.id == node_id]
    executor_spec = runner_utils.extract_executor_spec(deployment, node_id)
    with alone_at(ir.runtime_spec.pipeline_root.field_value.string_value, node_id, run_id):
        prepare_store(connection)
        with metadata.Metadata(connection) as handle:
            attempts = Attempts(handle, node, ir.runtime_spec)
            if attempts.finished():
                return Ending.ALREADY
            attempts.clear_up(system_node=executor_spec is None)
        # pip is run for each packed module file; its check for a newer pip would use the network.
        os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        launched = launcher.Launcher(
            pipeline_node=node,
            mlmd_connection=metadata.Metadata(connection),
            pipeline_info=ir.pipeline_info,
            pipeline_runtime_spec=ir.runtime_spec,
            executor_spec=executor_spec,
            custom_driver_spec=runner_utils.extract_custom_driver_spec(deployment, node_id),
        ).launch()
        with metadata.Metadata(connection) as handle:
            return _ending(handle, node, ir.runtime_spec, launched)


def _ending(
    handle: metadata.Metadata, node: Any, runtime: Any, launched: data_types.ExecutionInfo | None
) -> Ending:
    if launched is None or launched.execution_id is None:
        return Ending.SKIPPED
    [execution] = handle.store.get_executions_by_id([launched.execution_id])
    if not execution_lib.is_execution_successful(execution):
        raise NodeFailedError(_explain(execution, node))
    Attempts(handle, node, runtime).complete_inputs(launched)
    return Ending.CACHED if execution.last_known_state == Execution.CACHED else Ending.COMPLETE


def _explain(execution: Execution, node: Any) -> str:
    result = execution_lib.get_execution_result(execution, ignore_parse_errors=True)
    lines = [line.strip() for line in (result.result_message if result else "").splitlines()]
    reason = next((line for line in reversed(lines) if line), "no reason is on record")
    waits_for = ", ".join(sorted(node.upstream_nodes)) or "nothing"
    return (
        f"{node.node_info.id} was not run, for its inputs could not be resolved: {reason} "
        f"(it waits for {waits_for}; see that they ended well in this run, then run it again)"
    )
