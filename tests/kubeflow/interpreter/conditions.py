"""Decides whether a task's condition holds (backend/src/v2/expression/expression.go: Condition)."""

import celpy
from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.errors import RefusedError


def holds(condition: str, executor_input: pipeline_spec_pb2.ExecutorInput) -> bool:
    """Evaluate a CEL expression over the fields of an ExecutorInput.

    Args:
        condition: The expression, such as `inputs.artifacts['x'].artifacts[0].metadata['y'] == 1.0`.
        executor_input: The task's inputs; its numbers are doubles, as in any protobuf Struct.

    Raises:
        RefusedError: If it cannot be evaluated, as when an artifact lacks the property, or is no bool.
    """
    fields = json_format.MessageToDict(executor_input, preserving_proto_field_name=True)
    environment = celpy.Environment()
    try:
        program = environment.program(environment.compile(condition))
        result = program.evaluate({name: celpy.json_to_cel(value) for name, value in fields.items()})
    except (celpy.CELParseError, celpy.CELEvalError) as error:
        msg = f"evaluation error: {error.args[0]}"
        raise RefusedError(msg) from error
    if not isinstance(result, celpy.celtypes.BoolType):
        msg = f"evaluation error: return type is not bool, got {result}"
        raise RefusedError(msg)
    return bool(result)
