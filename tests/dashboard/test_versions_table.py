"""Searching, filtering, sorting and paging of versions."""

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tfx_hallmark.answers.versions_table import MAX_SIZE, SORTS, find_versions
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.numbering import Exactly
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def penguin(history: Path) -> Model:
    return Registry.open(history).model("penguin")


def found(model: Model, **asked: str | int) -> list[str]:
    return [row.version for row in find_versions(model, **asked).versions]  # type: ignore[arg-type]


def test_by_default_the_newest_come_first(penguin: Model) -> None:
    assert found(penguin) == ["1.0.4", "1.0.3", "1.0.2", "1.0.1", "1.0.0"]


def test_a_search_takes_every_word_in_any_case(penguin: Model) -> None:
    assert found(penguin, query="METRIC not better") == ["1.0.1"]
    assert found(penguin, query="metric nowhere") == []


def test_a_digest_is_found_by_its_beginning(penguin: Model) -> None:
    assert found(penguin, query=penguin.version("1.0.2").digest[:16]) == ["1.0.2"]


def test_the_reason_of_a_quarantine_is_searched(penguin: Model) -> None:
    assert found(penguin, query="quarantine") == ["1.0.4"]


@pytest.mark.parametrize(
    ("status", "versions"),
    [
        ("published", ["1.0.3", "1.0.2", "1.0.0"]),
        ("refused", ["1.0.1"]),
        ("quarantined", ["1.0.4"]),
        ("adopted", []),
    ],
)
def test_a_status_is_picked(penguin: Model, status: str, versions: list[str]) -> None:
    assert found(penguin, status=status) == versions


def test_a_label_is_picked(penguin: Model) -> None:
    assert found(penguin, label="stable") == ["1.0.2"]
    assert found(penguin, label="canary") == ["1.0.3"]
    assert found(penguin, label="nobody's") == []


def test_statuses_are_counted_over_all_versions_whatever_was_searched(penguin: Model) -> None:
    table = find_versions(penguin, query="nowhere")
    assert (table.found, table.total) == (0, 5)
    assert table.statuses == {"published": 3, "refused": 1, "quarantined": 1}


def test_version_numbers_sort_as_numbers(model: Model, make_candidate: Callable[[int], Path]) -> None:
    for number, version in enumerate(["1.10.0", "1.9.0", "1.10.0-rc.2", "1.10.0-rc.10"]):
        model.tag(make_candidate(number), number=Exactly(version))
    assert found(model, sort="version") == ["1.9.0", "1.10.0-rc.2", "1.10.0-rc.10", "1.10.0"]
    assert found(model, sort="-version") == found(model, sort="version")[::-1]


@pytest.mark.parametrize("sort", SORTS)
def test_every_order_goes_both_ways_and_loses_nothing(penguin: Model, sort: str) -> None:
    assert sorted(found(penguin, sort=sort)) == sorted(found(penguin))
    assert found(penguin, sort=f"-{sort}") == found(penguin, sort=sort)[::-1]


def test_pages_follow_on_one_another(penguin: Model) -> None:
    pages = [found(penguin, size=2, page=page) for page in (1, 2, 3)]
    assert list(itertools.chain.from_iterable(pages)) == found(penguin)
    assert [len(page) for page in pages] == [2, 2, 1]


def test_a_page_past_the_end_is_the_last_one(penguin: Model) -> None:
    table = find_versions(penguin, size=2, page=1000)
    assert (table.page, table.pages) == (3, 3)
    assert [row.version for row in table.versions] == ["1.0.0"]


@pytest.mark.parametrize(
    "asked",
    [
        {"status": "good"},
        {"sort": "colour"},
        {"sort": "--created"},
        {"page": 0},
        {"size": 0},
        {"size": MAX_SIZE + 1},
    ],
)
def test_what_cannot_be_is_refused_in_a_line(penguin: Model, asked: dict[str, str | int]) -> None:
    with pytest.raises(ConfigError) as caught:
        found(penguin, **asked)
    assert "\n" not in str(caught.value)
