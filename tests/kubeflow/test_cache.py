"""What makes the backend use an earlier execution again."""

from collections.abc import Callable

import pytest
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.cache import fingerprint
from tests.kubeflow.interpreter.executor_input import ExecutorInput
from tests.kubeflow.interpreter.spec import Component, Executor


class Task:
    """A task with an input, a parameter and an output."""

    def __init__(self) -> None:
        self.pipeline = "penguin"
        self.claims = ["models"]
        self.component = Component()
        self.component.output_definitions.parameters[
            "number"
        ].parameter_type = pipeline_spec_pb2.ParameterType.NUMBER_INTEGER
        self.executor = Executor()
        self.executor.container.image = "image:1"
        self.executor.container.args.append("--rate=1")
        self.input = ExecutorInput()
        self.input.inputs.artifacts["data"].artifacts.add(name="7", uri="gs://bucket/data")
        self.input.inputs.parameter_values["steps"].number_value = 30
        self.input.outputs.artifacts["model"].artifacts.add(uri="gs://bucket/first")
        self.input.outputs.parameters["number"].output_file = "/tmp/first"

    def fingerprint(self) -> str:
        return fingerprint(self.pipeline, self.input, self.component, self.executor, self.claims)


def another_output_uri(task: Task) -> None:
    task.input.outputs.artifacts["model"].artifacts[0].uri = "gs://bucket/second"


def another_input_uri(task: Task) -> None:
    task.input.inputs.artifacts["data"].artifacts[0].uri = "gs://bucket/other"


def another_input_property(task: Task) -> None:
    task.input.inputs.artifacts["data"].artifacts[0].metadata["span"] = 2


def the_same_claim_again(task: Task) -> None:
    task.claims.append("models")


@pytest.mark.parametrize(
    "change", [another_output_uri, another_input_uri, another_input_property, the_same_claim_again]
)
def test_it_is_the_same_execution(change: Callable[[Task], None]) -> None:
    task = Task()
    change(task)
    assert task.fingerprint() == Task().fingerprint()


def another_pipeline(task: Task) -> None:
    task.pipeline = "other"


def another_input(task: Task) -> None:
    task.input.inputs.artifacts["data"].artifacts[0].name = "8"


def another_parameter(task: Task) -> None:
    task.input.inputs.parameter_values["steps"].number_value = 31


def another_argument(task: Task) -> None:
    task.executor.container.args[0] = "--rate=2"


def another_image(task: Task) -> None:
    task.executor.container.image = "image:2"


def another_claim(task: Task) -> None:
    task.claims = ["other"]


def another_variable(task: Task) -> None:
    task.executor.container.env.add(name="A", value="b")


def another_type_of_output(task: Task) -> None:
    task.input.outputs.artifacts["model"].artifacts[0].type.instance_schema = "title: tfx.Model"


@pytest.mark.parametrize(
    "change",
    [
        another_pipeline,
        another_input,
        another_parameter,
        another_argument,
        another_image,
        another_claim,
        another_variable,
        another_type_of_output,
    ],
)
def test_it_is_another_execution(change: Callable[[Task], None]) -> None:
    task = Task()
    change(task)
    assert task.fingerprint() != Task().fingerprint()
