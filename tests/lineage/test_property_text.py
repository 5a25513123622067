"""Texts that every metadata store takes."""

import json

from hypothesis import example, given
from hypothesis import strategies as st

from tfx_hallmark.lineage.property_text import LONGEST, safe_json, safe_text

SHORT = 200
# Characters of one to four bytes, a backslash and a quote.
LONG = st.builds(
    lambda text, times: text * times,
    st.text(min_size=1, max_size=4) | st.sampled_from('xé€😀\\"'),
    st.integers(1, LONGEST + 1),
)
A_FEW = st.lists(st.text(max_size=10), max_size=10)
MANY = (
    st.lists(st.text(max_size=60), max_size=100)
    | st.lists(LONG, max_size=5)
    | st.lists(LONG | st.text(), max_size=9)
)


def size(text: str) -> int:
    return len(text.encode())


@given(st.text() | LONG)
def test_no_text_holds_a_backslash_or_a_zero_byte(text: str) -> None:
    assert not {"\\", "\0"} & set(safe_text(text))


@given(st.text(alphabet=st.characters(blacklist_characters="\\\0"), max_size=SHORT))
@example("x" * LONGEST)
@example("€" * (LONGEST // 3))
def test_any_other_short_text_is_left_as_it_is(text: str) -> None:
    assert safe_text(text) == text


@given(LONG)
@example("x" * (LONGEST + 1))
def test_a_text_is_cut_visibly_where_it_is_too_long_and_only_then(text: str) -> None:
    whole = text.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}").replace("\0", "\N{REPLACEMENT CHARACTER}")
    written = safe_text(text)
    if size(whole) <= LONGEST:
        assert written == whole
    else:
        assert LONGEST - 3 <= size(written) <= LONGEST  # no character takes more than four bytes
        assert written.endswith("…")
        assert whole.startswith(written[:-1])
    assert safe_text(written) == written


@given(A_FEW)
def test_a_short_list_needs_no_backslash_and_is_read_back_as_long_as_it_was(texts: list[str]) -> None:
    written = safe_json(texts)
    assert "\\" not in written
    assert len(json.loads(written)) == len(texts)


@given(MANY)
@example(["x" * LONGEST])
@example(["x" * (LONGEST - 4)])
@example(["x" * (LONGEST - 3)])
@example(["x" * LONGEST, "y"])
@example(["x" * LONGEST, "y" * LONGEST])
@example(["x"] * 10_000)
def test_of_a_long_list_the_first_texts_are_kept_and_the_last_says_how_many_are_not(texts: list[str]) -> None:
    written = safe_json(texts)
    assert size(written) <= LONGEST
    assert "\\" not in written
    assert safe_text(written) == written
    kept = json.loads(written)
    if len(kept) == len(texts):
        return
    *kept, last = kept
    assert last == f"… and {len(texts) - len(kept)} more"
    assert kept
    for text, whole in zip(kept, texts, strict=False):
        plain = json.loads(safe_json([whole]))[0] if size(whole) < SHORT else None
        assert plain in (None, text)


def test_of_many_reasons_as_many_are_kept_as_there_is_room_for() -> None:
    texts = [f"accuracy on island:{number} is 0.5, below 0.7" for number in range(200)]
    written = safe_json(texts)
    *kept, last = json.loads(written)
    assert kept == texts[: len(kept)]
    assert last == f"… and {200 - len(kept)} more"
    assert LONGEST - 100 < size(written) <= LONGEST


def test_what_json_can_say_plainly_stays_as_it_is() -> None:
    assert json.loads(safe_json(["größer als 0", 'weight "a" is new'])) == [
        "größer als 0",
        "weight 'a' is new",
    ]
