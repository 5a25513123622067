"""`hallmark list` with --where, --sort and --columns."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.conftest import HOSTILE

Run = Callable[..., Any]


def versions(answer: Any) -> list[str]:
    return [one["version"] for one in answer["versions"]]


def test_a_condition_picks_versions(answer: Run) -> None:
    assert versions(answer("list", "penguin", "--where", "metrics.accuracy > 0.85")) == ["1.0.3", "1.0.2"]
    assert versions(answer("list", "penguin", "--where", "label in ('stable', 'canary')")) == [
        "1.0.4",
        "1.0.2",
    ]


def test_it_adds_up_with_the_status_and_the_limit_counts_after_the_order(answer: Run) -> None:
    told = answer(
        "list", "penguin", "--status", "refused", "--where", "metrics.accuracy >= 0.8", "--sort", "version"
    )
    assert versions(told) == ["1.0.1", "1.0.3"]
    told = answer("list", "penguin", "--sort", "-metrics.accuracy", "--limit", "1")
    assert (versions(told), told["more"]) == (["1.0.3"], 6)


def test_columns_are_the_keys_of_each_version(answer: Run) -> None:
    told = answer(
        "list", "penguin", "--columns", "version,metrics.accuracy,label", "--sort", "version", "--limit", "3"
    )
    assert told["columns"] == [
        {"name": "version", "kind": "version"},
        {"name": "metrics.accuracy", "kind": "number"},
        {"name": "label", "kind": "text"},
    ]
    assert told["versions"][0] == {"version": "1.0.0", "metrics.accuracy": 0.8, "label": []}
    assert told["versions"][2] == {"version": "1.0.2", "metrics.accuracy": 0.9, "label": ["stable"]}
    assert told["more"] == 4


def test_columns_for_people(hallmark: Run) -> None:
    page = hallmark(
        "list", "penguin", "--columns", "version,held,metrics.accuracy", "--where", "seed is null"
    )
    assert (page.exit_code, page.stderr) == (0, "")
    header, row = page.stdout.splitlines()[:2]
    assert header.lower().split() == ["version", "held", "metrics.accuracy"]
    assert row.split() == ["2.0.0", "no", "-"]


def test_what_was_noted_in_bad_faith_is_printed_harmlessly(hallmark: Run) -> None:
    page = hallmark("list", "penguin", "--columns", "version,description", "--where", "version = '1.0.4'")
    assert (page.exit_code, "\x1b" in page.stdout) == (0, False)
    as_json = hallmark(
        "list", "penguin", "--columns", "description", "--where", "version = '1.0.4'", "--json"
    )
    assert json.loads(as_json.stdout)["versions"] == [{"description": HOSTILE}]


def test_a_name_that_no_version_has_is_told_with_one_that_they_have(hallmark: Run) -> None:
    page = hallmark("list", "penguin", "--where", "metrics.acuracy > 0.5")
    assert page.exit_code == 0
    assert "none of the newest versions has metrics.acuracy; there is accuracy" in page.stdout


def test_a_condition_about_then_sees_what_was_true_then(answer: Run, penguin: Any) -> None:
    then = next(event.time for event in penguin.events() if event.kind == "published")
    assert versions(answer("list", "penguin", "--where", "label = 'stable'", "--at", then)) == ["1.0.0"]
    assert versions(answer("list", "penguin", "--where", "label = 'stable'")) == ["1.0.2"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("penguin", "--where", "status = published"),
        ("penguin", "--where", "nonesuch = 1"),
        ("penguin", "--where", "seed = '"),
        ("penguin", "--sort", "nonesuch"),
        ("penguin", "--columns", "version,"),
        ("penguin", "--columns", "-version"),
        ("--where", "seed = 1"),
        ("--columns", "version"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(hallmark: Run, arguments: tuple[str, ...]) -> None:
    for more in ((), ("--json",)):
        result = hallmark("list", *arguments, *more)
        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr.splitlines()[-1].startswith(("hallmark: ", "Error: "))


def test_the_documented_mistake_is_told_as_documented(hallmark: Run) -> None:
    result = hallmark("list", "penguin", "--where", "status = published")
    assert result.stderr == (
        "hallmark: condition, column 10: text in quotes, a number, true or false is expected, not 'published'; "
        "text stands in quotes\n"
    )
