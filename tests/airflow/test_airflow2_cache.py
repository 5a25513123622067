"""What is stable belongs to StableBaseline's cache key on Airflow 2 too, whose driver is of another kind."""

from pathlib import Path

import pytest
from tfx.dsl.component.experimental.annotations import OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.orchestration.launcher.in_process_component_launcher import InProcessComponentLauncher
from tfx.types import standard_artifacts
from tfx.utils import path_utils

from tests.airflow.airflow2_nodes import Nodes
from tests.saved_models import copy_saved_model
from tfx_hallmark import Registry, StableBaseline, VersionTagger


@component
def give(model: OutputArtifact[standard_artifacts.Model], name: Parameter[str]) -> None:
    """Stands in the Trainer's place."""
    copy_saved_model(name, Path(path_utils.serving_model_dir(model.uri)))


@pytest.fixture
def nodes(tmp_path: Path) -> Nodes:
    return Nodes(tmp_path, InProcessComponentLauncher)


def baseline_of(nodes: Nodes, run_id: str) -> str:
    """Launches trainer, tagger and baseline, and gives how the last one's execution ended."""
    trainer = give(name="linear")
    tagger = VersionTagger(
        trainer.outputs["model"], registry_root=str(nodes.folder / "serving"), model_name="penguin"
    )
    baseline = StableBaseline(model=trainer.outputs["model"], model_version=tagger.outputs["model_version"])
    for node in (trainer, tagger):
        nodes.launch(node, run_id, cache=True)
    launched = nodes.launch(baseline, run_id, cache=True)
    [execution] = nodes.store.get_executions_by_id([launched.execution_id])
    return str(execution.properties["state"].string_value)


def test_a_baseline_comes_from_the_cache_until_another_version_is_stable(nodes: Nodes) -> None:
    assert baseline_of(nodes, "run-1") == "complete"
    assert baseline_of(nodes, "run-2") == "cached"
    model = Registry.open(nodes.folder / "serving").model("penguin")
    other = copy_saved_model("keras", nodes.folder / "other")
    model.push_unchecked(other, version=model.tag(other).version, reason="something else serves now")
    assert baseline_of(nodes, "run-3") == "complete"
    assert baseline_of(nodes, "run-4") == "cached"
