"""Which requests go to the canary: the places of docs/canary.md, and what holds of any key."""

import math
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.canary_split import canary_place, in_canary
from tfx_hallmark.registry.errors import ConfigError

DOCS = (Path(__file__).parents[2] / "docs/canary.md").read_text(encoding="utf-8")
PLACES = re.findall(r"^\| `([^`|]*)` \| `([^`]+)` \| (\d+) \|$", DOCS, re.MULTILINE)
KEYS = st.text(max_size=20)
SALTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=10)
SHARES = st.integers(0, 1_000_000).map(lambda places: places / 10_000)


@pytest.mark.parametrize(
    ("salt", "key", "place"),
    [
        ("", "user-1", 807032),
        ("", "user-2", 129639),
        ("1.3.0", "user-1", 182814),
        ("1.3.0", "Zoë", 719576),
        ("penguin", "42", 134864),
    ],
)
def test_a_key_has_the_place_that_the_docs_give(salt: str, key: str, place: int) -> None:
    assert canary_place(key, salt=salt) == place
    assert canary_place(key.encode(), salt=salt) == place
    assert (salt, key, str(place)) in PLACES


def test_the_shell_function_of_the_docs_finds_the_same_places() -> None:
    found = re.search(r"^canary_place\(\).*?^\}", DOCS, re.MULTILINE | re.DOTALL)
    assert found is not None
    assert shutil.which("sha256sum")
    for salt, key, place in PLACES:
        said = subprocess.run(
            ["bash", "-c", f'{found[0]}\ncanary_place "$1" "$2"', "bash", salt, key],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert said.stdout.strip() == place


@given(KEYS, SALTS, SHARES, SHARES)
def test_a_key_that_is_in_stays_in_when_the_share_grows(
    key: str, salt: str, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert in_canary(key, less, salt=salt) <= in_canary(key, more, salt=salt)
    assert not in_canary(key, 0, salt=salt)
    assert in_canary(key, 100, salt=salt)


@given(SHARES)
def test_exactly_the_places_below_the_share_are_in(share: float) -> None:
    assert in_canary("user-1", share) == (round(share * 10_000) > 807032)


def test_a_tenth_of_many_keys_is_about_a_tenth_and_another_salt_takes_others() -> None:
    users = [f"user-{number}" for number in range(10_000)]
    one = {user for user in users if in_canary(user, 10, salt="1.0.0")}
    other = {user for user in users if in_canary(user, 10, salt="1.1.0")}
    assert 900 < len(one) < 1100
    assert len(one & other) < 200


@pytest.mark.parametrize("percent", [-0.1, 100.1, math.nan, math.inf])
def test_a_share_out_of_bounds_is_refused(percent: float) -> None:
    with pytest.raises(ConfigError, match="give a number from 0 to 100"):
        in_canary("user-1", percent)


def test_a_share_finer_than_four_decimals_is_refused() -> None:
    with pytest.raises(ConfigError, match="four decimals at most"):
        in_canary("user-1", 0.00005)


def test_a_zero_byte_in_the_salt_is_refused() -> None:
    with pytest.raises(ConfigError, match="zero byte"):
        canary_place("user-1", salt="a\0b")
