"""`hallmark canary`: how the canary stands, and the end of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import evaluation
from tests.conftest import listing
from tfx_hallmark.registry.canary_split import in_canary
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def canary(told: Run, model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """1.0.0 is stable, 1.0.1 beat it and is canary; the serving policy is labels."""
    told("config", "--serving-policy", "labels", "--reason", "canaries")
    for number, label, accuracy in ((1, "stable", 0.8), (2, "canary", 0.9)):
        version = model.tag(make_candidate(number)).version
        model.push(make_candidate(number), version, evaluation(accuracy, model.stable()), label=label)
    return model


def test_it_stands_beside_what_is_stable(canary: Model, told: Run) -> None:
    answer = told("canary", "penguin")
    assert (answer["canary"]["version"], answer["canary"]["release"]) == ("1.0.1", 2)
    assert (answer["stable"]["version"], answer["stable"]["release"]) == ("1.0.0", 1)
    assert {"metric": "accuracy", "slice": "Overall", "canary": 0.9, "baseline": 0.8} in answer["metrics"]
    assert (answer["serving_policy"], answer["promotable"], answer["objection"]) == ("labels", True, "")


def test_the_page_names_the_next_command_and_it_works(canary: Model, run: Run) -> None:
    page = run("canary", "penguin").stdout
    assert "next: hallmark promote penguin@canary --to stable --reason TEXT" in page
    assert run("promote", "penguin@canary", "--to", "stable", "--reason", "a quiet week").exit_code == 0
    assert canary.state.labels["stable"] == 2


def test_i3_a_canary_that_beat_another_one_than_what_is_stable_now_is_objected_to(
    canary: Model, told: Run, run: Run, make_candidate: Callable[[int], Path]
) -> None:
    version = canary.tag(make_candidate(3)).version
    canary.push_unchecked(make_candidate(3), version, reason="a test")
    answer = told("canary", "penguin")
    assert answer["promotable"] is False
    assert "may not become stable" in answer["objection"]
    assert "cannot become stable" in run("canary", "penguin").stdout


def test_its_end_takes_the_label_off_and_leaves_the_release(canary: Model, told: Run, run: Run) -> None:
    answer = told("canary", "penguin", "--abort", "--reason", "latency doubled")
    assert (answer["kind"], answer["label"], answer["from_release"]) == ("withdrawn", "canary", 2)
    assert canary.state.labels == {"stable": 1}
    assert (canary.path / "2").is_dir()
    event = list(canary.events())[-1]
    assert (event.kind, event.reason) == ("withdrawn", "latency doubled")
    again = run("canary", "penguin", "--abort", "--reason", "again")
    assert (again.exit_code, again.stderr.count("\n")) == (1, 1)


def test_a_dry_run_of_its_end_changes_nothing(canary: Model, told: Run, root: Path) -> None:
    before = listing(root)
    answer = told("canary", "penguin", "--abort", "--dry-run", "--reason", "a test")
    assert (answer["dry_run"], answer["events"]) == (True, [])
    assert listing(root) == before


def test_without_a_canary_it_fails_in_one_line(wrong: Run, three: list[str]) -> None:
    line = wrong(1, "canary", "penguin")
    assert line.startswith("hallmark: nothing of penguin is canary")
    assert "has no model 'walrus'" in wrong(1, "canary", "walrus")


@pytest.mark.parametrize(
    "arguments", [("--abort",), ("--abort", "--reason", " "), ("--dry-run",), ("--reason", "x")]
)
def test_wrong_usage_changes_nothing(canary: Model, wrong: Run, arguments: tuple[str, ...]) -> None:
    assert "--reason" in wrong(2, "canary", "penguin", *arguments)


def test_who_is_in_at_a_small_share_is_in_at_a_greater_one() -> None:
    keys = [f"user-{number}" for number in range(2_000)]
    inside = [{key for key in keys if in_canary(key, percent, salt="penguin")} for percent in (0, 5, 10, 100)]
    assert inside[0] == set()
    assert inside[1] < inside[2] < inside[3] == set(keys)
    assert 50 < len(inside[1]) < 160


@pytest.mark.parametrize(
    ("salt", "key", "place"),
    [
        ("", "user-1", 807_032),
        ("", "user-2", 129_639),
        ("1.3.0", "user-1", 182_814),
        ("1.3.0", "Zoë", 719_576),
        ("penguin", "42", 134_864),
    ],
)
def test_the_places_of_the_page_are_those_of_the_rule(salt: str, key: str, place: int) -> None:
    assert not in_canary(key, place / 10_000, salt=salt)
    assert in_canary(key, (place + 1) / 10_000, salt=salt)
