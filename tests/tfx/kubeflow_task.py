"""Runs a component as a container does on Kubeflow Pipelines: by TFX's own entry point, from an ExecutorInput.

So integers come as doubles, properties as custom properties in structs, and ids are made up.
"""

import itertools
import runpy
import sys

import pytest
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2
from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.io import fileio
from tfx.orchestration.kubeflow.v2 import compiler_utils
from tfx.orchestration.kubeflow.v2.container import kubeflow_v2_entrypoint_utils
from tfx.types.artifact import Artifact
from tfx.utils import name_utils

ENTRY_POINT = "tfx.orchestration.kubeflow.v2.container.kubeflow_v2_run_executor"

_numbers = itertools.count(1)


def run_task(component: BaseComponent, root: str, beam_args: list[str]) -> dict[str, Artifact]:
    """Runs one task in this process.

    Args:
        component: Constructed with channels of artifacts.
        root: Uri under which its outputs go.
        beam_args: Beam's arguments.

    Returns:
        Its output artifacts, as the next task's entry point would hand them to its executor.
    """
    task = f"{root}/{component.id}-{next(_numbers)}"
    given = pipeline_spec_pb2.ExecutorInput()
    given.outputs.output_file = f"{task}/executor_output.json"
    for key, channel in component.inputs.items():
        for artifact in channel.get():
            given.inputs.artifacts[key].artifacts.add().CopyFrom(_runtime(artifact, artifact.uri))
    for key, channel in component.outputs.items():
        fileio.makedirs(f"{task}/{key}")
        given.outputs.artifacts[key].artifacts.add().CopyFrom(_runtime(channel.type(), f"{task}/{key}"))
    spec = pipeline_spec_pb2.ComponentInputsSpec()
    for key, value in component.exec_properties.items():
        if value is not None:
            spec.parameters[key].CopyFrom(compiler_utils.build_parameter_type_spec(value))
            json_format.ParseDict(value, given.inputs.parameter_values[key])
    _run_entry_point(
        f"--executor_class_path={name_utils.get_full_name(component.executor_spec.executor_class)}",
        f"--json_serialized_invocation_args={json_format.MessageToJson(given)}",
        f"--json_serialized_inputs_spec_args={json_format.MessageToJson(spec)}",
        *beam_args,
    )
    with fileio.open(given.outputs.output_file, "rb") as file:
        output = json_format.Parse(file.read(), pipeline_spec_pb2.ExecutorOutput())
    for key, channel in component.outputs.items():
        written = output.artifacts[key].artifacts[0]
        written.name = written.uri
        written.type.instance_schema = compiler_utils.get_artifact_schema(channel.type)
    parsed = kubeflow_v2_entrypoint_utils.parse_raw_artifact_dict(output.artifacts)
    return {key: artifacts[0] for key, artifacts in parsed.items()}


def _runtime(artifact: Artifact, uri: str) -> pipeline_spec_pb2.RuntimeArtifact:
    runtime = kubeflow_v2_entrypoint_utils.to_runtime_artifact(artifact, {})
    runtime.name = runtime.uri = uri
    runtime.type.instance_schema = compiler_utils.get_artifact_schema(type(artifact))
    return runtime


def _run_entry_point(*arguments: str) -> None:
    before = sys.argv
    sys.argv = [ENTRY_POINT, *arguments]
    try:
        with pytest.raises(SystemExit) as end:
            runpy.run_module(ENTRY_POINT, run_name="__main__", alter_sys=True)
    finally:
        sys.argv = before
    assert not end.value.code
