"""Searches among versions: what docs/searching.md says of conditions, missing values, fields and order."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.conftest import evaluation
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.errors import SearchError
from tfx_hallmark.registry.manifest import Code, DataSource, Environment, Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.numbering import Exactly
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.search.fields import Field, field_from, split_fields
from tfx_hallmark.registry.search.grammar import parse
from tfx_hallmark.registry.search.search import Search

Found = Callable[..., list[str]]


def provenance(rate: float, seed: int | None, optimizer: Any) -> Provenance:
    return Provenance(
        data=DataSource(uri="/data/1", splits=("train", "eval"), span="7"),
        code=Code(module="trainer.py", commit="0123abc", dirty=seed is None),
        hyperparameters={"learning_rate": rate, "optimizer": optimizer},
        train_args={"num_steps": 200},
        seed=seed,
        environment=Environment(
            python="3.11.4",
            platform="Linux x86_64",
            cpus=2,
            memory=16_000_000_000,
            packages={"tensorflow": "2.21.0"},
            all_packages="b3:" + "0" * 64,
        ),
        run=Run(pipeline="penguin", run_id="run-1", model_uri="/artifacts/Trainer/model/6"),
    )


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """1.0.0 stable and published, 1.0.1 refused, 1.0.2 canary past the gate, 1.0.3 in quarantine, 2.0.0 tagged only.

    1.0.0 and 1.0.1 were evaluated; seeds 42, 7, none, none, none.
    """
    folder = tmp_path_factory.mktemp("searched")
    model = Registry.create(folder / "serving").model("penguin")
    made = [change_weights(copy_saved_model("linear", folder / str(number)), number) for number in range(4)]

    def tag(path: Path, version: str, **given: Any) -> str:
        return model.tag(path, number=Exactly(version), **given).version

    version = tag(
        made[0],
        "1.0.0",
        provenance=lambda _: provenance(0.01, 42, "adam"),
        notes={"team": "ice", "cost centre": "7"},
    )
    model.push(made[0], version, evaluation(0.8, None))
    version = tag(
        made[1],
        "1.0.1",
        provenance=lambda _: provenance(0.1, 7, {"name": "sgd", "momentum": 0.9}),
        description="no island",
    )
    model.push(made[1], version, evaluation(0.7, model.stable()))
    version = tag(made[2], "1.0.2", notes={"team": "it's 100%_sure"})
    model.push_unchecked(made[2], version, reason="a test", label="canary")
    model.quarantine(tag(made[3], "1.0.3"), reason="leaked labels")
    tag(copy_saved_model("two_signatures", folder / "breaking"), "2.0.0")
    model.annotate("1.0.0", notes={"Ticket": "A-1"}, description="the first")
    model.hold("1.0.0", reason="a report")
    return model


@pytest.fixture(scope="module")
def found(searched: Model) -> Found:
    """Gives the versions that a search finds."""

    def find(where: str = "", **options: Any) -> list[str]:
        return [version.version for version in searched.search(where, **options)]

    return find


ALL = ["2.0.0", "1.0.3", "1.0.2", "1.0.1", "1.0.0"]


def test_without_a_condition_all_are_found_newest_first(found: Found) -> None:
    assert found() == found("  \n") == ALL


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("seed = 42", ["1.0.0"]),
        ("seed != 42", ["1.0.1"]),
        ("seed in (7, 42)", ["1.0.1", "1.0.0"]),
        ("seed not in (7)", ["1.0.0"]),
        ("seed < 42", ["1.0.1"]),
        ("seed <= 42 and seed >= 42", ["1.0.0"]),
        ("seed > 41.5", ["1.0.0"]),
        ("seed is null", ["2.0.0", "1.0.3", "1.0.2"]),
        ("seed IS NOT NULL", ["1.0.1", "1.0.0"]),
        ("status = 'published'", ["1.0.2", "1.0.0"]),
        ("status in ('tagged', 'quarantined')", ["2.0.0", "1.0.3"]),
        ("status like 'q%'", ["1.0.3"]),
        ("status like 'tagge_'", ["2.0.0"]),
        ("status like 'tagge'", []),
        ("status contains 'ublish'", ["1.0.2", "1.0.0"]),
        ("version > '1.0.2'", ["2.0.0", "1.0.3"]),
        ("version >= '1.0.10'", ["2.0.0"]),
        ("label = 'stable'", ["1.0.0"]),
        ("label != 'stable'", ["2.0.0", "1.0.3", "1.0.2", "1.0.1"]),
        ("label is null", ["2.0.0", "1.0.3", "1.0.1"]),
        ("labels in ('stable', 'canary')", ["1.0.2", "1.0.0"]),
        ("release = 1", ["1.0.0"]),
        ("releases is not null", ["1.0.2", "1.0.0"]),
        ("held = true", ["1.0.0"]),
        ("held = false and quarantined = false", ["2.0.0", "1.0.2", "1.0.1"]),
        ("quarantine contains 'labels'", ["1.0.3"]),
        ("pruned = true", []),
        ("signed = true", []),
        ("notes.team = 'ice'", ["1.0.0"]),
        ("notes.team = 'it''s 100%_sure'", ["1.0.2"]),
        ('notes.team = "it\'s 100%_sure"', ["1.0.2"]),
        ("labels.team = 'ice'", ["1.0.0"]),
        ("notes.Ticket = 'A-1'", ["1.0.0"]),
        ("notes.ticket = 'A-1'", []),
        ("notes.team = 'ICE'", []),
        ("notes.`cost centre` = '7'", ["1.0.0"]),
        ("description = 'the first'", ["1.0.0"]),
        ("description contains 'island'", ["1.0.1"]),
        ("metrics.accuracy > 0.75", ["1.0.0"]),
        ("metrics.accuracy[island:Biscoe] < 0.75", ["1.0.1"]),
        ("metrics.accuracy[island:Dream] is null", ALL),
        ("metrics.accuracy is null", ["2.0.0", "1.0.3", "1.0.2"]),
        ("hyperparameters.learning_rate = 1e-2", ["1.0.0"]),
        ("hyperparameters.optimizer.name = 'sgd'", ["1.0.1"]),
        ("hyperparameters.optimizer.momentum >= .9", ["1.0.1"]),
        ("train_args.num_steps = 200", ["1.0.1", "1.0.0"]),
        ("data.span = '7'", ["1.0.1", "1.0.0"]),
        ("data.splits = 'eval'", ["1.0.1", "1.0.0"]),
        ("data.splits != 'test'", ["1.0.1", "1.0.0"]),
        ("code.dirty = false", ["1.0.1", "1.0.0"]),
        ("run.pipeline = 'penguin'", ["1.0.1", "1.0.0"]),
        ("environment.packages.tensorflow like '2.%'", ["1.0.1", "1.0.0"]),
        ("size > 0 and bump = 'explicit'", ALL),
        ("created > '1d'", ALL),
        ("created < '2020-01-01'", []),
        ("refusal is not null", ["1.0.1"]),
    ],
)
def test_a_condition_finds_what_it_says(found: Found, where: str, expected: list[str]) -> None:
    assert found(where) == expected


def test_and_binds_more_tightly_than_or_and_not_more_tightly_than_both(found: Found) -> None:
    assert found("seed = 42 or seed = 7 and status = 'tagged'") == ["1.0.0"]
    assert found("(seed = 42 or seed = 7) and status = 'tagged'") == []
    assert found("not seed = 42 and status = 'refused' or held = true") == ["1.0.1", "1.0.0"]
    assert found("NOT (seed = 42 OR seed = 7)") == []


def test_what_is_missing_fits_neither_a_condition_nor_its_contrary(found: Found) -> None:
    assert found("metrics.accuracy > 0.75 or not metrics.accuracy > 0.75") == ["1.0.1", "1.0.0"]
    assert found("notes.team not like 'ice%'") == ["1.0.2"]


def test_or_and_and_are_decided_by_a_part_that_is_known(found: Found) -> None:
    assert found("metrics.accuracy > 0.75 or status = 'tagged'") == ["2.0.0", "1.0.0"]
    assert found("not (metrics.accuracy > 0.75 and status = 'published')") == ["2.0.0", "1.0.3", "1.0.1"]


def test_the_order_is_by_the_weightiest_field_and_what_is_missing_comes_last(found: Found) -> None:
    assert found(sort="seed") == ["1.0.1", "1.0.0", "2.0.0", "1.0.3", "1.0.2"]
    assert found(sort="-seed") == ["1.0.0", "1.0.1", "2.0.0", "1.0.3", "1.0.2"]
    assert found(sort="version") == ALL[::-1]
    assert found(sort=["status", "-version"]) == ["1.0.2", "1.0.0", "1.0.3", "1.0.1", "2.0.0"]
    assert found(sort="status,version") == ["1.0.0", "1.0.2", "1.0.3", "1.0.1", "2.0.0"]


def test_the_limit_counts_after_the_order(found: Found) -> None:
    assert found("seed is not null", sort="-seed", limit=1) == ["1.0.0"]


@pytest.mark.parametrize(
    ("where", "part"),
    [
        (
            "status = published",
            "column 10: text in quotes, a number, true or false is expected, not 'published'",
        ),
        ("status =", "column 9"),
        ("status", "column 7"),
        ("and", "column"),
        ("seed = 42 and", "column 14"),
        ("(seed = 42", "column 11"),
        ("seed = 42)", "column 10"),
        ("notes.team = 'ice", "column 14"),
        ("nonesuch = 1", "column 1"),
        ("seed = 'x'", "column 8"),
        ("held = 1", "column 8"),
        ("version > 'one'", "column 11"),
        ("created > 'yesterday'", "column 11"),
        ("seed like '4%'", "column"),
        ("seed in ()", "column 10"),
        ("seed = 1e999", "too large"),
        ("seed = 42 ; drop", "column 11"),
        ("metrics = 1", "column 1"),
    ],
)
def test_a_mistake_is_one_line_with_its_column(searched: Model, where: str, part: str) -> None:
    with pytest.raises(SearchError) as caught:
        searched.search(where)
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("sort", ["", "seed,", "+seed", "nonesuch", "-", "seed desc", "--seed"])
def test_an_order_that_there_is_not_is_one_line(sort: str) -> None:
    with pytest.raises(SearchError) as caught:
        Search("", [sort])
    assert "\n" not in str(caught.value)


def test_a_condition_has_an_end() -> None:
    parse("not " * 90 + "seed = 1")
    for text in ("not " * 101 + "seed = 1", "seed = 1" + " or seed = 1" * 1_000):
        with pytest.raises(SearchError):
            parse(text)
    deep = 2_000
    parse("(" * deep + "seed = 1" + ")" * deep)


def test_a_field_is_read_from_what_is_written_of_it() -> None:
    assert field_from("metrics.`auc@5`[sex:male]") == Field(("metrics", "auc@5"), "sex:male")
    assert [(sign, str(field)) for sign, field, _ in split_fields("-created, notes.`a``b`")] == [
        ("-", "created"),
        ("", "notes.`a``b`"),
    ]


NAMES = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=12)


@given(parts=st.lists(NAMES, max_size=3), where=st.none() | NAMES)
def test_every_field_is_written_so_that_it_is_read_back(parts: list[str], where: str | None) -> None:
    field = Field(("metrics", *parts), where)
    assert field_from(str(field)) == field


def complaint(text: str) -> str:
    """Gives what is said of a condition that cannot be read; nothing of another."""
    try:
        Search(text)
    except SearchError as error:
        return str(error)
    return ""


@given(text=st.text(max_size=60))
def test_any_text_is_a_condition_or_one_line(text: str) -> None:
    assert "\n" not in complaint(text)


VOCABULARY = (
    "seed held status notes.team metrics.a[b] = != < in like is null not and or ( ) , 'a' 42 true version "
    "'1.0.0' created '7d' label ` contains"
)
WORDS = st.sampled_from(VOCABULARY.split())


@given(words=st.lists(WORDS, max_size=10))
def test_any_words_of_the_language_are_a_condition_or_one_line(words: list[str]) -> None:
    assert "\n" not in complaint(" ".join(words))


ATOMS = {
    "seed = 42": {"1.0.0": True, "1.0.1": False},
    "seed < 42": {"1.0.0": False, "1.0.1": True},
    "metrics.accuracy > 0.75": {"1.0.0": True, "1.0.1": False},
    "status = 'published'": {one: one in ("1.0.0", "1.0.2") for one in ALL},
    "label = 'canary'": {one: one == "1.0.2" for one in ALL},
    "notes.team like 'i%'": {"1.0.0": True, "1.0.2": True},
    "seed is null": {one: one not in ("1.0.0", "1.0.1") for one in ALL},
}
Tree = Any
TREES = st.recursive(
    st.sampled_from(sorted(ATOMS)),
    lambda inner: st.tuples(st.just("not"), inner) | st.tuples(st.sampled_from(["and", "or"]), inner, inner),
    max_leaves=8,
)


def written(tree: Tree) -> str:
    if isinstance(tree, str):
        return tree
    if tree[0] == "not":
        return f"not ({written(tree[1])})"
    return f"({written(tree[1])}) {tree[0]} ({written(tree[2])})"


def holds(tree: Tree, version: str) -> bool | None:
    """Gives SQL's answer: true, false or unknown."""
    if isinstance(tree, str):
        return ATOMS[tree].get(version)
    known = [holds(operand, version) for operand in tree[1:]]
    if tree[0] == "not":
        return None if known[0] is None else not known[0]
    decisive = tree[0] == "or"
    return decisive if decisive in known else None if None in known else not decisive


@given(tree=TREES)
def test_conditions_put_together_are_what_sql_makes_of_them(found: Found, tree: Tree) -> None:
    assert found(written(tree)) == [version for version in ALL if holds(tree, version)]
