"""The same data, seed and settings give the same releases, refusals and lineage on every orchestrator.

tests/kubeflow/test_kubeflow_pipeline.py holds the same of Kubeflow Pipelines.
"""

import importlib
from pathlib import Path
from typing import Any

import pytest

from tests.orchestrators.story import tell
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow


def test_here_two_are_published_and_the_crippled_one_is_refused(told_here: dict[str, Any]) -> None:
    events = [event["data"] for event in told_here["registry"] if "data" in event]
    assert [event["kind"] for event in events] == [
        "tagged", "published", "tagged", "refused", "tagged", "published"
    ]  # fmt: skip
    assert [event["release"] for event in events if event["kind"] == "published"] == [1, 2]


@pytest.mark.servers
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ["airflow2", "airflow3"])
def test_it_is_the_same_there(name: str, told_here: dict[str, Any], tmp_path: Path) -> None:
    harness = importlib.import_module(f"tests.orchestrators.{name}")
    with harness.orchestrator(tmp_path) as there:
        told_there = tell(there)
        assert sorted(path.name for path in Path(there.registry, "penguin").iterdir()) == ["1", "2"]
        assert str(Registry.open(there.registry).model("penguin").version("stable")) == "penguin@1.2.0"
    assert told_there["registry"] == told_here["registry"]
    assert told_there["lineage"] == told_here["lineage"]
