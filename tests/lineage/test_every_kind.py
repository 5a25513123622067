"""Every kind of event has all that a kind needs: whoever adds one is told here what is missing."""

import re
import typing
from pathlib import Path

import pytest

from tests.lineage.history import NAMES
from tfx_hallmark.answers import sentences
from tfx_hallmark.lineage.recording import roles
from tfx_hallmark.lineage.recording.recorded_types import EXECUTION_TYPES
from tfx_hallmark.registry import event_kinds, events, fold

DOCS = Path(__file__).parents[2] / "docs"
KINDS: dict[str, type] = {
    str(kind.__struct_config__.tag): kind
    for kind in vars(event_kinds).values()
    if isinstance(kind, type)
    and issubclass(kind, event_kinds.EventData)
    and kind is not event_kinds.EventData
}


def test_the_closed_set_is_what_is_defined_and_a_history_of_each_kind_is_synced() -> None:
    assert set(typing.get_args(events.Data)) == set(KINDS.values())
    assert NAMES.keys() == KINDS.keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_sentence_its_part_in_lineage_and_what_it_does_to_the_state(kind: str) -> None:
    assert KINDS[kind] in sentences._TELLERS, f"answers/sentences.py does not tell {kind}"
    assert KINDS[kind] in roles._TELLERS, f"lineage/recording/roles.py has no part for {kind}"
    assert KINDS[kind] in fold._HANDLERS, f"registry/fold.py does nothing for {kind}"
    assert EXECUTION_TYPES[KINDS[kind]] == f"tfx_hallmark.{NAMES[kind]}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_in_the_docs_of_the_log_and_of_lineage(kind: str) -> None:
    log = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (DOCS / "operations.md").read_text(), re.MULTILINE)
    assert f"`{kind}`" in ", ".join(log).split(", "), f"docs/operations.md does not list {kind}"
    [told] = re.findall(r"^\| an execution of type (.*?) \|", (DOCS / "lineage.md").read_text(), re.MULTILINE)
    assert NAMES[kind] in re.findall(r"(\w+)`", told), f"docs/lineage.md does not list {NAMES[kind]}"


def test_a_kind_stands_under_the_schema_that_brought_it() -> None:
    """Older hallmarks read up to the schema that they know: a kind never gets into an older one afterwards."""
    found = {kind: events._SINCE.get(KINDS[kind], 1) for kind in KINDS}
    assert {kind for kind in found if found[kind] == 1} == {
        "tagged", "published", "refused", "promoted", "rolled_back", "quarantined", "unquarantined",
        "pruned", "annotated", "adopted", "evaluated",
    }  # fmt: skip
    assert {kind for kind in found if found[kind] == 2} == {
        "withdrawn",
        "held",
        "unheld",
        "signed",
        "imported",
    }
    assert max(found.values()) == events.SCHEMA
