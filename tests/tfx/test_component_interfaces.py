"""What other tools rely on: names of types, inputs and outputs, and that the components compile for Kubeflow."""

import importlib
import re

import pytest
from tfx.components import Evaluator, Pusher
from tfx.components.evaluator import executor as evaluator_executor
from tfx.dsl.components.base import base_driver
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.types import standard_artifacts

from tfx_hallmark import (
    BaselineEvaluator,
    ModelVersion,
    MonitoringFindings,
    RegistryPusher,
    ServingMonitor,
    StableBaseline,
    VersionTagger,
)

COMPONENTS = (VersionTagger, StableBaseline, BaselineEvaluator, RegistryPusher, ServingMonitor)


@pytest.mark.parametrize("kind", [ModelVersion, MonitoringFindings])
def test_artifact_type_can_be_named_on_every_orchestrator(kind):
    # tfx/orchestration/kubeflow/v2/compiler_utils.py takes this for a path to import.
    assert re.fullmatch(r"[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}", kind.TYPE_NAME)
    module, _, name = kind.TYPE_NAME.rpartition(".")
    assert getattr(importlib.import_module(module), name) is kind
    assert not kind.PROPERTIES


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.__name__)
def test_parameters_are_plain_and_outputs_have_no_typed_properties(component):
    spec = component.SPEC_CLASS
    # TFX's own Evaluator takes its EvalConfig as a proto; all others are texts.
    types = {parameter.type for parameter in spec.PARAMETERS.values()}
    assert types <= {str, int, float} or component is BaselineEvaluator
    ours = {output.type for output in spec.OUTPUTS.values()}
    assert ours <= {
        ModelVersion,
        MonitoringFindings,
        standard_artifacts.Model,
        standard_artifacts.ModelBlessing,
        standard_artifacts.ModelEvaluation,
        standard_artifacts.PushedModel,
    }


def test_registry_pusher_takes_and_gives_what_pusher_does():
    for key in ("model", "model_blessing", "infra_blessing"):
        assert RegistryPusher.SPEC_CLASS.INPUTS[key].type is Pusher.SPEC_CLASS.INPUTS[key].type
    assert {key: output.type for key, output in RegistryPusher.SPEC_CLASS.OUTPUTS.items()} == {
        key: output.type for key, output in Pusher.SPEC_CLASS.OUTPUTS.items()
    }


def test_baseline_evaluator_is_an_evaluator_also_to_kubeflow():
    assert issubclass(BaselineEvaluator, Evaluator)
    assert issubclass(BaselineEvaluator.EXECUTOR_SPEC.executor_class, evaluator_executor.Executor)
    assert set(Evaluator.SPEC_CLASS.INPUTS) < set(BaselineEvaluator.SPEC_CLASS.INPUTS)


def test_driver_suits_local_and_airflow():
    assert issubclass(StableBaseline.DRIVER_CLASS, base_driver.BaseDriver)
    assert issubclass(StableBaseline.DRIVER_CLASS, portable_driver.BaseDriver)
