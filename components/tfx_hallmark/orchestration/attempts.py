"""What ML Metadata knows of one node in one run, and what has to be put right before it is tried again.

TFX's launcher goes on with the execution that an earlier attempt registered in the same run
(`_register_or_reuse_execution` in tfx/orchestration/portable/launcher.py): the same id, so the same output
directories. It takes them as they are, half-written or not, and leaves the earlier attempt's state, error and
inputs on record. System nodes (Importer, Resolver) get another execution instead.
"""

import os
from typing import TypeAlias

from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.compiler import constants
from tfx.dsl.io import fileio
from tfx.orchestration import metadata
from tfx.orchestration.portable import data_types, outputs_utils
from tfx.orchestration.portable.mlmd import execution_lib
from tfx.proto.orchestration import pipeline_pb2

Execution: TypeAlias = metadata_store_pb2.Execution

# Names of TFX's own, in execution_lib.py and outputs_utils.py of tfx/orchestration/portable.
_ERROR = "__execution_result__"
_EXECUTOR_FILES = (".system", "executor_execution")


class Attempts:
    """The executions of one node in one run.

    Args:
        handle: An open connection to ML Metadata.
        node: The node, as the IR has it; with the run's id in it.
        runtime: The IR's `runtime_spec`.
    """

    def __init__(
        self,
        handle: metadata.Metadata,
        node: pipeline_pb2.PipelineNode,
        runtime: pipeline_pb2.PipelineRuntimeSpec,
    ) -> None:
        self._handle = handle
        self._node = node
        self._directory = outputs_utils.get_node_dir(runtime, node.node_info.id)

    def executions(self) -> list[Execution]:
        """Return the executions, the latest one last."""
        contexts = self._contexts()
        run = contexts.get(constants.PIPELINE_RUN_CONTEXT_TYPE_NAME)
        if run is None or None in contexts.values():
            return []
        store = self._handle.store
        wanted = {context.id for context in contexts.values() if context is not None}
        found = [
            execution
            for execution in store.get_executions_by_context(run.id)
            if wanted <= {context.id for context in store.get_contexts_by_execution(execution.id)}
        ]
        return sorted(found, key=lambda execution: int(execution.id))

    def finished(self) -> Execution | None:
        """Return the execution that ended well, if one did."""
        done = [one for one in self.executions() if execution_lib.is_execution_successful(one)]
        return done[-1] if done else None

    def clear_up(self, *, system_node: bool) -> None:
        """Remove what attempts that did not end well left behind.

        Whoever calls this knows that none of them still runs.

        Args:
            system_node: Whether the node is TFX's own, so that its next attempt is another execution.
        """
        for execution in self.executions():
            # Failed, so that nobody takes a process for running which is no more.
            execution.last_known_state = Execution.FAILED if system_node else Execution.RUNNING
            execution.custom_properties.pop(_ERROR, None)
            self._handle.store.put_executions([execution])
            for folder in self._left_by(execution.id):
                if fileio.exists(folder):
                    fileio.rmtree(folder)

    def complete_inputs(self, launched: data_types.ExecutionInfo) -> None:
        """Record the inputs that the launcher used and, going on with an execution, did not record."""
        events = self._handle.store.get_events_by_execution_ids([launched.execution_id])
        known = {event.artifact_id for event in events if event.type == metadata_store_pb2.Event.INPUT}
        missing = {
            key: [artifact for artifact in artifacts if artifact.id not in known]
            for key, artifacts in launched.input_dict.items()
        }
        if any(missing.values()):
            [execution] = self._handle.store.get_executions_by_id([launched.execution_id])
            contexts = self._handle.store.get_contexts_by_execution(launched.execution_id)
            execution_lib.put_execution(self._handle, execution, contexts, input_artifacts=missing)

    def _contexts(self) -> dict[str, metadata_store_pb2.Context | None]:
        return {
            context.type.name: self._handle.store.get_context_by_type_and_name(
                context.type.name, context.name.field_value.string_value
            )
            for context in self._node.contexts.contexts
        }

    def _left_by(self, execution_id: int) -> list[str]:
        # With os.path, for the directory may be a URI.
        folders = [self._node_directory(key, str(execution_id)) for key in self._node.outputs.outputs]
        return [*folders, self._node_directory(*_EXECUTOR_FILES, str(execution_id))]

    def _node_directory(self, *parts: str) -> str:
        return os.path.join(self._directory, *parts)  # noqa: PTH118
