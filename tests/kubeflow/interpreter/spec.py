"""Reads a pipeline package, and refuses what the API server, its compiler and Argo refuse."""

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import yaml
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.errors import NotPlayedError, RefusedError

Task = pipeline_spec_pb2.PipelineTaskSpec
Component = pipeline_spec_pb2.ComponentSpec
Executor = pipeline_spec_pb2.PipelineDeploymentConfig.ExecutorSpec

# Argo: workflow/validate/validate.go.
_ARGO_NAME = re.compile(r"[a-zA-Z0-9][-a-zA-Z0-9]*")
_ARGO_COMPLAINT = (
    "name must consist of alpha-numeric characters or '-', and must start with an alpha-numeric character "
    "(e.g. My-name1-2, 123-NAME)"
)
_ARGO_LENGTH = 128


@dataclasses.dataclass(frozen=True)
class Mount:
    """A PersistentVolumeClaim that a container sees at a path."""

    claim: str
    path: str
    sub_path: str


@dataclasses.dataclass(frozen=True)
class Spec:
    """A pipeline that the backend takes.

    Attributes:
        name: The pipeline's name.
        tasks: Its tasks by name.
        parameters: Its own parameters by name.
        components: Interfaces by component name.
        executors: What to run, by executor label.
        mounts: What is mounted, by executor label.
    """

    name: str
    tasks: Mapping[str, Task]
    parameters: Mapping[str, Any]
    components: Mapping[str, Component]
    executors: Mapping[str, Executor]
    mounts: Mapping[str, tuple[Mount, ...]]

    def component_of(self, task: str) -> Component:
        """Return the interface of a task."""
        return self.components[self.tasks[task].component_ref.name]

    def executor_of(self, task: str) -> Executor:
        """Return what a task runs."""
        return self.executors[self.component_of(task).executor_label]

    def mounts_of(self, task: str) -> tuple[Mount, ...]:
        """Return what the container of a task mounts."""
        return self.mounts.get(self.component_of(task).executor_label, ())

    def dependencies(self, task: str) -> set[str]:
        """Return the tasks that must have succeeded, named or implied by inputs (argocompiler/dag.go)."""
        inputs = self.tasks[task].inputs
        artifacts = {item.task_output_artifact.producer_task for item in inputs.artifacts.values()}
        parameters = {item.task_output_parameter.producer_task for item in inputs.parameters.values()}
        return {name for name in {*self.tasks[task].dependent_tasks, *artifacts, *parameters} if name}


def read_spec(package: str) -> Spec:
    """Read what KFP's client uploads: the text of a pipeline package.

    Args:
        package: YAML, one document with a PipelineSpec and perhaps one with a PlatformSpec.

    Raises:
        RefusedError: If the backend would refuse it, when it is uploaded or when a run of it is created.
        NotPlayedError: If it holds what the interpreter does not know.
    """
    pipeline, platform = _documents(package)
    if pipeline.schema_version != "2.1.0":
        msg = (
            "KFP only supports schema version 2.1.0, but the pipeline spec has version "
            f"{pipeline.schema_version}"
        )
        raise RefusedError(msg)
    deployment = pipeline_spec_pb2.PipelineDeploymentConfig()
    # Unknown fields are let through here and nowhere else (compiler/visitor.go: GetDeploymentConfig).
    json_format.ParseDict(
        json_format.MessageToDict(pipeline.deployment_spec), deployment, ignore_unknown_fields=True
    )
    spec = Spec(
        name=pipeline.pipeline_info.name,
        tasks=dict(pipeline.root.dag.tasks),
        parameters=dict(pipeline.root.input_definitions.parameters),
        components=dict(pipeline.components),
        executors=dict(deployment.executors),
        mounts={label: tuple(_mounts(executor)) for label, executor in _platform_executors(platform).items()},
    )
    _check_components(spec)
    _check_tasks(spec)
    _check_argo_names(spec)
    return spec


def check_parameters(spec: Spec, values: Mapping[str, Any]) -> None:
    """Check the parameters of a run (apiserver/template/v2_template.go: validatePipelineJobInputs).

    Raises:
        RefusedError: If one has no value, or a value is of no such parameter.
    """
    for name, parameter in spec.parameters.items():
        has_default = parameter.is_optional or parameter.HasField("default_value")
        if name not in values and not has_default:
            msg = f"parameter {name} is not optional, yet has neither default value nor user provided value"
            raise RefusedError(msg)
    for name in values:
        if name not in spec.parameters:
            msg = f"parameter {name} provided is not required by pipeline"
            raise RefusedError(msg)


def _documents(package: str) -> tuple[pipeline_spec_pb2.PipelineSpec, dict[str, Any]]:
    pipeline, platform = None, {}
    for document in yaml.safe_load_all(package):
        spec = _as_pipeline_spec(document)
        if spec is not None:
            pipeline = spec
        elif isinstance(document, dict) and "kubernetes" in (document.get("platforms") or {}):
            platform = document
    if pipeline is None:
        msg = "no pipeline spec is provided"
        raise RefusedError(msg)
    return pipeline, platform


def _as_pipeline_spec(document: Any) -> pipeline_spec_pb2.PipelineSpec | None:
    try:
        spec = json_format.ParseDict(document, pipeline_spec_pb2.PipelineSpec())
    except (json_format.ParseError, AttributeError):
        return None
    return spec if spec.pipeline_info.name and spec.HasField("root") else None


def _platform_executors(platform: dict[str, Any]) -> dict[str, Any]:
    if not platform:
        return {}
    return platform["platforms"]["kubernetes"].get("deploymentSpec", {}).get("executors", {})


def _mounts(executor: dict[str, Any]) -> list[Mount]:
    mounts = []
    for mount in executor.get("pvcMount", []):
        # kfp-kubernetes 2 writes the newer of the two and, for older backends, the other beside it.
        newer = mount.get("pvcNameParameter", {}).get("runtimeValue", {}).get("constant")
        claim = newer or mount.get("constant")
        if claim is None:
            msg = f"a claim whose name is no constant: {mount}"
            raise NotPlayedError(msg)
        mounts.append(Mount(claim, mount["mountPath"], mount.get("subPath", "")))
    return mounts


def _check_components(spec: Spec) -> None:
    """Compiler/visitor.go: dfs."""
    for name, task in sorted(spec.tasks.items()):
        component_name = task.component_ref.name
        if component_name not in spec.components:
            msg = (
                f'error processing component name="root": cannot find component ref name="{component_name}" '
                f'for task name="{task.task_info.name}" in component name="root"'
            )
            raise RefusedError(msg)
        component = spec.components[component_name]
        if component.HasField("dag"):
            msg = f"a pipeline within the pipeline: {name}"
            raise NotPlayedError(msg)
        executor = spec.executors.get(component.executor_label)
        if executor is None or executor.WhichOneof("spec") not in ("container", "importer"):
            what = (
                "not found in deployment config"
                if executor is None
                else ": non-container and non-importer executor not implemented"
            )
            joint = " " if executor is None else ""
            msg = (
                f'error processing component name="{component_name}": '
                f'executor(label="{component.executor_label}"){joint}{what}'
            )
            raise RefusedError(msg)


def _check_tasks(spec: Spec) -> None:
    """Compiler/argocompiler/dag.go."""
    for name, task in sorted(spec.tasks.items()):
        implied = spec.dependencies(name) - set(task.dependent_tasks)
        for producer in sorted(implied - set(spec.tasks)):
            msg = f'compiling DAG "root": failed to add implicit deps: unknown producer task "{producer}" in DAG'
            raise RefusedError(msg)
        for producer in task.dependent_tasks:
            if producer not in spec.tasks:
                msg = f"templates.root.tasks.{name}-driver dependency '{producer}' not defined"
                raise RefusedError(msg)
        if task.HasField("parameter_iterator") or task.HasField("artifact_iterator"):
            msg = f"a loop: {name}"
            raise NotPlayedError(msg)
        if task.trigger_policy.strategy == Task.TriggerPolicy.ALL_UPSTREAM_TASKS_COMPLETED:
            msg = f"an exit handler: {name}"
            raise NotPlayedError(msg)
        if task.trigger_policy.condition and spec.executor_of(name).HasField("importer"):
            msg = f'compiling task "{name}": triggerPolicy.condition on importer task is not supported'
            raise RefusedError(msg)


def _check_argo_names(spec: Spec) -> None:
    names = []
    for name in sorted(spec.tasks):
        has_driver = spec.executor_of(name).HasField("container")
        names += [f"{name}-driver", name] if has_driver else [name]
    for position, name in enumerate(names):
        complaints = []
        if len(name) > _ARGO_LENGTH:
            complaints.append(f"must be no more than {_ARGO_LENGTH} characters")
        if not _ARGO_NAME.fullmatch(name):
            complaints.append(_ARGO_COMPLAINT)
        if complaints:
            msg = f"templates.root.tasks[{position}].name: '{name}' is invalid: {';'.join(complaints)}"
            raise RefusedError(msg)
