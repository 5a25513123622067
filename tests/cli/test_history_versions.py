"""`hallmark history`: which versions it tells of, and that its numbers are those of the evidence."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.cli.conftest import evaluation
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.cli.main import app
from tfx_hallmark.cli.sparkline import sparkline
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL

Run = Callable[..., Any]
Make = Callable[[int], Path]


@settings(max_examples=8)
@given(accuracies=st.lists(st.sampled_from([0.3, 0.55, 0.6, 0.75, 0.9, 0.95]), min_size=1, max_size=5))
def test_the_trend_is_what_the_evidence_says(accuracies: list[float]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        model = Registry.create(Path(folder, "serving")).model("penguin")
        stable: list[float] = []
        for number, accuracy in enumerate(accuracies):
            candidate = change_weights(copy_saved_model("linear", Path(folder, str(number))), number)
            before = stable[-1] if stable else None
            judged = evaluation(accuracy, model.stable(), before=before or 0.8)
            model.push(candidate, model.tag(candidate).version, judged)
            if accuracy >= 0.5 and (before is None or accuracy > before):
                stable.append(accuracy)
        told = json.loads(
            CliRunner()
            .invoke(app, ["history", "penguin", "--metric", "accuracy", "--json", "--root", str(model.root)])
            .stdout
        )
        held, best = None, None
        for version, accuracy, point in zip(model.versions(), accuracies, told["points"], strict=True):
            evidence = version.evidence
            assert evidence is not None
            (measured,) = [one for one in evidence.metrics if one.slice == OVERALL]
            good = accuracy >= 0.5 and (best is None or accuracy > best)
            assert (point["value"], point["status"]) == (measured.value, "published" if good else "refused")
            assert point["delta"] == (None if held is None else accuracy - held)
            assert point["baseline"] == best
            assert (point["labels"] == ["stable"]) == (good and accuracy == stable[-1])
            held, best = (accuracy, accuracy) if good else (held, best)


@given(values=st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=60))
def test_a_sparkline_has_a_block_for_each_value_and_the_greater_is_never_the_lower(
    values: list[float],
) -> None:
    blocks = sparkline(values)
    assert len(blocks) == len(values)
    heights = dict(zip(values, blocks, strict=True))
    assert [heights[value] for value in sorted(heights)] == sorted(heights.values())
    if len(heights) > 1 and max(values) / 2 > min(values) / 2:
        assert (heights[min(values)], heights[max(values)]) == ("▁", "█")


def test_of_many_values_neighbours_share_a_block() -> None:
    assert sparkline([0.0] * 500 + [1.0] * 500) == "▁" * 30 + "█" * 30


def test_the_table_has_a_line_for_each_version_and_a_sparkline_where_it_can_be_written(
    hallmark: Run, process: Run
) -> None:
    lines = hallmark("history", "penguin", "--metric", "accuracy").stdout.splitlines()
    assert lines[0] == "penguin accuracy overall"
    assert lines[1] == "▁▁▆█  0.8000 to 0.9500"
    assert " ".join(lines[3].split()) == (
        "VERSION RELEASE STATUS LABELS VALUE DELTA STABLE THEN CREATED (UTC) REMARKS"
    )
    assert [line.split()[0] for line in lines[4:11]] == [
        "1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "2.0.0"
    ]  # fmt: skip
    assert lines[6].split()[:8] == [
        "1.0.2",
        "2",
        "published",
        "stable",
        "0.9000",
        "+0.1000",
        "0.8000",
        "(1.0.0)",
    ]
    assert lines[11:] == ["other metrics: auc", "other slices: island:Biscoe"]
    arguments = ("-m", "tfx_hallmark.cli.main", "history", "penguin", "--metric", "accuracy")
    done = process(*arguments, environment={"PYTHONIOENCODING": "ascii"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1] == ""


def test_each_version_without_a_value_says_why(answer: Run) -> None:
    points = answer("history", "penguin", "--metric", "accuracy")["points"]
    told = {one["version"]: one["remark"] for one in points if one["value"] is None}
    assert told == {
        "1.0.4": "the gate was passed over: no evidence",
        "1.0.5": "never evaluated",
        "2.0.0": "never evaluated",
    }
    assert all(one["delta"] is one["before"] is one["baseline"] is None for one in points[4:])


def test_what_was_adopted_has_no_value_and_what_comes_after_it_has(
    tmp_path: Path, hallmark: Run, make_candidate: Make
) -> None:
    base = tmp_path / "old" / "penguin"
    copy_saved_model("linear", base / "1")
    assert hallmark("adopt", str(base), HALLMARK_ROOT="").exit_code == 0
    model = Registry.open(base.parent).model("penguin")
    version = model.tag(make_candidate(2)).version
    model.push(make_candidate(2), version, evaluation(0.9, model.stable(), before=0.7))
    told = json.loads(hallmark("history", "penguin", "--json", HALLMARK_ROOT=str(base.parent)).stdout)
    adopted, pushed = told["points"]
    assert (adopted["status"], adopted["value"], adopted["remark"]) == (
        "adopted",
        None,
        "adopted as it stood, never evaluated",
    )
    # What was stable before was measured beside it, even if it has no evaluation of its own.
    assert (pushed["value"], pushed["delta"], pushed["baseline"]) == (0.9, None, 0.7)
    assert pushed["baseline_version"] == adopted["version"]
    gone = hallmark("history", "penguin", "--status", "adopted", HALLMARK_ROOT=str(base.parent))
    assert (gone.exit_code, gone.stdout, gone.stderr.count("\n")) == (1, "", 1)
    assert "no version of penguin that was looked at has a metric" in gone.stderr


def test_a_metric_that_there_is_not_is_one_line_with_those_that_there_are(hallmark: Run) -> None:
    for arguments, line in {
        (
            "--metric",
            "acuracy",
        ): "penguin has no metric 'acuracy': did you mean 'accuracy'? there is accuracy, auc",
        ("--metric", "loss"): "penguin has no metric 'loss': there is accuracy, auc",
        (
            "--metric",
            "auc",
            "--slice",
            "island:Dream",
        ): "auc of penguin has no slice 'island:Dream': there is Overall",
        (
            "--slice",
            "Biscoe",
        ): "accuracy of penguin has no slice 'Biscoe': did you mean 'island:Biscoe'? there is "
        "Overall, island:Biscoe",
    }.items():
        result = hallmark("history", "penguin", *arguments)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr == f"hallmark: {line}\n"


def test_a_model_without_any_number_is_one_line(model: Model, wrong: Run, make_candidate: Make) -> None:
    for command in ("history", "blame"):
        assert "has no model 'penguin'" in wrong(1, command, "penguin")
    model.tag(make_candidate(1))
    assert "no version of penguin that was looked at has a metric" in wrong(1, "history", "penguin")
    assert "no version of penguin that was looked at has a metric" in wrong(1, "blame", "penguin", "--all")


def test_a_lost_record_costs_its_versions_number_and_no_other(
    model: Model, told: Run, make_candidate: Make
) -> None:
    # A number of its own, for what was read once in this process is known.
    for number, accuracy in ((1, 0.8123), (2, 0.9)):
        version = model.tag(make_candidate(number)).version
        model.push(make_candidate(number), version, evaluation(accuracy, model.stable()))
    verdict = model.state.versions["1.0.0"].verdict
    assert verdict is not None
    (model.root / ".hallmark/penguin/objects" / verdict.removeprefix("b3:")).unlink()
    first, second = told("history", "penguin", "--metric", "accuracy")["points"]
    assert (first["value"], second["value"]) == (None, 0.9)
    assert verdict.removeprefix("b3:") in first["remark"]


@pytest.mark.parametrize("where", ["overall", "OVERALL", "Overall"])
def test_everything_can_be_asked_for_by_its_name(answer: Run, where: str) -> None:
    assert answer("history", "penguin", "--slice", where)["slice"] == "Overall"


def test_older_versions_that_are_left_out_are_counted(hallmark: Run) -> None:
    page = hallmark("history", "penguin", "--limit", "4")
    assert "3 older versions not shown: use --limit N or --all" in page.stdout
    assert "1.0.2" not in page.stdout.splitlines()[4]
    assert "not shown" not in hallmark("history", "penguin", "--limit", "4", "--all").stdout
