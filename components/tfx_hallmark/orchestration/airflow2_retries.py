"""Launches a TFX component more than once in one run, as a task of Airflow 2 that is retried does.

Under TFX's own AirflowDagRunner no task survives a retry. A driver registers the output artifacts before
the executor runs, under the name `<output key>:<run id>`. A second attempt is given the same execution
(tfx/orchestration/metadata.py, register_execution), but records its inputs once more and registers new outputs
of the same names, and ML Metadata answers either with AlreadyExistsError: an artifact is an input of an execution
once, and a name is unique among the artifacts of a type. For the latter reason two nodes of one run may not have
outputs of one type and one key either: two Trainers, or two VersionTaggers. Nor, by an assertion there, may a
parameter be called `run_id`.

Here a further attempt takes over the artifacts that the first one registered, and writes them to a directory
of its own: `<key>/<execution id>-attempt-2`. So it never sees a file that another attempt left half written,
and an attempt which Airflow gave up for dead but which lives on writes over nothing. A task whose outputs are
published already has nothing left to do and ends green. Names carry the node's id, and `run_id='{{ run_id }}'`
reaches the executor without being recorded a second time, so that it does not spoil the cache either.

What remains impossible:

- One task of one run has one execution in ML Metadata; how often it was tried is in Airflow's log only.
- Clearing a task that succeeded does not run it anew: its outputs may have been used, and a record of what
  they were must stay true. Trigger another run; with the cache on, it does again only what changed.
- A node that was skipped because its outputs were in the cache cannot be retried once these are deleted.
- What an executor does outside of its outputs it does again when it is retried. RegistryPusher and
  VersionTagger find what they did by its content; TFX's Pusher makes a second version. Files in TFX's
  temporary directory (`.temp/<execution id>`) are still there.
- A task that has used up its retries stays RUNNING in ML Metadata, as with TFX's runner.
"""

import os
from typing import Any

from absl import logging
from ml_metadata.proto import metadata_store_pb2
from tfx.dsl.io import fileio
from tfx.orchestration import data_types, metadata
from tfx.orchestration.launcher.base_component_launcher import BaseComponentLauncher
from tfx.orchestration.portable.data_types import ExecutionInfo
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact
from tfx.types.value_artifact import ValueArtifact

from tfx_hallmark.registry.errors import NotFoundError

# Parameters by which an executor is told its run. TFX records the run by itself, asserts that no parameter has the
# first name (tfx/orchestration/metadata.py, _prepare_execution_type), and with the second, which VersionTagger and
# RegistryPusher use, would never find in its cache what another run did.
_RUN_ID_PARAMETERS = ("run_id", "pipeline_run_id")


def retry_safe(launcher: type[BaseComponentLauncher]) -> type[BaseComponentLauncher]:
    """Return a launcher class that launches as another does, and more than once.

    Args:
        launcher: A launcher class of TFX's, e.g. InProcessComponentLauncher.
    """
    return type(f"RetrySafe{launcher.__name__}", (_RetrySafe, launcher), {})


class _Attempts(metadata.Metadata):
    """ML Metadata, for a component that may have been launched in this run before."""

    def register_execution(
        self,
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
        contexts: list[Any],
        exec_properties: dict[str, Any] | None = None,
        input_artifacts: dict[str, list[Artifact]] | None = None,
    ) -> Any:
        """Register an execution, or find that of an earlier attempt, which has its inputs already.

        Args:
            pipeline_info: The pipeline and the run.
            component_info: The component.
            contexts: The pipeline's and the run's; the component's is added to them.
            exec_properties: The component's parameters.
            input_artifacts: By input key.
        """
        execution = self._earlier_execution(component_info)
        known = self._artifacts_of(execution.id, metadata_store_pb2.Event.INPUT) if execution else {}
        return super().register_execution(
            pipeline_info,
            component_info,
            contexts,
            exec_properties=_without_run_id(exec_properties),
            input_artifacts={
                key: [artifact for artifact in artifacts if artifact.id not in known.values()]
                for key, artifacts in (input_artifacts or {}).items()
            },
        )

    def update_execution(
        self,
        execution: Any,
        component_info: data_types.ComponentInfo,
        input_artifacts: dict[str, list[Artifact]] | None = None,
        output_artifacts: dict[str, list[Artifact]] | None = None,
        exec_properties: dict[str, Any] | None = None,
        **changes: Any,
    ) -> None:
        """Update an execution, whose new outputs take the place of those that an earlier attempt registered.

        Args:
            execution: The execution.
            component_info: The component that runs.
            input_artifacts: By input key.
            output_artifacts: By output key; new are those without an id.
            exec_properties: The component's parameters.
            **changes: Further arguments of TFX's method.
        """
        new = {
            (key, index): artifact
            for key, artifacts in (output_artifacts or {}).items()
            for index, artifact in enumerate(artifacts)
            if not artifact.id and not artifact.is_external
        }
        if new:
            earlier = self._artifacts_of(execution.id, metadata_store_pb2.Event.OUTPUT)
            for (key, index), artifact in new.items():
                # As TFX's portable launcher names them, more or less; it has no names that collide.
                artifact.name = f"{component_info.component_run_context_name}:{key}:{index}"
                if (key, index) in earlier:
                    artifact.id = earlier[key, index]
                    artifact.uri = _unused(artifact)
        super().update_execution(
            execution,
            component_info,
            input_artifacts=input_artifacts,
            output_artifacts=output_artifacts,
            exec_properties=_without_run_id(exec_properties),
            **changes,
        )

    def get_cached_outputs(
        self,
        input_artifacts: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
        pipeline_info: data_types.PipelineInfo,
        component_info: data_types.ComponentInfo,
    ) -> Any:
        """Return what an execution with these inputs and parameters gave, whatever its run.

        Not once an attempt has registered outputs: a node cannot have others beside them.

        Args:
            input_artifacts: By input key.
            exec_properties: The component's parameters.
            pipeline_info: The pipeline and the run.
            component_info: The component.
        """
        execution = self._earlier_execution(component_info)
        if execution and self._artifacts_of(execution.id, metadata_store_pb2.Event.OUTPUT):
            return None
        parameters = _without_run_id(exec_properties)
        return super().get_cached_outputs(input_artifacts, parameters, pipeline_info, component_info)

    def finished(self, component_info: data_types.ComponentInfo) -> ExecutionInfo | None:
        """Return what this component did in this run, if it did it to the end.

        Args:
            component_info: The component, and the run.

        Raises:
            NotFoundError: If its outputs are gone.
        """
        execution = self._earlier_execution(component_info)
        if (
            execution is None
            or execution.properties["state"].string_value not in metadata.FINAL_EXECUTION_STATES
        ):
            return None
        outputs = self.get_outputs_of_execution(execution.id) or {}
        try:
            artifact_utils.verify_artifacts(outputs)
        except RuntimeError as error:
            msg = (
                f"{component_info.component_id} ended in run {component_info.pipeline_info.run_id}, "
                f"but not all is left of it ({error}): trigger another run"
            )
            raise NotFoundError(msg) from None
        return ExecutionInfo(execution_id=execution.id, output_dict=outputs)

    def _earlier_execution(self, component_info: data_types.ComponentInfo) -> Any:
        context = self.get_component_run_context(component_info)
        # The two are made in one transaction (tfx/orchestration/metadata.py, register_execution).
        return None if context is None else self.store.get_executions_by_context(context.id)[0]

    def _artifacts_of(self, execution_id: int, event_type: int) -> dict[tuple[str, int], int]:
        """Return the ids of an execution's inputs or outputs, by key and place in the list."""
        return {
            (event.path.steps[0].key, event.path.steps[1].index): event.artifact_id
            for event in self.store.get_events_by_execution_ids([execution_id])
            if event.type == event_type
        }


class _RetrySafe(BaseComponentLauncher):
    """What is different about a launcher that may launch a component more than once in one run."""

    @classmethod
    def create(cls, *, metadata_connection: metadata.Metadata, **arguments: Any) -> BaseComponentLauncher:
        """Construct a launcher; the runner calls this.

        Args:
            metadata_connection: Says how to reach ML Metadata.
            **arguments: Further arguments of the constructor.
        """
        attempts = _Attempts(metadata_connection.connection_config)
        return super().create(metadata_connection=attempts, **arguments)

    def launch(self) -> ExecutionInfo:
        """Run driver, executor and publisher, unless an earlier attempt has come that far.

        Raises:
            NotFoundError: If one has, but its outputs are gone.
        """
        with self._metadata_connection as attempts:
            finished = attempts.finished(self._component_info)
        if finished is None:
            return super().launch()
        logging.info(
            "%s ended in this run before (execution %d): nothing is left to do.",
            self._component_info.component_id,
            finished.execution_id,
        )
        return finished


def _without_run_id(parameters: dict[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (parameters or {}).items() if key not in _RUN_ID_PARAMETERS}


def _unused(artifact: Artifact) -> str:
    """Return a uri beside the one that the driver chose, where no attempt has written, and make its directory."""
    is_file = isinstance(artifact, ValueArtifact)
    first, name = os.path.split(artifact.uri) if is_file else (artifact.uri, "")
    attempt = 2
    while fileio.exists(f"{first}-attempt-{attempt}"):
        attempt += 1
    directory = f"{first}-attempt-{attempt}"
    fileio.makedirs(directory)
    return f"{directory}/{name}" if is_file else directory
