"""What a server is told by wandb when versions are brought online."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.mirrors.trained import LOSSES, train_three
from tests.mirrors.wandb.server import Kept, serving
from tfx_hallmark.mirrors.opening import open_mirror
from tfx_hallmark.registry.model import Model


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Kept]:
    for name in [name for name in os.environ if name.startswith("WANDB_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("WANDB_DIR", str(tmp_path / "runs"))
    monkeypatch.setenv("WANDB_API_KEY", "0" * 40)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(path for path in sys.path if path))
    with serving() as kept:
        monkeypatch.setenv("WANDB_BASE_URL", kept.address)
        yield kept


@pytest.fixture
def trained(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    return train_three(model, make_candidate)


def bring(model: Model, *versions: str) -> Any:
    mirror = open_mirror("wandb:team/penguins")
    mirror.check_reachable()
    return mirror.bring(model, versions, told=print)


def labelled(server: Kept) -> dict[str, str]:
    """Gives the version that each alias points to."""
    return {alias: json.loads(found["metadata"])["version"] for alias, found in server.aliases.items()}


def test_a_second_time_resumes_the_same_runs_and_a_label_that_moved_is_an_alias_that_moved(
    server: Kept, trained: Model
) -> None:
    first = bring(trained, "1.0.0")
    (run,) = [run for name, run in server.runs.items() if name.startswith("penguin-1-0-0-")]
    assert first.links["1.0.0"].startswith(f"{server.address}/team/penguins/runs/penguin-1-0-0-")
    assert run["displayName"] == "penguin 1.0.0"
    assert json.loads(run["config"])["learning_rate"] == {"value": 0.01}
    epochs = [(n, loss) for n, loss in enumerate(LOSSES, start=1)]
    assert [(line["epoch"], line["training/loss"]) for line in run["history"]] == epochs
    assert run["summary"]["labels"] == ["stable"]
    assert labelled(server) == {
        **{"stable": "1.0.0", "canary": "1.2.0", "v1.0.0": "1.0.0", "v1.2.0": "1.2.0", "latest": "1.2.0"}
    }

    trained.promote("1.2.0", "stable", reason="it beat what was stable")
    assert bring(trained, "1.2.0").labels == {"stable": "1.2.0", "canary": "1.2.0"}
    assert len(server.runs) == len(server.artifacts) == 2
    assert [(line["epoch"], line["training/loss"]) for line in run["history"]] == epochs
    assert run["summary"]["labels"] == []  # it was stable before, and is brought though not asked for
    assert labelled(server)["stable"] == "1.2.0"
