"""What changed between two versions' data and schemas, in words."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.comparing.data_change import data_change
from tfx_hallmark.registry.comparing.schema_change import schema_changes
from tfx_hallmark.registry.manifest import DataSource
from tfx_hallmark.registry.serving.text_format import TextFormatError

A, B = "b3:" + "a" * 64, "b3:" + "b" * 64


def data(**given: Any) -> DataSource:
    return DataSource(**{"uri": "/data/1", "splits": ("train",), **given})


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [
        (None, data(), "not recorded of the first version"),
        (data(), None, "not recorded"),
        (data(digest=A, span="7"), data(digest=A, span="7", uri="/elsewhere"), "same data"),
        (data(digest=A, span="7"), data(digest=A, span="8"), "same data, read as span 7 -> 8"),
        (data(digest=A, span="7"), data(digest=B, span="8"), "span 7 -> 8"),
        (data(digest=A, span="7"), data(digest=B, span="7"), "same span 7, other records"),
        (data(digest=A), data(digest=B), "other records"),
        (
            data(digest=A, span="7", version="1"),
            data(digest=B, span="7", version="2"),
            "span 7 version 1 -> 2",
        ),
        (
            data(),
            data(uri="/data/2"),
            "another place, and no content digest that tells whether the records are the same",
        ),
        (
            data(digest=A, span="7", records={"train": 100, "eval": 20}),
            data(digest=B, span="8", records={"train": 120, "eval": 20}),
            "span 7 -> 8, 100 -> 120 records in train",
        ),
    ],
)
def test_the_change_of_data_is_one_line(before: DataSource | None, now: DataSource | None, told: str) -> None:
    assert data_change(before, now) == told


SCHEMA = 'feature { name: "age" type: INT }\nfeature { name: "island" type: BYTES }\n'


def test_the_same_schema_has_no_changes_however_its_features_are_ordered() -> None:
    assert schema_changes(SCHEMA, SCHEMA) == ()
    assert schema_changes(SCHEMA, "\n".join(reversed(SCHEMA.splitlines()))) == ()


def test_a_feature_that_came_went_or_changed_is_named() -> None:
    (came,) = schema_changes(SCHEMA, SCHEMA + 'feature { name: "sex" type: BYTES }\n')
    assert "sex" in came
    (went,) = schema_changes(SCHEMA, SCHEMA.splitlines()[0])
    assert "island" in went
    assert came != went
    (changed,) = schema_changes(SCHEMA, SCHEMA.replace("INT", "FLOAT"))
    assert "age" in changed
    assert "island" not in changed


@given(
    names=st.lists(st.from_regex(r"[a-z]{1,6}", fullmatch=True), unique=True, max_size=6),
    kept=st.integers(0, 6),
)
def test_every_feature_that_went_is_a_line(names: list[str], kept: int) -> None:
    features = [f'feature {{ name: "{name}" type: INT }}' for name in names]
    assert len(schema_changes("\n".join(features), "\n".join(features[:kept]))) == len(names[kept:])


@pytest.mark.parametrize("text", ["feature {", "feature { name: }", "}", "\x00"])
def test_what_is_no_schema_is_an_error(text: str) -> None:
    with pytest.raises(TextFormatError):
        schema_changes(SCHEMA, text)
