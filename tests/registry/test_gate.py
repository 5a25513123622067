import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.gate import check, decide
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, Verdict, VersionAt

STABLE = VersionAt("1.0.0", 7, "b3:" + "1" * 64)
OTHER = VersionAt("1.0.1", 8, "b3:" + "2" * 64)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e9, max_value=1e9)
BOUNDS = st.one_of(NUMBERS, st.floats(-0.1, 0.1))
DIRECTIONS = st.sampled_from(["higher_is_better", "lower_is_better"])
NO_VALUE = st.sampled_from([None, math.nan])


@st.composite
def changes(draw: Any, **fixed: Any) -> Comparison:
    absolute, relative = draw(st.sampled_from([(BOUNDS, None), (None, BOUNDS), (BOUNDS, BOUNDS)]))
    fields = {
        "metric": draw(st.sampled_from(["accuracy", "loss"])),
        "slice": draw(st.sampled_from([OVERALL, "island:Biscoe"])),
        "rule": "change",
        "absolute": None if absolute is None else draw(absolute),
        "relative": None if relative is None else draw(relative),
        "direction": draw(DIRECTIONS),
        "candidate": draw(NUMBERS),
        "baseline": draw(NUMBERS),
    }
    return Comparison(**{**fields, **fixed})


@st.composite
def values(draw: Any, **fixed: Any) -> Comparison:
    lower, upper = draw(st.sampled_from([(True, False), (False, True), (True, True)]))
    fields = {
        "metric": "accuracy",
        "slice": OVERALL,
        "rule": "value",
        "lower": draw(NUMBERS) if lower else None,
        "upper": draw(NUMBERS) if upper else None,
        "candidate": draw(NUMBERS),
    }
    return Comparison(**{**fields, **fixed})


def judge(
    *comparisons: Comparison,
    stable: VersionAt | None = STABLE,
    baseline: VersionAt | None = STABLE,
    compared: bool | None = None,
    blessed: int | None = 1,
    infra_blessed: int | None = None,
    quarantined: str | None = None,
    **evidence: Any,
) -> Verdict:
    evaluation = Evaluation(
        blessed=blessed,
        infra_blessed=infra_blessed,
        baseline=baseline,
        compared=baseline is not None if compared is None else compared,
        evidence=Evidence(**{"validation_ok": True, "comparisons": comparisons, **evidence}),
    )
    return decide(
        model="m",
        version="2.0.0",
        digest="b3:",
        stable=stable,
        quarantined=quarantined,
        evaluation=evaluation,
        evidence="b3:e",
    )


def codes(verdict: Verdict) -> list[str]:
    return [reason.code for reason in verdict.reasons]


def change(candidate: float | None, baseline: float | None, **fields: Any) -> Comparison:
    return Comparison(
        **{
            "metric": "accuracy", "slice": OVERALL, "rule": "change", "absolute": 0.0,
            "direction": "higher_is_better", "candidate": candidate, "baseline": baseline, **fields,
        }
    )  # fmt: skip


BETTER = change(0.9, 0.8)
GOOD = Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=0.9)


@given(st.lists(st.one_of(changes(), values()), max_size=5), NUMBERS)
def test_i5_a_candidate_equal_to_the_baseline_never_passes(
    comparisons: list[Comparison], number: float
) -> None:
    equal = [
        msgspec.structs.replace(c, candidate=number, baseline=number) if c.rule == "change" else c
        for c in comparisons
    ]
    assert not judge(*equal).passed


def passing(comparisons: st.SearchStrategy[Comparison]) -> st.SearchStrategy[Comparison]:
    near = st.floats(-2, 2)
    return st.builds(
        lambda comparison, candidate, baseline: msgspec.structs.replace(
            comparison, candidate=candidate, baseline=baseline if comparison.rule == "change" else None
        ),
        comparisons,
        near,
        st.floats(0.1, 2),
    ).filter(lambda comparison: check(comparison).passed)


TOLERANT = passing(changes(absolute=-0.25, relative=None) | changes(absolute=None, relative=-0.1))
STRICT = passing(changes(absolute=0.0, relative=None) | changes(absolute=0.0, relative=0.1))
BOUNDED = passing(
    values(lower=-1.0, upper=None) | values(lower=None, upper=1.0) | values(lower=-1.0, upper=1.0)
)


@given(st.lists(TOLERANT | BOUNDED, max_size=4), STRICT, st.data())
def test_i5_improving_a_candidate_never_turns_a_pass_into_a_refusal(
    others: list[Comparison], better: Comparison, data: st.DataObject
) -> None:
    def improve(comparison: Comparison) -> Comparison:
        if comparison.lower is not None and comparison.upper is not None:
            return comparison  # nothing is better than being inside
        gain = data.draw(st.floats(0, 1e6))
        down = comparison.upper is not None or comparison.direction == "lower_is_better"
        return msgspec.structs.replace(comparison, candidate=comparison.candidate + (-gain if down else gain))

    comparisons = [*others, better]
    assert judge(*comparisons).passed
    assert judge(*map(improve, comparisons)).passed


@given(st.lists(changes(), max_size=3), st.one_of(changes(), values()), NO_VALUE, st.booleans())
def test_i5_a_value_that_is_missing_or_nan_never_passes(
    others: list[Comparison], spoilt: Comparison, nothing: float | None, of_the_baseline: bool
) -> None:
    field = "baseline" if of_the_baseline and spoilt.rule == "change" else "candidate"
    verdict = judge(*others, msgspec.structs.replace(spoilt, **{field: nothing}))
    assert not verdict.passed
    assert not verdict.checks[-1].passed
    assert verdict.checks[-1].margin is None
    assert verdict.checks[-1].note


@given(st.floats(1e-6, 1e6), st.floats(1e-3, 1e3), DIRECTIONS)
def test_i5_a_tolerance_lets_a_loss_pass_only_beside_an_improvement(
    loss: float, gain: float, direction: Any
) -> None:
    sign = 1 if direction == "higher_is_better" else -1
    tolerated = change(-sign * loss, 0.0, absolute=-2 * loss, direction=direction, metric="other")
    assert check(tolerated).passed
    assert codes(judge(tolerated)) == ["not_better"]
    assert judge(tolerated, change(sign * gain, 0.0, direction=direction)).passed
    assert not judge(msgspec.structs.replace(tolerated, absolute=-loss)).passed


@given(changes(), NUMBERS, NUMBERS)
def test_lower_is_better_is_higher_is_better_upside_down(
    comparison: Comparison, candidate: float, baseline: float
) -> None:
    up = msgspec.structs.replace(
        comparison,
        direction="higher_is_better",
        relative=None,
        absolute=0.01,
        candidate=candidate,
        baseline=baseline,
    )
    down = msgspec.structs.replace(up, direction="lower_is_better", candidate=-candidate, baseline=-baseline)
    assert (check(up).passed, check(up).margin) == (check(down).passed, check(down).margin)


@given(changes(), st.floats(max_value=0, min_value=-1e9), NUMBERS)
def test_a_relative_change_from_zero_or_below_is_no_improvement(
    comparison: Comparison, baseline: float, candidate: float
) -> None:
    line = check(msgspec.structs.replace(comparison, relative=0.01, baseline=baseline, candidate=candidate))
    assert not line.passed
    assert "use an absolute one" in line.note


@pytest.mark.parametrize(
    ("candidate", "baseline", "direction", "passed"),
    [
        (0.5 * 1.11, 0.5, "higher_is_better", True),
        (0.5 * 1.09, 0.5, "higher_is_better", False),
        (0.5 * 0.89, 0.5, "lower_is_better", True),
        (0.5 * 0.91, 0.5, "lower_is_better", False),
    ],
)
def test_a_relative_change_is_a_fraction_of_the_baseline(
    candidate: float, baseline: float, direction: Any, passed: bool
) -> None:
    assert (
        check(change(candidate, baseline, absolute=None, relative=0.1, direction=direction)).passed == passed
    )


def test_a_change_threshold_excludes_its_bound_and_a_value_threshold_includes_it() -> None:
    assert not check(change(0.75, 0.5, absolute=0.25)).passed
    assert check(change(0.75, 0.5, absolute=0.125)).passed
    assert check(
        Comparison(metric="a", slice=OVERALL, rule="value", lower=0.5, upper=0.5, candidate=0.5)
    ).passed
    assert not check(Comparison(metric="a", slice=OVERALL, rule="value", candidate=0.5)).passed
    assert not check(change(0.9, 0.8, direction=None)).passed


def test_i5_better_by_every_threshold_passes_and_says_what_it_beat() -> None:
    verdict = judge(GOOD, BETTER)
    assert verdict.passed
    assert not verdict.bootstrap
    assert verdict.baseline == STABLE
    assert codes(verdict) == ["better"]
    assert "m 2.0.0 was published: it beats release 7 (1.0.0)" in verdict.sentence


@pytest.mark.parametrize(
    ("against", "code"),
    [
        ({"blessed": 0}, "not_blessed"),
        ({"blessed": None}, "not_validated"),
        ({"validation_ok": False, "failures": ("too few examples",)}, "not_blessed"),
        ({"infra_blessed": 0}, "infra_not_blessed"),
        ({"missing_slices": ("island:Dream",)}, "missing_slice"),
        ({"quarantined": "it leaks"}, "quarantined"),
        ({"baseline": None}, "no_baseline"),
        ({"compared": False}, "no_baseline"),
        ({"baseline": OTHER}, "baseline_moved"),
        ({"stable": OTHER}, "baseline_moved"),
        ({"stable": None}, "baseline_moved"),
    ],
)
def test_i3_i4_i5_i9_one_objection_is_enough(against: dict[str, Any], code: str) -> None:
    assert judge(GOOD, BETTER).passed
    verdict = judge(GOOD, BETTER, **against)
    assert not verdict.passed
    assert code in codes(verdict)
    assert "\n" not in verdict.sentence


def test_i3_the_refusal_names_both_releases() -> None:
    assert "baseline moved from release 7 to release 8" in judge(BETTER, stable=OTHER).sentence


def test_i3_another_release_of_the_same_version_is_the_same_baseline() -> None:
    assert judge(BETTER, stable=msgspec.structs.replace(STABLE, release=9)).passed
    assert not judge(BETTER, stable=msgspec.structs.replace(STABLE, digest="b3:other")).passed


def test_i4_an_evaluation_without_baseline_is_no_test_against_what_is_stable() -> None:
    verdict = judge(GOOD, baseline=None)
    assert codes(verdict) == ["no_baseline"]


def test_i5_a_baseline_that_nothing_is_compared_with_is_not_beaten() -> None:
    assert codes(judge(GOOD)) == ["nothing_compared"]


def test_i5_the_first_version_is_held_to_the_value_thresholds_alone() -> None:
    first = judge(GOOD, change(0.9, None), stable=None, baseline=None)
    assert first.passed
    assert first.bootstrap
    assert codes(first) == ["first_version"]
    assert [line.rule for line in first.checks] == ["value"]
    poor = msgspec.structs.replace(GOOD, candidate=0.4)
    assert codes(judge(poor, stable=None, baseline=None)) == ["threshold_missed"]


def test_i5_a_first_version_that_nothing_was_checked_on_is_refused() -> None:
    assert not judge(stable=None, baseline=None, validation_ok=None).passed
    assert not judge(change(0.9, None), stable=None, baseline=None).passed


@given(st.lists(st.one_of(changes(), values()), max_size=4))
def test_i6_a_verdict_has_a_line_for_every_threshold_and_a_reason_for_every_miss(
    comparisons: list[Comparison],
) -> None:
    verdict = judge(*comparisons)
    assert [(c.metric, c.slice, c.rule, c.candidate, c.baseline) for c in verdict.checks] == [
        (c.metric, c.slice, c.rule, c.candidate, c.baseline if c.rule == "change" else None)
        for c in comparisons
    ]
    missed = [line for line in verdict.checks if not line.passed]
    assert len(verdict.reasons) >= max(1, len(missed))
    assert all(
        (line.threshold and line.margin is not None and line.margin <= 0) or line.note for line in missed
    )
    assert verdict.passed == (not missed and codes(verdict) == ["better"])
