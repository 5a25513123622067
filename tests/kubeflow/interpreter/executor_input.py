"""Makes the ExecutorInput of a task, as the driver does (backend/src/v2/driver: resolve.go, driver.go)."""

import dataclasses
import json
from collections.abc import Mapping
from typing import Any

from google.protobuf import json_format, struct_pb2
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.errors import NotPlayedError, RefusedError
from tests.kubeflow.interpreter.spec import Component, Spec
from tests.kubeflow.interpreter.store import Artifact

ExecutorInput = pipeline_spec_pb2.ExecutorInput
_Types = pipeline_spec_pb2.ParameterType

# component/launcher_v2.go and driver.go: where a container leaves what is no artifact.
OUTPUT_FILE = "/tmp/kfp_outputs/output_metadata.json"
_OUTPUT_PARAMETERS = "/tmp/kfp/outputs"

_KINDS = {  # which kind of value each type takes, and what the driver calls it
    "number_value": ("number", {_Types.NUMBER_DOUBLE, _Types.NUMBER_INTEGER}),
    "bool_value": ("bool", {_Types.BOOLEAN}),
    "list_value": ("list", {_Types.LIST}),
    "struct_value": ("struct", {_Types.STRUCT, _Types.TASK_FINAL_STATUS}),
    "string_value": ("string", {_Types.STRING}),
}


@dataclasses.dataclass(frozen=True)
class RunFacts:
    """What the driver knows of the run.

    Attributes:
        run_id: Its id, which `{{$.pipeline_job_uuid}}` stands for.
        display_name: What the user calls it.
        root: Address below which its artifacts go.
        parameters: The values that the run was created with.
    """

    run_id: str
    display_name: str
    root: str
    parameters: Mapping[str, struct_pb2.Value]


@dataclasses.dataclass(frozen=True)
class Outputs:
    """What a task has left: artifacts by key, and parameter values by key as JSON."""

    artifacts: Mapping[str, Artifact]
    parameters: Mapping[str, Any]


def resolve_inputs(
    spec: Spec, task: str, run: RunFacts, finished: Mapping[str, Outputs]
) -> ExecutorInput.Inputs:
    """Find the value of every input of a task.

    Args:
        spec: The pipeline.
        task: The task's name.
        run: The run.
        finished: What the tasks before it have left.

    Raises:
        RefusedError: If an input has no value, or one of another type than its component declares.
        NotPlayedError: If it comes from where TFX takes nothing from.
    """
    result = ExecutorInput.Inputs()
    for name, wanted in spec.tasks[task].inputs.parameters.items():
        result.parameter_values[name].CopyFrom(_parameter(wanted, task, run, finished))
    for name, wanted in spec.tasks[task].inputs.artifacts.items():
        if wanted.WhichOneof("kind") != "task_output_artifact":
            msg = f"an artifact from {wanted.WhichOneof('kind')}"
            raise NotPlayedError(msg)
        source = wanted.task_output_artifact
        artifact = finished[source.producer_task].artifacts.get(source.output_artifact_key)
        if artifact is None:
            msg = (
                f"failed to resolve inputs: failed to resolve input artifact {name}: cannot find output artifact "
                f'key "{source.output_artifact_key}" in producer task "{source.producer_task}"'
            )
            raise RefusedError(msg)
        result.artifacts[name].artifacts.append(artifact)
    _check_types(spec.component_of(task), result)
    return result


def provide_outputs(component: Component, task: str, run: RunFacts, salt: str) -> ExecutorInput.Outputs:
    """Say where a container is to put its outputs.

    Args:
        component: The task's interface.
        task: What the task is called in `taskInfo`.
        run: The run.
        salt: What makes the addresses differ from those of another attempt.
    """
    outputs = ExecutorInput.Outputs(output_file=OUTPUT_FILE)
    for name, declared in component.output_definitions.artifacts.items():
        artifact = Artifact(uri=f"{run.root}/{task}/{salt}/{name}", type=declared.artifact_type)
        artifact.metadata.CopyFrom(declared.metadata)
        outputs.artifacts[name].artifacts.append(artifact)
    for name in component.output_definitions.parameters:
        outputs.parameters[name].output_file = f"{_OUTPUT_PARAMETERS}/{name}"
    return outputs


def _parameter(
    wanted: pipeline_spec_pb2.TaskInputsSpec.InputParameterSpec,
    task: str,
    run: RunFacts,
    finished: Mapping[str, Outputs],
) -> struct_pb2.Value:
    kind = wanted.WhichOneof("kind")
    if kind == "component_input_parameter":
        return run.parameters[wanted.component_input_parameter]
    if kind == "task_output_parameter":
        source = wanted.task_output_parameter
        value = finished[source.producer_task].parameters[source.output_parameter_key]
        return json_format.ParseDict(value, struct_pb2.Value())
    if kind == "runtime_value" and wanted.runtime_value.HasField("constant"):
        return _constant(wanted.runtime_value.constant, task, run)
    if kind == "runtime_value":
        what = wanted.runtime_value.WhichOneof("value")
        msg = f"failed to resolve inputs: param runtime value spec of type {what} not implemented"
        raise RefusedError(msg)
    msg = f"a parameter from {kind}"
    raise NotPlayedError(msg)


def _constant(value: struct_pb2.Value, task: str, run: RunFacts) -> struct_pb2.Value:
    # Only a text that is nothing but the placeholder is replaced.
    known = {
        "{{$.pipeline_job_name}}": run.display_name,
        "{{$.pipeline_job_uuid}}": run.run_id,
        "{{$.pipeline_task_name}}": task,
    }
    text = known.get(value.string_value)
    return value if text is None else struct_pb2.Value(string_value=text)


def _check_types(component: Component, inputs: ExecutorInput.Inputs) -> None:
    for name, declared in component.input_definitions.parameters.items():
        if name not in inputs.parameter_values:
            if declared.is_optional or declared.HasField("default_value"):
                continue
            msg = (
                "failed to resolve inputs: neither value nor default value provided for non-optional "
                f'parameter "{name}"'
            )
            raise RefusedError(msg)
        value = inputs.parameter_values[name]
        if declared.parameter_type == _Types.STRING:
            inputs.parameter_values[name].string_value = _as_text(value)
            continue
        found, types = _KINDS.get(value.WhichOneof("kind"), ("null", set()))
        if declared.parameter_type not in types:
            expected = _Types.ParameterTypeEnum.Name(declared.parameter_type)
            msg = f'failed to resolve inputs: input parameter "{name}" type mismatch: expect {expected}, got {found}'
            raise RefusedError(msg)


def _as_text(value: struct_pb2.Value) -> str:
    """Return what the driver makes of a value where text is declared (metadata/converter.go: PbValueToText)."""
    plain = json_format.MessageToDict(value)
    if isinstance(plain, str):
        return plain
    if isinstance(plain, float) and plain.is_integer():
        plain = int(plain)
    return "" if plain is None else json.dumps(plain, separators=(",", ":"))
