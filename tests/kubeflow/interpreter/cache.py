"""What makes the backend use an earlier execution again (driver/cache.go, cacheutils/cache.go)."""

import hashlib
import json
from collections.abc import Iterable

from google.protobuf import json_format

from tests.kubeflow.interpreter.executor_input import ExecutorInput
from tests.kubeflow.interpreter.spec import Component, Executor


def fingerprint(
    pipeline: str,
    executor_input: ExecutorInput,
    component: Component,
    executor: Executor,
    claims: Iterable[str],
) -> str:
    """Return the key under which an execution is looked up.

    Neither the code in the image nor the content of what artifacts point at is part of it.

    Args:
        pipeline: The pipeline's name, for executions are shared within one pipeline only.
        executor_input: Inputs, and outputs, whose uris do not count.
        component: The task's interface.
        executor: What it runs.
        claims: Names of the claims that it mounts.
    """
    inputs, outputs = executor_input.inputs, executor_input.outputs
    container = executor.container
    key = {
        "pipeline": pipeline,
        "inputArtifactNames": {
            name: [artifact.name for artifact in listed.artifacts]
            for name, listed in inputs.artifacts.items()
        },
        "inputParameterValues": {
            name: json_format.MessageToDict(value) for name, value in inputs.parameter_values.items()
        },
        "outputArtifactsSpec": {
            name: {
                "type": json_format.MessageToDict(listed.artifacts[0].type),
                "metadata": json_format.MessageToDict(listed.artifacts[0].metadata),
            }
            for name, listed in outputs.artifacts.items()
        },
        "outputParametersSpec": {
            name: component.output_definitions.parameters[name].parameter_type for name in outputs.parameters
        },
        "containerSpec": {
            "image": container.image,
            "cmdArgs": [*container.command, *container.args],
            "pvcNames": sorted(set(claims)),
            "env": [[variable.name, variable.value] for variable in container.env],
        },
    }
    return hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
