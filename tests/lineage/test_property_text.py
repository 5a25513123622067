"""Texts that every metadata store takes."""

import json

from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.lineage.property_text import safe_json, safe_text


@given(st.text())
def test_no_text_holds_a_backslash_or_a_zero_byte(text: str) -> None:
    assert not {"\\", "\0"} & set(safe_text(text))


@given(st.text(alphabet=st.characters(blacklist_characters="\\\0")))
def test_any_other_text_is_left_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@given(st.lists(st.text()))
def test_a_list_needs_no_backslash_and_is_read_back_as_long_as_it_was(texts: list[str]) -> None:
    written = safe_json(texts)
    assert "\\" not in written
    assert len(json.loads(written)) == len(texts)


def test_what_json_can_say_plainly_stays_as_it_is() -> None:
    assert json.loads(safe_json(["größer als 0", 'weight "a" is new'])) == [
        "größer als 0",
        "weight 'a' is new",
    ]
