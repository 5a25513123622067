"""`hallmark history`, `blame` and `card`: a metric from version to version, what moved it, and the model card."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import evaluation
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


@pytest.fixture
def line(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """1.0.0 to 1.0.3 were stable one after the other, with 0.6, 0.61, 0.8 and 0.81; 1.0.4 was refused with 0.3."""
    before = None
    for number, accuracy in enumerate((0.6, 0.61, 0.8, 0.81, 0.3), 1):
        version = model.tag(make_candidate(number)).version
        judged = evaluation(accuracy, model.stable(), before=before or 0.8)
        model.push(make_candidate(number), version, judged)
        before = accuracy
    assert model.version("1.0.4").state.standing != "published"
    return model


def test_a_metric_goes_from_version_to_version_oldest_first(line: Model, told: Run) -> None:
    answer = told("history", "penguin", "--metric", "accuracy")
    assert (answer["metric"], answer["slice"], answer["more"]) == ("accuracy", "Overall", 0)
    points = answer["points"]
    assert [(one["version"], one["value"], one["before"]) for one in points] == [
        ("1.0.0", 0.6, None),
        ("1.0.1", 0.61, "1.0.0"),
        ("1.0.2", 0.8, "1.0.1"),
        ("1.0.3", 0.81, "1.0.2"),
        ("1.0.4", 0.3, "1.0.3"),
    ]
    assert points[0]["delta"] is None
    assert points[2]["delta"] == pytest.approx(0.19)
    assert points[4]["status"] == "refused"
    assert (points[3]["baseline"], points[3]["baseline_version"]) == (0.8, "1.0.2")


def test_a_slice_a_status_and_a_limit_pick_points(line: Model, told: Run) -> None:
    answer = told(
        "history", "penguin", "--metric", "accuracy", "--slice", "island:Biscoe", "--status", "published"
    )
    assert [one["version"] for one in answer["points"]] == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    answer = told("history", "penguin", "--metric", "accuracy", "--limit", 2)
    assert ([one["version"] for one in answer["points"]], answer["more"]) == (["1.0.3", "1.0.4"], 3)


def test_versions_without_a_value_are_shown_too(
    line: Model, told: Run, make_candidate: Callable[[int], Path]
) -> None:
    line.tag(make_candidate(9))
    last = told("history", "penguin", "--metric", "accuracy")["points"][-1]
    assert (last["value"], bool(last["remark"])) == (None, True)


def test_the_drawing_is_made_in_a_file(line: Model, run: Run, tmp_path: Path) -> None:
    beginnings = {"a.svg": b"<svg", "a.png": b"\x89PNG"}
    for name, beginning in beginnings.items():
        done = run("history", "penguin", "--metric", "accuracy", "-o", tmp_path / name)
        assert (done.exit_code, done.stderr) == (0, "")
        assert beginning in (tmp_path / name).read_bytes()[:200]


def test_what_there_is_not_is_one_line(line: Model, wrong: Run) -> None:
    assert "accuracy" in wrong(1, "history", "penguin", "--metric", "acuracy")
    wrong(1, "history", "penguin", "--metric", "accuracy", "--slice", "island:Nowhere")
    wrong(1, "blame", "penguin", "--metric", "acuracy")
    wrong(1, "blame", "penguin", "--metric", "accuracy", "--until", "9.9.9")
    wrong(1, "card", "penguin@9.9.9")
    for command in ("history", "blame"):
        assert "has no model 'walrus'" in wrong(1, command, "walrus")
    wrong(2, "blame", "penguin", "--by", "0")
    wrong(2, "card", "penguin@stable", "--json", "--format", "html")


def test_blame_names_the_version_of_the_step(line: Model, told: Run, run: Run) -> None:
    answer = told("blame", "penguin", "--metric", "accuracy")
    assert answer["now"]["version"] == "1.0.3"
    culprit = answer["culprit"]
    assert (culprit["found"]["version"], culprit["before"]["version"]) == ("1.0.2", "1.0.1")
    assert culprit["step"] == pytest.approx(0.19)
    assert [one["version"] for one in answer["line"]] == ["1.0.0", "1.0.1", "1.0.2", "1.0.3"]
    assert "1.0.2" in run("blame", "penguin", "--metric", "accuracy").stdout


def test_a_smaller_difference_that_counts_names_a_later_version(line: Model, told: Run) -> None:
    asked = told("blame", "penguin", "--metric", "accuracy", "--by", "0.005")
    assert asked["culprit"]["found"]["version"] == "1.0.3"
    asked = told("blame", "penguin", "--metric", "accuracy", "--by", "0.5")
    assert asked["culprit"] is None


def test_blame_looks_no_further_than_it_is_told(line: Model, told: Run) -> None:
    answer = told("blame", "penguin", "--metric", "accuracy", "--since", "1.0.2")
    assert [one["version"] for one in answer["line"]] == ["1.0.2", "1.0.3"]
    answer = told("blame", "penguin", "--metric", "accuracy", "--until", "1.0.1")
    assert answer["now"]["version"] == "1.0.1"
    answer = told("blame", "penguin", "--metric", "accuracy", "--all")
    assert (answer["now"]["version"], answer["culprit"]["found"]["version"]) == ("1.0.4", "1.0.4")


def test_what_was_rolled_back_is_not_on_the_line(line: Model, told: Run) -> None:
    told("rollback", "penguin", "--reason", "a test")
    answer = told("blame", "penguin", "--metric", "accuracy")
    assert "1.0.3" not in [one["version"] for one in answer["line"]]


def test_a_card_is_markdown_with_what_is_on_record(line: Model, run: Run) -> None:
    page = run("card", "penguin@stable")
    assert (page.exit_code, page.stderr) == (0, "")
    assert page.stdout.startswith("# ")
    for part in ("penguin", "1.0.3", "hallmark annotate"):
        assert part in page.stdout


def test_what_people_note_is_on_the_card(line: Model, told: Run, run: Run) -> None:
    assert "The ice team" not in run("card", "penguin@stable").stdout
    told("annotate", "penguin@stable", "--label", "owner=The ice team", "--label", "license=Apache-2.0")
    page = run("card", "penguin@stable").stdout
    assert "The ice team" in page
    assert "Apache-2.0" in page


def test_a_card_in_a_file_is_of_the_kind_that_its_name_says(line: Model, run: Run, tmp_path: Path) -> None:
    assert run("card", "penguin@stable", "-o", tmp_path / "card.html").exit_code == 0
    text = (tmp_path / "card.html").read_text()
    assert text.lower().startswith("<!doctype html>")
    assert "<script src" not in text
    assert run("card", "penguin@stable", "-o", tmp_path / "CARD.md").exit_code == 0
    text = (tmp_path / "CARD.md").read_text()
    for plot in (tmp_path / "CARD.files").iterdir():
        assert f"CARD.files/{plot.name}" in text


def test_a_card_as_a_document_is_one(line: Model, run: Run) -> None:
    assert json.loads(run("card", "penguin@stable", "--json").stdout)["version"] == "1.0.3"
