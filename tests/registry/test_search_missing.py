"""What a search makes of values that are missing, and of fields of several values of which there are none."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.manifest import DataSource, Environment, Provenance
from tfx_hallmark.registry.numbering import Exactly
from tfx_hallmark.registry.registry import Registry

Found = Callable[[str], list[str]]
VERSIONS = ("1.0.0", "1.0.1", "1.0.2")
# Of each field what each version has: None is missing, () is known to be none.
KNOWN: dict[str, tuple[Any, Any, Any]] = {
    "data.splits": (("train", "eval"), (), None),
    "data.span": ("7", None, None),
    "environment.accelerators": ((), ("GPU", "TPU"), None),
    "environment.cpus": (2, 4, None),
    "label": (("stable",), (), ()),
    "release": ((1,), (), ()),
    "seed": (42, None, 7),
    "bump": ("explicit", "explicit", "explicit"),
    "notes.team": (None, "ice", None),
}
WORDS = ("train", "eval", "7", "GPU", "stable", "explicit", "ice", "none of them")
NUMBERS = (1, 2, 7, 42, 1000)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    """Gives the versions that a condition finds, oldest first, in a model that is as `KNOWN` says."""
    folder = tmp_path_factory.mktemp("missing")
    model = Registry.create(folder / "serving").model("penguin")
    made = {
        "1.0.0": Provenance(data=DataSource(uri="/1", splits=("train", "eval"), span="7"), seed=42),
        "1.0.1": Provenance(data=DataSource(uri="/2")),
        "1.0.2": Provenance(seed=7),
    }
    accelerators: dict[str, tuple[str, ...]] = {"1.0.0": (), "1.0.1": ("GPU", "TPU")}
    for number, (version, provenance) in enumerate(made.items()):
        path = change_weights(copy_saved_model("linear", folder / version), number)
        given = {name: getattr(provenance, name) for name in ("data", "seed")}
        if version in accelerators:
            given["environment"] = Environment(
                python="3.11.4",
                platform="Linux",
                cpus=2 + 2 * number,
                memory=1,
                packages={},
                all_packages="b3:" + "0" * 64,
                accelerators=accelerators[version],
            )
        model.tag(
            path,
            number=Exactly(version),
            provenance=lambda _, given=given: Provenance(**given),  # type: ignore[misc]
            notes={"team": "ice"} if number == 1 else {},
        )
    model.push_unchecked(folder / "1.0.0", "1.0.0", reason="a test")
    return lambda where: [version.version for version in model.search(where, sort="version")]


def test_none_is_known_of_a_list_and_missing_where_what_it_is_part_of_is_not_on_record(found: Found) -> None:
    assert found("label != 'stable'") == found("label is null") == ["1.0.1", "1.0.2"]
    assert found("data.splits != 'eval'") == ["1.0.1"]
    assert found("not data.splits = 'eval'") == ["1.0.1"]
    assert found("data.splits != 'eval' or data.splits is null") == ["1.0.1", "1.0.2"]
    assert found("environment.accelerators not in ('GPU')") == ["1.0.0"]


def is_text(field: str) -> bool:
    return field not in ("environment.cpus", "release", "seed")


@st.composite
def conditions(draw: st.DrawFn) -> tuple[str, str, tuple[Any, ...], bool]:
    """Gives a field, how it is asked about, by which values, and whether `not` stands before it all."""
    field = draw(st.sampled_from(sorted(KNOWN)))
    values = WORDS if is_text(field) else NUMBERS
    how = draw(st.sampled_from(["=", "!=", "in", "not in", "is null", "is not null"]))
    picked = draw(st.lists(st.sampled_from(values), min_size=1, max_size=3 if "in" in how.split() else 1))
    return field, how, tuple(picked), draw(st.booleans())


def written(field: str, how: str, values: tuple[Any, ...], contrary: bool) -> str:
    told = [f"'{value}'" if is_text(field) else str(value) for value in values]
    operand = "" if "null" in how else f" ({', '.join(told)})" if "in" in how.split() else f" {told[0]}"
    return f"{'not ' if contrary else ''}{field} {how}{operand}"


def holds(value: Any, how: str, values: tuple[Any, ...], contrary: bool) -> bool | None:
    """Gives SQL's answer: `= ANY` of a list that may be empty; unknown where there is not even a list."""
    if "null" in how:
        answer = (value in (None, ())) is ("not" not in how)
    elif value is None:
        return None
    else:
        several = value if isinstance(value, tuple) else (value,)
        answer = any(one in values for one in several) is (how in ("=", "in"))
    return answer is not contrary


@given(condition=conditions())
def test_a_condition_on_what_may_be_missing_is_true_false_or_unknown_as_in_sql(
    found: Found, condition: tuple[str, str, tuple[Any, ...], bool]
) -> None:
    field, *how = condition
    expected = [
        version
        for version, value in zip(VERSIONS, KNOWN[field], strict=True)
        if holds(value, *how)  # type: ignore[arg-type]
    ]
    assert found(written(field, *how)) == expected  # type: ignore[arg-type]


@settings(max_examples=40)
@given(one=conditions(), other=conditions())
def test_what_fits_a_condition_or_its_contrary_is_all_but_what_is_unknown(
    found: Found, one: tuple[str, str, tuple[Any, ...], bool], other: tuple[str, str, tuple[Any, ...], bool]
) -> None:
    first, second = written(*one), written(*other)
    assert not set(found(first)) & set(found(f"not ({first})"))
    # De Morgan's laws hold of three values, too.
    assert found(f"not (({first}) and ({second}))") == found(f"not ({first}) or not ({second})")
