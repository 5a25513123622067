"""What the records of a root's settings may hold, and what is said of those that cannot be read."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import CorruptLogError, NewerSchemaError
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def newest(root: Path) -> Path:
    """The record of the newest of two changes."""
    set_in(root, standby=2)
    set_in(root, standby=3)
    (_, record) = sorted((root / ".hallmark" / ".settings").iterdir())
    return record


def test_settings_of_a_newer_hallmark_ask_for_an_update_whatever_their_form(
    root: Path, newest: Path, refused: Any
) -> None:
    change = json.loads(newest.read_bytes())
    newest.write_text(json.dumps({**change, "schema": 2, "settings": {"serving_policy": "by moonlight"}}))
    with refused(NewerSchemaError, newest, "schema 2", "update tfx-hallmark"):
        Registry.open(root).settings.read()


@pytest.mark.parametrize("damage", ["", "{", '{"schema":1,"settings":{"serving_policy":"by moonlight"}}'])
def test_damaged_settings_are_named_and_not_passed_over(
    damage: str, root: Path, newest: Path, refused: Any
) -> None:
    newest.write_text(damage)
    with refused(CorruptLogError, newest, "damaged", "restore it from a backup"):
        Registry.open(root).settings.read()


def test_i2_a_change_after_a_lost_record_gets_a_number_of_its_own(root: Path, newest: Path) -> None:
    (first, _) = sorted(newest.parent.iterdir())
    first.unlink()
    set_in(root, standby=4)
    assert [one.settings.standby for one in Registry.open(root).settings.changes()] == [3, 4]
    assert json.loads(newest.read_bytes())["settings"]["standby"] == 3
