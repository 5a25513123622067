"""`hallmark blame`: the step that it names is the last one that counts, and what changed in it is told."""

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.cli.conftest import PROVENANCE, change, evaluation
from tfx_hallmark.answers.blame import half_the_range, moved
from tfx_hallmark.registry.manifest import DataSource
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue

Run = Callable[..., Any]
Make = Callable[[int], Path]
VALUES = st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=12)


@given(values=VALUES, least=st.floats(1e-6, 1e9))
def test_every_value_from_the_culprit_on_is_near_the_last_and_the_one_before_is_not(
    values: list[float], least: float
) -> None:
    at = moved(values, least)
    far = [abs(value - values[-1]) >= least for value in values]
    near_the_edge = any(math.isclose(abs(value - values[-1]), least, rel_tol=1e-6) for value in values)
    assume(not near_the_edge)
    if at is None:
        assert not any(far)
    else:
        assert 0 < at < len(values)
        assert far[at - 1]
        assert not any(far[at:])


@given(values=VALUES)
def test_by_default_some_version_is_named_unless_the_metric_never_moved(values: list[float]) -> None:
    at = moved(values, half_the_range(values))
    assert (at is None) == (len(set(values)) == 1)


def test_a_difference_that_is_the_amount_but_for_rounding_counts() -> None:
    assert moved([0.7, 0.8], 0.1) == 1
    assert moved([0.8, 0.9], 0.1) == 1
    assert moved([0.8, 0.8999], 0.1) is None


def line_of(model: Model, make: Make, values: Sequence[float], **known: Any) -> Model:
    """Publishes a version for each value of accuracy, each better than the one before by `loss` if by nothing else."""
    for number, value in enumerate(values, 1):
        provenance = msgspec.structs.replace(
            PROVENANCE,
            environment=None,
            data=DataSource(
                uri="/data", digest=f"b3:{known.get('data', lambda _: 1)(number):064x}", span=str(number)
            ),
            hyperparameters={"units": known.get("units", lambda n: n)(number)},
        )
        version = model.tag(make(number), provenance=lambda _, known=provenance: known).version
        model.push(make(number), version, judged(value, 10.0 - number, model))
    assert model.state.labels["stable"] == len(values)
    return model


def judged(accuracy: float, loss: float, model: Model) -> Evaluation:
    stable = model.stable()
    before = None if stable is None else loss + 1
    lower = msgspec.structs.replace(
        change("loss", OVERALL, loss, before), direction="lower_is_better", absolute=0.0
    )
    evidence = Evidence(
        validation_ok=True,
        comparisons=(
            Comparison(metric="loss", slice=OVERALL, rule="value", upper=100.0, candidate=loss),
            lower,
        ),
        metrics=(
            MetricValue(metric="accuracy", slice=OVERALL, value=accuracy),
            MetricValue(metric="loss", slice=OVERALL, value=loss),
        ),
    )
    return Evaluation(blessed=1, baseline=stable, compared=stable is not None, evidence=evidence)


def test_the_first_version_of_the_fall_is_to_blame_not_a_later_one(
    model: Model, make_candidate: Make, told: Run, run: Run
) -> None:
    line_of(model, make_candidate, (0.9, 0.91, 0.5, 0.51, 0.5))
    answer = told("blame", "penguin", "--metric", "accuracy")
    culprit = answer["culprit"]
    assert [one["value"] for one in answer["line"]] == [0.9, 0.91, 0.5, 0.51, 0.5]
    assert (culprit["before"], culprit["found"]) == (answer["line"][1], answer["line"][2])
    assert culprit["step"] == pytest.approx(-0.41)
    assert answer["by"] == pytest.approx(0.205)
    first = run("blame", "penguin", "--metric", "accuracy").stdout.splitlines()
    assert first[0] == f"penguin accuracy overall is 0.5000 in {answer['now']['version']}, published, stable"
    assert "0.9100 in" in first[1]
    assert "(-0.4100)" in first[1]


def test_it_tells_what_changed_in_that_version_and_nothing_of_later_ones(
    model: Model, make_candidate: Make, told: Run, run: Run
) -> None:
    line_of(
        model,
        make_candidate,
        (0.7, 0.9, 0.9),
        units=lambda number: (8, 32, 32)[number - 1],
        data=lambda number: (1, 1, 2)[number - 1],
    )
    answer = told("blame", "penguin", "--metric", "accuracy")
    changes = answer["culprit"]["changes"]
    assert changes["settings"] == ["units changed from 8 to 32"]
    assert changes["data"] == "same data, read as span 1 -> 2"
    page = run("blame", "penguin", "--metric", "accuracy").stdout
    assert "units changed from 8 to 32" in page
    assert "span 2 -> 3" not in page
    titles = {section["title"] for section in answer["culprit"]["sections"]}
    assert not titles & {"Identity", "Metrics", "Verdict", "Run", "Cost"}


def test_a_metric_that_is_better_the_lower_is_blamed_all_the_same(
    model: Model, make_candidate: Make, told: Run
) -> None:
    line_of(model, make_candidate, (0.9, 0.9, 0.9))
    answer = told("blame", "penguin", "--metric", "loss")
    assert (answer["now"]["value"], answer["culprit"]["step"]) == (7.0, -1.0)


def test_a_metric_that_never_moved_blames_nobody(
    model: Model, make_candidate: Make, told: Run, run: Run
) -> None:
    line_of(model, make_candidate, (0.9, 0.9, 0.9))
    assert told("blame", "penguin", "--metric", "accuracy")["culprit"] is None
    page = run("blame", "penguin", "--metric", "accuracy")
    assert page.exit_code == 0
    assert page.stdout.splitlines()[1] == "along 3 versions it went from 0.9000 to 0.9000: it never moved"
    page = run("blame", "penguin", "--metric", "loss", "--by", "7")
    assert page.stdout.splitlines()[1] == (
        "along 3 versions it went from 7.0000 to 9.0000, never 7.0000 or more away: give a smaller --by"
    )


def test_one_version_has_nothing_before_it(model: Model, make_candidate: Make, run: Run) -> None:
    line_of(model, make_candidate, (0.9,))
    page = run("blame", "penguin", "--metric", "accuracy").stdout
    assert "no version before it on this line was measured" in page


def test_several_small_steps_are_said_to_be_several(model: Model, make_candidate: Make, run: Run) -> None:
    line_of(model, make_candidate, (0.5, 0.6, 0.7, 0.8, 0.9))
    page = run("blame", "penguin", "--metric", "accuracy", "--by", "0.35").stdout
    assert "it moved in several steps" in page
    assert (
        "it moved in several steps"
        not in run("blame", "penguin", "--metric", "accuracy", "--by", "0.05").stdout
    )


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (0.8, "has 0.8000 too: the data are not what moved it"),
        (0.85, "has 0.8500: +0.0500 comes with the data, +0.0500 with the model"),
    ],
)
def test_a_step_is_parted_into_data_and_model_where_the_version_before_was_measured_on_the_same(
    model: Model, make_candidate: Make, run: Run, told: Run, before: float, said: str
) -> None:
    for number, judged_as in enumerate((evaluation(0.8, None), None), 1):
        version = model.tag(make_candidate(number)).version
        model.push(
            make_candidate(number), version, judged_as or evaluation(0.9, model.stable(), before=before)
        )
    culprit = told("blame", "penguin", "--metric", "accuracy")["culprit"]
    assert culprit["same_data"] == before
    assert culprit["by_data"] == pytest.approx(before - 0.8)
    assert (
        f"on the evaluation data of 1.0.1, 1.0.0 {said}"
        in run("blame", "penguin", "--metric", "accuracy").stdout
    )


def test_versions_without_the_metric_are_passed_over_and_named(
    model: Model, make_candidate: Make, publish: Run, run: Run, told: Run
) -> None:
    model.push(make_candidate(1), model.tag(make_candidate(1)).version, evaluation(0.8, None))
    publish(2)
    version = model.tag(make_candidate(3)).version
    model.push(make_candidate(3), version, evaluation(0.9, model.stable(), before=0.7))
    publish(4)
    answer = told("blame", "penguin", "--metric", "accuracy")
    assert [one["version"] for one in answer["passed_over"]] == ["1.0.1", "1.0.3"]
    assert (answer["last"], answer["now"]["version"]) == ("1.0.3", "1.0.2")
    assert answer["culprit"]["same_data"] is None  # measured against 1.0.1, not 1.0.0
    page = run("blame", "penguin", "--metric", "accuracy").stdout
    assert "it is not known of 1.0.3, the last version of the line" in page
    assert "passed over 1.0.1: the gate was passed over: no evidence" in page


def test_a_lost_manifest_costs_the_changes_and_not_the_name(
    model: Model, make_candidate: Make, run: Run, told: Run
) -> None:
    line_of(model, make_candidate, (0.7, 0.9))
    manifest = model.state.versions["1.0.0"].manifest.removeprefix("b3:")
    (model.root / ".hallmark/penguin/objects" / manifest).unlink()
    culprit = told("blame", "penguin", "--metric", "accuracy")["culprit"]
    assert culprit["before"]["version"] == "1.0.0"
    assert culprit["changes"] is None
    assert manifest in culprit["unreadable"]
    page = run("blame", "penguin", "--metric", "accuracy")
    assert (page.exit_code, page.stderr) == (0, "")
    assert "note: " in page.stdout


def test_what_is_not_on_the_line_is_one_line(
    model: Model, make_candidate: Make, publish: Run, wrong: Run
) -> None:
    line_of(model, make_candidate, (0.7, 0.9))
    refused = model.tag(make_candidate(7)).version
    for option in ("--since", "--until"):
        assert "--all" in wrong(1, "blame", "penguin", "--metric", "accuracy", option, refused)
    for everything in ((), ("--all",)):
        assert "penguin@1.1.0 comes after penguin@1.0.0: give the older one as --since" in wrong(
            1, "blame", "penguin", "--metric", "accuracy", "--since", "2", "--until", "1", *everything
        )
    assert "there is no such version" in wrong(1, "blame", "penguin", "--since", "9.9.9")
    assert wrong(2, "blame", "penguin", "--since", "")
    for by in ("0", "-1", "much", "nan", "inf"):
        assert wrong(2, "blame", "penguin", "--by", by)
