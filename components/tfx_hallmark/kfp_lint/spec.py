"""A compiled pipeline, as the rules look at it."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

Place: TypeAlias = tuple[str | int, ...]

_ENTRYPOINT = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"
_EXECUTOR_FLAG = "--executor_class_path"


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A task of a dag, with the component and the executor it refers to.

    Attributes:
        name: The key in `dag.tasks`, which is the id of the TFX node.
        place: Where the task is, e.g. `("root", "dag", "tasks", "Trainer")`.
        task: The task itself.
        component_place: Where its component is.
        component: Its component; empty where the spec has none of that name.
        executor_label: Name of its executor; empty for a nested dag.
        executor_place: Where that is.
        executor: Its executor; empty where there is none.
    """

    name: str
    place: Place
    task: Mapping[str, Any]
    component_place: Place
    component: Mapping[str, Any]
    executor_label: str
    executor_place: Place
    executor: Mapping[str, Any]

    @property
    def container(self) -> Mapping[str, Any]:
        """The container that runs; empty for importers, resolvers and dags."""
        return mapping(self.executor.get("container"))

    @property
    def executor_class(self) -> str | None:
        """Dotted name of the TFX executor in the container; None for any other container.

        Both `--flag value` and `--flag=value` are read; StepBuilder (step_builder.py) writes the former.
        """
        command = [str(part) for part in sequence(self.container.get("command"))]
        arguments = [str(part) for part in sequence(self.container.get("args"))]
        for argument, following in zip(arguments, [*arguments[1:], ""], strict=False):
            if argument == _EXECUTOR_FLAG:
                return following
            if argument.startswith(f"{_EXECUTOR_FLAG}="):
                return argument.partition("=")[2]
        return "" if _ENTRYPOINT in command else None

    @property
    def caches(self) -> bool:
        """Whether an earlier result may be taken in place of running."""
        return mapping(self.task.get("cachingOptions")).get("enableCache") is True

    def constants(self) -> Iterator[tuple[str, Place, Any]]:
        """Yield name, place and value of each parameter whose value is written in the spec."""
        inputs = mapping(mapping(self.task.get("inputs")).get("parameters"))
        for name, given in inputs.items():
            value = mapping(mapping(given).get("runtimeValue"))
            place = (*self.place, "inputs", "parameters", name)
            if "constant" in value:
                yield name, place, value["constant"]
            else:
                for constant in mapping(value.get("constantValue")).values():  # schema 2.0
                    yield name, place, constant

    def declared_type(self, parameter: str) -> str:
        """Return the type that the component declares for a parameter: `STRING`, `NUMBER_INTEGER`, ..."""
        declared = mapping(mapping(self.component.get("inputDefinitions")).get("parameters"))
        kind = mapping(declared.get(parameter))
        return str(kind.get("parameterType") or {"INT": "NUMBER_INTEGER"}.get(str(kind.get("type")), ""))


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled pipeline.

    Attributes:
        pipeline: The pipelineSpec.
        prefix: Where the pipelineSpec is in its document: empty, or `("pipelineSpec",)` in a PipelineJob.
        runtime: `runtimeConfig` of a PipelineJob; None for a pipelineSpec by itself.
        platform: The second document, with what Kubernetes is to add; empty if there is none.
    """

    pipeline: Mapping[str, Any]
    prefix: Place = ()
    runtime: Mapping[str, Any] | None = None
    platform: Mapping[str, Any] = {}

    def tasks(self) -> Iterator[Task]:
        """Yield every task: those of the root, then those of nested dags."""
        yield from self._tasks_of(mapping(self.pipeline.get("root")), (*self.prefix, "root"))
        for name, component in mapping(self.pipeline.get("components")).items():
            yield from self._tasks_of(mapping(component), (*self.prefix, "components", name))

    def tfx_tasks(self) -> Iterator[tuple[Task, str]]:
        """Yield every task that runs a TFX executor, with the executor's dotted name."""
        for task in self.tasks():
            if task.executor_class is not None:
                yield task, task.executor_class

    def volumes_of(self, executor_label: str) -> list[Mapping[str, Any]]:
        """Return the claims mounted into an executor (KFP's kubernetes_executor_config.proto, PvcMount)."""
        kubernetes = mapping(mapping(self.platform.get("platforms")).get("kubernetes"))
        executors = mapping(mapping(kubernetes.get("deploymentSpec")).get("executors"))
        mounts = mapping(executors.get(executor_label)).get("pvcMount")
        return [mapping(mount) for mount in sequence(mounts)]

    def _tasks_of(self, component: Mapping[str, Any], place: Place) -> Iterator[Task]:
        components = mapping(self.pipeline.get("components"))
        executors = mapping(mapping(self.pipeline.get("deploymentSpec")).get("executors"))
        for key, task in mapping(mapping(component.get("dag")).get("tasks")).items():
            name = str(key)
            component_name = str(mapping(mapping(task).get("componentRef")).get("name", ""))
            refers_to = mapping(components.get(component_name))
            label = str(refers_to.get("executorLabel", ""))
            yield Task(
                name=name,
                place=(*place, "dag", "tasks", key),
                task=mapping(task),
                component_place=(*self.prefix, "components", component_name),
                component=refers_to,
                executor_label=label,
                executor_place=(*self.prefix, "deploymentSpec", "executors", label),
                executor=mapping(executors.get(label)),
            )


def mapping(value: Any) -> Mapping[str, Any]:
    """Return a value that should be a mapping, or an empty one: rules see specs of any quality."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    """Return a value that should be a list, or an empty one."""
    return value if isinstance(value, list) else []
