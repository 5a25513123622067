import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.gate import decide
from tfx_hallmark.registry.threshold_check import check
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


# Noise: an improvement must be sure where a confidence is asked for.

CONFIDENT = {"confidence": 0.95}


def uncertain(candidate: float, baseline: float, spread: float, **fields: Any) -> Comparison:
    """Gives a change whose interval reaches `spread` to both sides of what was measured."""
    gain = candidate - baseline
    if fields.get("direction") == "lower_is_better":
        gain = -gain
    interval = (gain - spread, gain + spread)
    return change(candidate, baseline, **{**CONFIDENT, "interval": interval, **fields})


@st.composite
def uncertain_changes(draw: Any, **fixed: Any) -> Comparison:
    near = st.floats(-2, 2)
    candidate, baseline, spread = draw(near), draw(near), draw(st.floats(0, 3))
    fields = {
        "metric": draw(st.sampled_from(["accuracy", "loss"])),
        "slice": draw(st.sampled_from([OVERALL, "island:Biscoe"])),
        "direction": draw(DIRECTIONS),
        "absolute": draw(st.sampled_from([0.0, 0.1, 1.0, -1e-10, -0.25])),
    }
    return uncertain(candidate, baseline, spread, **{**fields, **fixed})


ASKING_FOR_A_GAIN = uncertain_changes(absolute=0.0) | uncertain_changes(absolute=0.1)


def widened(comparison: Comparison, below: float, above: float) -> Comparison:
    assert comparison.interval is not None
    least, greatest = comparison.interval
    return msgspec.structs.replace(comparison, interval=(least - below, greatest + above))


@given(st.lists(ASKING_FOR_A_GAIN, min_size=1, max_size=4), st.data())
def test_i5_a_wider_interval_never_turns_a_refusal_into_an_acceptance(
    comparisons: list[Comparison], data: st.DataObject
) -> None:
    wide = st.floats(0, 3)
    wider = [widened(one, data.draw(wide), data.draw(wide)) for one in comparisons]
    assert judge(*comparisons).passed or not judge(*wider).passed


@given(uncertain_changes(absolute=-0.25), st.floats(0, 3), st.floats(0, 3))
def test_a_wider_interval_never_turns_a_tolerated_loss_into_an_intolerable_one(
    tolerated: Comparison, below: float, above: float
) -> None:
    if check(tolerated).passed:
        assert check(widened(tolerated, below, above)).passed


@given(uncertain_changes())
def test_an_interval_that_is_a_point_says_what_the_value_says(comparison: Comparison) -> None:
    gain = check(comparison).improvement
    assert gain is not None
    point = msgspec.structs.replace(comparison, interval=(gain, gain))
    value_alone = msgspec.structs.replace(comparison, confidence=None, interval=None)
    assert check(point).passed == check(value_alone).passed
    assert judge(point).passed == judge(value_alone).passed


@given(values(), st.floats(-1, 1), st.floats(0, 1))
def test_an_interval_changes_nothing_for_a_bound_on_a_value(
    comparison: Comparison, least: float, width: float
) -> None:
    noisy = msgspec.structs.replace(comparison, confidence=0.95, interval=(least, least + width))
    assert check(noisy) == check(comparison)


@given(uncertain_changes(), st.floats(0, 1))
def test_i5_what_a_confidence_lets_through_has_a_gain_that_is_sure(
    comparison: Comparison, spread: float
) -> None:
    verdict = judge(comparison)
    assert comparison.interval is not None
    if verdict.passed:
        assert comparison.interval[0] > 0


def test_an_improvement_within_the_noise_is_refused_in_the_words_of_the_documentation() -> None:
    noisy = uncertain(0.8175, 0.7975, 0.0521, metric="binary_accuracy", examples=400)
    verdict = judge(noisy)
    assert [(reason.code, reason.text) for reason in verdict.reasons] == [
        (
            "within_noise",
            "not better: binary_accuracy overall went from 0.7975 to 0.8175 (+0.0200, 95% interval -0.0321 to"
            " +0.0721, on 400 examples), required: better by more than 0 at 95% confidence",
        )
    ]
    [line] = verdict.checks
    assert (line.confidence, line.interval, line.examples) == (0.95, noisy.interval, 400)
    assert line.margin == pytest.approx(-0.0321)


def test_the_whole_interval_above_the_bound_is_an_improvement_and_the_reason_tells_it() -> None:
    verdict = judge(uncertain(0.8227, 0.79, 0.0131, examples=6000))
    assert codes(verdict) == ["better"]
    assert "95% interval +0.0196 to +0.0458, on 6000 examples" in verdict.summary


def test_the_bound_must_lie_below_the_interval_not_only_below_the_value() -> None:
    asked = uncertain(0.9, 0.8, 0.05, absolute=0.04)
    assert judge(asked).passed
    assert codes(judge(msgspec.structs.replace(asked, absolute=0.06))) == ["within_noise"]
    assert codes(judge(msgspec.structs.replace(asked, absolute=0.2))) == ["not_better"]


@pytest.mark.parametrize("direction", ["higher_is_better", "lower_is_better"])
def test_an_interval_counts_improvement_upwards_whichever_way_is_better(direction: Any) -> None:
    candidate, baseline = (0.9, 0.8) if direction == "higher_is_better" else (0.8, 0.9)
    assert judge(uncertain(candidate, baseline, 0.09, direction=direction)).passed
    assert not judge(uncertain(candidate, baseline, 0.11, direction=direction)).passed
    assert not judge(uncertain(baseline, candidate, 0.01, direction=direction)).passed


def test_the_ends_of_an_interval_are_divided_by_the_baseline_for_a_relative_change() -> None:
    relative = uncertain(0.6, 0.5, 0.04, absolute=None, relative=0.1)  # from 12% to 28%
    assert judge(relative).passed
    assert codes(judge(msgspec.structs.replace(relative, relative=0.13))) == ["within_noise"]


def test_other_confidences_are_told_as_they_are() -> None:
    assert "at 99.5% confidence" in judge(uncertain(0.9, 0.8, 0.2, confidence=0.995)).summary


def test_without_an_interval_an_improvement_counts_as_none() -> None:
    verdict = judge(change(0.9, 0.8, **CONFIDENT))
    assert codes(verdict) == ["not_better"]
    assert verdict.checks[0].margin is None
    assert "no interval: there are too few examples to tell the noise" in verdict.summary


def test_tolerances_that_are_kept_are_no_improvement_where_none_is_sure() -> None:
    noisy = uncertain(0.82, 0.8, 0.05, absolute=-1e-10)
    verdict = judge(noisy)
    assert verdict.checks[0].passed
    assert codes(verdict) == ["within_noise"]
    assert "no metric improved beyond the noise" in verdict.summary
    assert codes(judge(uncertain(0.8, 0.8, 0.05, absolute=-1e-10))) == ["not_better"]


def test_a_first_version_is_held_to_its_values_whatever_the_intervals() -> None:
    noisy = change(0.9, None, **CONFIDENT)
    assert codes(judge(GOOD, noisy, stable=None, baseline=None)) == ["first_version"]


# Slices.

SOUTH = {"slice": "region:south", "absolute": -0.05}


def test_a_worse_slice_is_refused_in_the_words_of_the_documentation() -> None:
    worse = change(0.7, 0.8, **SOUTH, metric="binary_accuracy", examples=100)
    verdict = judge(BETTER, worse)
    assert [(reason.code, reason.text) for reason in verdict.reasons] == [
        (
            "slice_worse",
            "slice region:south is worse: binary_accuracy went from 0.8000 to 0.7000 (-0.1000, on 100"
            " examples), required: worse by less than 0.05",
        )
    ]


@pytest.mark.parametrize(
    ("candidate", "spread", "passed"),
    [(0.7, 0.04, False), (0.7, 0.06, True), (0.77, 0.0, True), (0.7, 0.0, False), (0.9, 0.5, True)],
)
def test_with_a_confidence_a_slice_objects_only_if_it_is_shown_to_be_worse(
    candidate: float, spread: float, passed: bool
) -> None:
    sure = uncertain(0.9, 0.8, 0.01)
    verdict = judge(sure, uncertain(candidate, 0.8, spread, **SOUTH))
    assert verdict.passed == passed
    assert codes(verdict) == (["better"] if passed else ["slice_worse"])


@pytest.mark.parametrize(("candidate", "passed"), [(0.7, False), (0.77, True)])
def test_without_an_interval_a_loss_on_a_slice_is_judged_by_its_value(candidate: float, passed: bool) -> None:
    verdict = judge(uncertain(0.9, 0.8, 0.01), change(candidate, 0.8, **SOUTH, **CONFIDENT))
    assert verdict.passed == passed
    assert verdict.checks[1].note == "no interval: judged by the value alone"


def test_a_slice_that_is_not_better_and_not_worse_is_called_neither() -> None:
    asked = change(0.85, 0.8, slice="region:south", absolute=0.1)
    assert codes(judge(BETTER, asked)) == ["not_better"]


def test_a_bound_on_the_value_of_a_slice_protects_it_whatever_the_noise() -> None:
    floor = Comparison(metric="accuracy", slice="region:south", rule="value", lower=0.75, candidate=0.7)
    assert codes(judge(uncertain(0.9, 0.8, 0.01), floor)) == ["threshold_missed"]


# Slices with few examples.

FEW = {"examples": 60, "min_examples": 250}


@pytest.mark.parametrize(
    "few",
    [
        change(0.0, 0.85, **SOUTH, **FEW),
        uncertain(0.0, 0.85, 0.01, **SOUTH, **FEW),
        change(None, None, **SOUTH, **FEW),
        Comparison(metric="accuracy", slice="region:south", rule="value", lower=0.5, candidate=0.0, **FEW),
    ],
)
def test_a_slice_with_few_examples_is_told_and_is_no_objection(few: Comparison) -> None:
    verdict = judge(BETTER, few)
    assert codes(verdict) == ["better"]
    line = verdict.checks[1]
    assert (line.judged, line.passed, line.note) == (
        False,
        True,
        "not judged: 60 examples, fewer than 250",
    )
    assert line.candidate == few.candidate
    enough = msgspec.structs.replace(few, examples=250)
    assert not judge(BETTER, enough).passed


def test_a_slice_with_few_examples_is_no_improvement_either() -> None:
    tolerated = change(0.8, 0.8, absolute=-0.01)
    few = change(0.9, 0.5, slice="region:south", **FEW)
    assert codes(judge(tolerated, few)) == ["not_better"]
    assert judge(tolerated, msgspec.structs.replace(few, examples=250)).passed


def test_the_overall_slice_is_always_judged() -> None:
    verdict = judge(change(0.7, 0.8, **FEW))
    assert (verdict.passed, verdict.checks[0].judged) == (False, True)


def test_a_slice_without_any_example_is_still_a_refusal() -> None:
    few = change(0.0, 0.85, **SOUTH, **FEW)
    assert codes(judge(BETTER, few, missing_slices=("region:west",))) == ["missing_slice"]


def test_i5_a_first_version_on_which_only_small_slices_were_measured_is_refused() -> None:
    few = Comparison(metric="accuracy", slice="region:south", rule="value", lower=0.5, candidate=0.9, **FEW)
    assert codes(judge(few, stable=None, baseline=None)) == ["not_validated"]


@given(st.lists(uncertain_changes(slice="region:south"), max_size=3), ASKING_FOR_A_GAIN)
def test_unjudged_slices_never_change_what_the_others_decide(
    slices: list[Comparison], judged: Comparison
) -> None:
    few = [msgspec.structs.replace(one, **FEW) for one in slices]
    assert codes(judge(judged, *few)) == codes(judge(judged))
