"""The penguin pipeline, compiled by our runner from configs/kubeflow.yaml, on Kubeflow Pipelines as it is played."""

import copy
from pathlib import Path
from typing import Any

import msgspec
import pytest
from google.protobuf import json_format

from tests.kubeflow.interpreter.run import Run
from tests.orchestrators.kubeflow import Kubeflow
from tests.orchestrators.orchestrator import BETTER, CRIPPLED, DEFAULTS
from tests.orchestrators.story import registry_story
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

OURS = ["VersionTagger", "StableBaseline", "BaselineEvaluator", "RegistryPusher"]
DATA = ["CsvExampleGen", "StatisticsGen", "SchemaGen", "ExampleValidator", "Transform"]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Kubeflow:
    return Kubeflow(tmp_path_factory.mktemp("kubeflow"))


@pytest.fixture(scope="module")
def runs(cluster: Kubeflow) -> list[Run]:
    """A first model, a crippled one, a better one, and that one once more."""
    return [cluster.run(*settings) for settings in (DEFAULTS, CRIPPLED, BETTER, BETTER)]


@pytest.fixture
def model(cluster: Kubeflow) -> Model:
    return Registry.open(cluster.registry).model("penguin")


def pushed(run: Run) -> dict[str, Any]:
    """Gives what is on record of a run's PushedModel."""
    return json_format.MessageToDict(run.outputs["RegistryPusher"].artifacts["pushed_model"].metadata)


def told(model: Model) -> list[tuple[str, str]]:
    """Gives the kind of each event in the registry's log, and its reason."""
    events = [msgspec.to_builtins(event) for event in model.events()]
    return [(event["data"]["kind"], event["reason"]) for event in events]


@pytest.mark.timeout(1800)
def test_the_better_ones_are_published_and_once_only(runs: list[Run], model: Model) -> None:
    assert [kind for kind, _ in told(model)] == [
        "tagged",
        "published",
        "tagged",
        "refused",
        "tagged",
        "published",
    ]
    outcomes = [pushed(run)["hallmark_outcome"] for run in runs]
    assert outcomes == ["published", "refused", "published", "already published"]
    assert [pushed(run)["pushed"] for run in runs] == [1.0, 0.0, 1.0, 1.0]
    assert [pushed(run).get("pushed_version") for run in runs] == ["1", None, "2", "2"]
    stable = model.stable()
    assert (stable.version, stable.release) == (pushed(runs[2])["hallmark_version"], 2)


@pytest.mark.timeout(1800)
def test_it_is_the_same_as_on_this_machine(
    runs: list[Run], cluster: Kubeflow, told_here: dict[str, Any]
) -> None:
    assert len(runs) == 4, "the last one, which repeats the third, leaves no trace in the registry"
    expected = copy.deepcopy(told_here["registry"])
    for version in expected:
        if "manifest" in version:
            # ExampleGen's driver finds the span, and the backend runs no driver.
            assert version["manifest"]["provenance"]["data"].pop("span") == "0"
    assert registry_story(cluster.registry) == expected


@pytest.mark.timeout(1800)
def test_the_registry_lies_on_the_claim_and_nowhere_else(runs: list[Run], cluster: Kubeflow) -> None:
    assert sorted(path.name for path in (cluster.registry / "penguin").iterdir()) == ["1", "2"]
    unmounted = [path for run in runs for path in run.folder.glob("*/unmounted")]
    assert unmounted == [], "no task without the mount looked for the registry"
    # What is on record is what the serving host and the containers call it.
    assert pushed(runs[0])["pushed_destination"] == "/srv/models/penguin/1"


@pytest.mark.timeout(1800)
def test_what_is_pushed_is_also_in_the_bucket(runs: list[Run], tmp_path: Path) -> None:
    for run in (runs[0], runs[2]):
        uri = run.outputs["RegistryPusher"].artifacts["pushed_model"].uri
        assert uri.startswith(f"gs://hallmark/penguin/penguin/{run.run_id}/RegistryPusher/")
        assert (
            run.folder.parents[2] / "bucket" / uri.removeprefix("gs://hallmark/") / "saved_model.pb"
        ).is_file()


@pytest.mark.timeout(1800)
def test_our_components_are_run_again_and_the_others_only_if_need_be(runs: list[Run]) -> None:
    assert set(runs[0].states.values()) == {"succeeded"}
    for run in runs[1:]:
        assert [run.states[task] for task in DATA] == ["cached"] * len(DATA)
        assert [run.states[task] for task in OURS] == ["succeeded"] * len(OURS)
    assert [run.states["Trainer"] for run in runs[1:]] == ["succeeded", "succeeded", "cached"]


@pytest.mark.timeout(1800)
def test_each_run_is_known_by_the_backends_id(runs: list[Run], model: Model) -> None:
    reasons = [reason for kind, reason in told(model) if kind in ("published", "refused")]
    assert reasons == [f"pushed by a pipeline, run {run.run_id}" for run in runs[:3]]
    known = [version.manifest.provenance.run.run_id for version in model.versions()]
    assert sorted(known) == sorted(run.run_id for run in runs[:3])
