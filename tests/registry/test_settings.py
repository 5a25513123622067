"""The settings of a root when a file of theirs is lost or damaged, and when a model of the root is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tests.registry.root_settings import set_in
from tests.signing_keys import demand_signatures, make_keys
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import CorruptLogError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.serving.policy_change import change_settings, rehearse_change

Make = Callable[[int], Path]


def file(root: Path, seq: int) -> Path:
    return root / f".hallmark/.settings/{seq:020d}.json"


def config(root: Path, *options: object) -> Any:
    return CliRunner().invoke(app, ["config", "--root", str(root), "--json", *map(str, options)])


@pytest.fixture
def changed(root: Path) -> Path:
    """A root whose settings were changed three times."""
    for targets in (3, 4, 5):
        set_in(root, rollback_targets=targets)
    return root


@pytest.mark.parametrize("lost", [1, 2])
def test_i2_a_change_that_a_restore_lost_leaves_a_gap_and_the_next_one_overwrites_nothing(
    changed: Path, lost: int
) -> None:
    file(changed, lost).unlink()
    before = listing(changed)
    store = Registry.open(changed).settings
    left = [seq for seq in (1, 2, 3) if seq != lost]
    assert [change.seq for change in store.changes()] == left
    assert store.read().rollback_targets == 5
    set_in(changed, rollback_targets=6)
    assert [change.seq for change in store.changes()] == [*left, 4]
    assert store.read().rollback_targets == 6
    assert {path: entry for path, entry in listing(changed).items() if path in before} == before


def test_where_the_newest_change_was_lost_the_one_before_holds(changed: Path) -> None:
    file(changed, 3).unlink()
    assert Registry.open(changed).settings.read().rollback_targets == 4
    set_in(changed, rollback_targets=7)
    assert [change.seq for change in Registry.open(changed).settings.changes()] == [1, 2, 3]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_change_is_one_line_and_is_not_passed_over(
    changed: Path, content: bytes, refused: Callable[..., Any]
) -> None:
    file(changed, 3).chmod(0o644)
    file(changed, 3).write_bytes(content)
    with refused(CorruptLogError, file(changed, 3), "is damaged"):
        Registry.open(changed).settings.read()
    with refused(CorruptLogError, file(changed, 3)):
        set_in(changed, rollback_targets=6)
    result = config(changed)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert result.stderr.startswith("hallmark: ")


@pytest.fixture
def damaged(root: Path, model: Model, three: list[str], make_candidate: Make) -> Model:
    """`penguin` under `labels`, where what is stable has not the highest number; beside it `albatross`, damaged."""
    set_in(root, serving_policy="labels")
    model.rollback(reason="a test")
    other = Registry.open(root).model("albatross")
    other.push_unchecked(make_candidate(1), other.tag(make_candidate(1)).version, reason="a test")
    last = max((root / ".hallmark/albatross/log").iterdir())
    last.chmod(0o644)
    last.write_bytes(b"{}")
    return model


def to(policy: str) -> Callable[[Any], Any]:
    return lambda settings: msgspec.structs.replace(settings, serving_policy=policy)


def test_a_change_to_latest_goes_on_after_a_damaged_model_and_names_it(root: Path, damaged: Model) -> None:
    before = listing(root)
    planned = rehearse_change(Registry.open(root), to("latest"))
    assert listing(root) == before
    done = change_settings(Registry.open(root), to("latest"), actor="ann", reason="a test")
    assert done.settings.serving_policy == Registry.open(root).settings.read().serving_policy == "latest"
    assert [(one.model, one.release) for one in done.promoted] == [("penguin", 4)]
    assert [(one.model, one.release) for one in planned.promotions] == [("penguin", 4)]
    assert planned.failed == done.failed
    assert [(name, "truncated or was edited" in why) for name, why in done.failed.items()] == [
        ("albatross", True)
    ]


def test_a_change_to_labels_is_refused_before_anything_is_changed(
    root: Path, damaged: Model, refused: Callable[..., Any]
) -> None:
    change_settings(Registry.open(root), to("latest"), actor="ann", reason="a test")
    with refused(CorruptLogError, "albatross"):
        change_settings(Registry.open(root), to("labels"), actor="ann", reason="a test")
    with refused(CorruptLogError, "albatross"):
        rehearse_change(Registry.open(root), to("labels"))


def test_the_command_says_what_was_done_and_what_could_not_be(root: Path, damaged: Model) -> None:
    for options in (("--dry-run",), ()):
        result = config(root, "--serving-policy", "latest", "--reason", "a test", *options)
        assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
        assert result.stderr.startswith("hallmark: albatross: event ")
        assert [one["model"] for one in json.loads(result.stdout)["models"]] == ["penguin"]


def test_settings_are_told_although_a_model_cannot_be_read(
    root: Path, damaged: Model, tmp_path: Path
) -> None:
    demand_signatures(root, make_keys(tmp_path / "keys"))
    result = config(root)
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["unsigned"] == ["penguin@stable"]
