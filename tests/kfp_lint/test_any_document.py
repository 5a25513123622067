"""A spec of any quality is checked to its end: the lint is for files that have faults."""

import copy
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.kfp_lint.conftest import SPECS
from tfx_hallmark.kfp_lint.document import UnreadableSpecError, read_spec
from tfx_hallmark.kfp_lint.finding import dotted
from tfx_hallmark.kfp_lint.rules import lint

GATED = list(yaml.safe_load_all((SPECS / "gated.yaml").read_text(encoding="utf-8")))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> list[Any]:
    """A good spec in which something, somewhere, is something else."""
    documents = copy.deepcopy(GATED)
    holder: Any = documents
    key: Any = 0
    for _ in range(draw(st.integers(0, 12))):
        inner = holder[key]
        keys = (
            sorted(inner, key=str)
            if isinstance(inner, dict)
            else list(range(len(inner)))
            if isinstance(inner, list)
            else []
        )
        if not keys:
            break
        holder, key = inner, draw(st.sampled_from(keys))
    holder[key] = draw(ANYTHING)
    return documents


@given(damaged(), st.sampled_from(["oss", "vertex"]))
def test_no_damage_stops_the_lint(documents: list[Any], target: Any) -> None:
    try:
        spec = read_spec(documents)
    except UnreadableSpecError:
        return
    for found in lint(spec, target):
        assert found.problem
        assert found.remedy
        assert dotted(found.place)


@given(st.lists(ANYTHING, max_size=3))
def test_what_is_no_spec_is_said_to_be_none(documents: list[Any]) -> None:
    with pytest.raises(UnreadableSpecError, match="holds no compiled pipeline"):
        read_spec(documents)
