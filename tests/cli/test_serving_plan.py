"""`hallmark serving-plan`: how models.config comes to say what the labels say."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def labelled(told: Run, three: list[str]) -> list[str]:
    """Three versions under the serving policy `labels`."""
    told("config", "--serving-policy", "labels", "--reason", "canaries")
    return three


def config(root: Path) -> str:
    return (root / "models.config").read_text()


def test_a_release_is_listed_before_a_label_points_to_it(
    told: Run, root: Path, labelled: list[str], model: Model
) -> None:
    assert "version_labels" not in config(root)
    assert "versions: 3" in config(root)
    told("serving-plan", "penguin", "--apply")
    assert "version_labels" in config(root)
    assert '"stable"' in config(root)


def test_looking_changes_nothing(told: Run, run: Run, root: Path, labelled: list[str]) -> None:
    before = listing(root)
    for arguments in ((), ("--apply", "--dry-run")):
        told("serving-plan", "penguin", *arguments)
        assert run("serving-plan", "penguin", *arguments).exit_code == 0
    assert listing(root) == before


def test_when_all_is_said_applying_again_changes_nothing(
    told: Run, run: Run, root: Path, labelled: list[str]
) -> None:
    for _ in range(4):
        run("serving-plan", "penguin", "--apply")
    before = config(root)
    assert run("serving-plan", "penguin", "--apply").exit_code == 0
    assert config(root) == before


def test_a_rollback_is_followed(told: Run, run: Run, root: Path, labelled: list[str]) -> None:
    for _ in range(3):
        run("serving-plan", "penguin", "--apply")
    told("rollback", "penguin", "--reason", "a test")
    for _ in range(3):
        run("serving-plan", "penguin", "--apply")
    label = config(root).partition("version_labels")[2].partition("}")[0]
    assert "value: 2" in label


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        (1, ("walrus",)),
        (2, ("penguin", "--wait")),
        (2, ("penguin", "--apply", "--server", "a:8501")),
        (2, ("penguin", "--apply", "--wait", "--timeout", "0")),
    ],
)
def test_wrong_usage_changes_nothing(
    wrong: Run, labelled: list[str], code: int, arguments: tuple[str, ...]
) -> None:
    assert wrong(code, "serving-plan", *arguments)


def test_under_latest_there_is_no_step_to_take(wrong: Run, three: list[str]) -> None:
    assert "latest" in wrong(1, "serving-plan", "penguin", "--apply")
