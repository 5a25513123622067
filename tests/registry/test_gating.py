"""`Model.gate`: whether a version is better than another, from what is on record alone."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import listing
from tests.registry.evaluated import (
    COUNTS,
    DREAM,
    Numbers,
    evaluation,
    evidence,
    numbers,
    provenance,
    push,
)
from tests.registry.gate_rules import BETTER, STRICT, codes
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.errors import GateRulesError, NotComparableError, NotFoundError
from tfx_hallmark.registry.gating.rules import GateRules, ValueRule
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Replay

Make = Callable[[int], Path]

# The verdict of the push, asked again.

VALUES = st.sampled_from([0.4, 0.6, 0.7, 0.75, 0.8, 0.9])
NUMBERS = st.builds(numbers, VALUES, VALUES, VALUES)


@pytest.fixture(scope="module")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("candidates")
    return [change_weights(copy_saved_model("linear", folder / str(number)), number) for number in range(3)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pushes=st.lists(st.tuples(NUMBERS, st.sampled_from([1, 1, 1, 0, None])), min_size=2, max_size=3),
    before=NUMBERS,
    confidence=st.sampled_from([None, 0.95]),
    infra=st.sampled_from([None, 1, 1, 0]),
    replay=st.sampled_from([None, Replay(requests=2), Replay(requests=2, failures=("output y is missing",))]),
)
def test_i5_by_its_own_rules_and_against_its_own_baseline_the_gate_says_what_the_push_said(
    tmp_path_factory: pytest.TempPathFactory,
    candidates: list[Path],
    pushes: list[tuple[Numbers, int | None]],
    before: Numbers,
    confidence: float | None,
    infra: int | None,
    replay: Replay | None,
) -> None:
    model = Registry.create(tmp_path_factory.mktemp("root")).model("penguin")
    for candidate, (values, blessed) in zip(candidates, pushes, strict=False):
        version = model.tag(candidate).version
        stable = model.state.stable_at
        found = evidence(values, before if stable else None, confidence=confidence)
        made = msgspec.structs.replace(
            evaluation(found, stable, blessed=blessed), infra_blessed=infra, replay=replay if stable else None
        )
        verdict = model.push(candidate, version, made).verdict
        asked = model.gate(version, None if stable is None else stable.version)
        assert asked.passed == verdict.passed
        assert [(one.code, one.text) for one in asked.reasons] == [
            (one.code, one.text) for one in verdict.reasons
        ]
        assert [(one.metric, one.slice, one.threshold, one.passed, one.margin) for one in asked.checks] == [
            (one.metric, one.slice, one.threshold, one.passed, one.margin) for one in verdict.checks
        ]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=NUMBERS, before=NUMBERS)
def test_i5_the_same_rules_in_a_file_give_the_same_answer(
    tmp_path_factory: pytest.TempPathFactory, candidates: list[Path], values: Numbers, before: Numbers
) -> None:
    rules = GateRules.parse(
        """
        values: [{metric: accuracy, min: 0.5}]
        changes:
          - {metric: accuracy, direction: higher_is_better, absolute: 0}
          - {metric: accuracy, slice: "island:*", direction: higher_is_better, absolute: -0.1}
        """
    )
    model = Registry.create(tmp_path_factory.mktemp("root")).model("penguin")
    push(model, candidates[0], numbers(0.8))
    version = push(model, candidates[1], values, before)
    verdict = model.version(version).verdict
    assert verdict is not None
    asked = model.gate(version, "1.0.0", rules=rules)
    assert (asked.passed, [one.text for one in asked.reasons]) == (
        verdict.passed,
        [one.text for one in verdict.reasons],
    )


def test_a_break_that_was_let_through_is_let_through_again_and_with_a_file_only_if_that_says_so(
    model: Model, tmp_path: Path, make_candidate: Make
) -> None:
    both = copy_saved_model("two_signatures", tmp_path / "both")
    model.push(both, model.tag(both).version, evaluation(evidence(numbers(0.7)), None))
    better = evaluation(evidence(numbers(0.8), numbers(0.7)), model.state.stable_at)
    version = model.tag(make_candidate(1)).version
    allowed = msgspec.structs.replace(better, allow_breaking=True)
    assert model.push(make_candidate(1), version, allowed).verdict.passed
    assert model.gate(version, "1.0.0").passed
    refused = model.gate(version, "1.0.0", rules=STRICT)
    assert set(codes(refused)) == {"breaking_change"}
    assert "allow_breaking" in refused.reasons[0].advice
    assert model.gate(version, "1.0.0", rules=msgspec.structs.replace(STRICT, allow_breaking=True)).passed


# What may be compared.


def test_what_was_measured_together_counts_whatever_data_each_was_trained_on(
    model: Model, make_candidate: Make
) -> None:
    push(model, make_candidate(1), numbers(0.9), data="b3:1")
    push(model, make_candidate(2), numbers(0.8), numbers(0.7), data="b3:2")
    result = model.gate("1.0.1", "1.0.0")
    assert (result.passed, result.measured) == (True, "together")
    assert {one.baseline for one in result.checks if one.slice == OVERALL and one.rule == "change"} == {0.7}


def test_versions_of_runs_on_the_same_data_are_compared_by_their_own_evaluations(
    two: Model, make_candidate: Make
) -> None:
    push(two, make_candidate(3), numbers(0.9), numbers(0.8))
    result = two.gate("1.0.2", "1.0.0")
    assert (result.passed, result.measured) == (True, "same_run_data")
    assert "from 0.7000 to 0.9000" in result.reasons[0].text
    assert not two.gate("1.0.0", "1.0.2", rules=STRICT).passed


def test_numbers_from_different_data_are_not_compared_unless_somebody_says_so(
    two: Model, make_candidate: Make
) -> None:
    push(two, make_candidate(3), numbers(0.9), numbers(0.8), data="b3:34")
    result = two.gate("1.0.2", "1.0.0")
    assert (result.passed, result.measured, codes(result)) == (False, "other_data", ["other_data"])
    assert "b3:34" in result.reasons[0].text
    assert "b3:12" in result.reasons[0].text
    assert "hallmark compare penguin@1.0.2 penguin@1.0.0 --on DATA" in result.reasons[0].advice
    by_rule = {one.rule: one.passed for one in result.checks}
    assert by_rule == {"value": True, "change": False}
    allowed = two.gate("1.0.2", "1.0.0", allow_other_data=True)
    assert (allowed.passed, allowed.measured) == (True, "other_data")
    assert "b3:34" in allowed.data


@pytest.mark.parametrize("counts", [{**COUNTS, OVERALL: 101}, {**COUNTS, DREAM: 39}])
def test_the_same_data_with_other_numbers_of_examples_is_other_data(
    two: Model, make_candidate: Make, counts: dict[str, int]
) -> None:
    version = two.tag(make_candidate(3), provenance=provenance("b3:12")).version
    found = evidence(numbers(0.9), numbers(0.8), counts=counts)
    two.push(make_candidate(3), version, evaluation(found, two.state.stable_at))
    assert codes(two.gate(version, "1.0.0")) == ["other_data"]


def test_data_without_a_digest_is_not_taken_for_the_same(model: Model, make_candidate: Make) -> None:
    push(model, make_candidate(1), numbers(0.6), data=None)
    push(model, make_candidate(2), numbers(0.7), numbers(0.6), data=None)
    push(model, make_candidate(3), numbers(0.8), numbers(0.7), data=None)
    assert codes(model.gate("1.0.2", "1.0.0")) == ["other_data"]


def test_evaluations_on_the_same_further_data_are_compared_the_newest_that_both_have(
    two: Model, make_candidate: Make
) -> None:
    push(two, make_candidate(3), numbers(0.9), numbers(0.8), data="b3:34")
    for data, before, now in (("/old", 0.9, 0.8), ("/new", 0.7, 0.75)):
        two.record_evaluation("1.0.0", evidence(numbers(before)), data=data)
        two.record_evaluation("1.0.2", evidence(numbers(now)), data=data)
    two.record_evaluation("1.0.2", evidence(numbers(0.1)), data="/only here")
    result = two.gate("1.0.2", "1.0.0")
    assert (result.passed, result.measured, result.data) == (True, "further_data", "/new")
    assert "from 0.7000 to 0.7500" in result.reasons[0].text
    asked = two.gate("1.0.2", "1.0.0", on="/old")
    assert (asked.passed, asked.data) == (False, "/old")
    assert "not_better" in codes(asked)


def test_of_evaluations_on_one_place_the_newest_counts(two: Model) -> None:
    two.record_evaluation("1.0.0", evidence(numbers(0.9)), data="/data")
    two.record_evaluation("1.0.1", evidence(numbers(0.8)), data="/data")
    assert not two.gate("1.0.1", "1.0.0", on="/data").passed
    two.record_evaluation("1.0.0", evidence(numbers(0.75)), data="/data")
    assert two.gate("1.0.1", "1.0.0", on="/data").passed


def test_a_place_that_held_other_examples_meanwhile_is_other_data(two: Model) -> None:
    two.record_evaluation("1.0.0", evidence(numbers(0.7)), data="/my data")
    more = {where: count * 2 for where, count in COUNTS.items()}
    two.record_evaluation("1.0.1", evidence(numbers(0.8), counts=more), data="/my data")
    result = two.gate("1.0.1", "1.0.0", on="/my data")
    assert codes(result) == ["other_data"]
    assert result.reasons[0].advice == "hallmark compare penguin@1.0.1 penguin@1.0.0 --on '/my data'"
    allowed = two.gate("1.0.1", "1.0.0", on="/my data", allow_other_data=True)
    assert (allowed.passed, allowed.measured) == (True, "other_data")


@pytest.mark.parametrize(("measured", "missing"), [("1.0.0", "1.0.1"), ("1.0.1", "1.0.0")])
def test_who_was_not_evaluated_on_the_data_is_named(two: Model, measured: str, missing: str) -> None:
    two.record_evaluation(measured, evidence(numbers(0.9)), data="/data")
    result = two.gate("1.0.1", "1.0.0", on="/data")
    assert (result.passed, codes(result)) == (False, ["not_evaluated"])
    assert f"no evaluation of penguin@{missing} on /data" in result.reasons[0].text
    assert "--on /data" in result.reasons[0].advice


def test_a_version_that_was_never_evaluated_fails_and_says_what_to_run(
    two: Model, publish: Callable[..., str]
) -> None:
    past = publish(7, label="canary")
    for which, against in ((past, "stable"), ("stable", past)):
        result = two.gate(which, against)
        assert (result.passed, codes(result)) == (False, ["not_evaluated"])
        assert f"penguin@{past}" in result.reasons[0].text
        assert "hallmark compare" in result.reasons[0].advice


def test_what_has_no_files_is_not_said_to_be_evaluated_by_a_command_that_needs_them(
    two: Model, make_candidate: Make
) -> None:
    tagged = two.tag(make_candidate(3)).version
    result = two.gate(tagged)
    assert codes(result) == ["not_evaluated"]
    assert result.reasons[0].advice.startswith(f"{tagged} has no release to evaluate: run the pipeline again")


def test_a_version_is_not_better_than_itself_and_is_told_what_it_was_compared_with(two: Model) -> None:
    result = two.gate("latest")
    assert (result.passed, codes(result)) == (False, ["same_version"])
    assert "--against 1.0.0" in result.reasons[0].advice


def test_where_nothing_is_stable_a_version_is_held_to_its_values(model: Model, make_candidate: Make) -> None:
    version = model.tag(make_candidate(1)).version
    model.record_evaluation(version, evidence(numbers(0.8)), data="/data")
    good = model.gate(version)
    assert (good.passed, codes(good), good.against) == (True, ["first_version"], None)
    high = GateRules(values=(ValueRule(metric="accuracy", min=0.9),), changes=(BETTER,))
    assert codes(model.gate(version, rules=high)) == ["threshold_missed"]
    assert codes(model.gate(version, rules=STRICT)) == ["not_validated"]


def test_a_version_in_quarantine_fails_whatever_its_numbers(two: Model) -> None:
    two.quarantine("1.0.1", reason="leaked labels")
    assert codes(two.gate("1.0.1", "1.0.0")) == ["quarantined"]
    assert codes(two.gate("1.0.1", "1.0.0", rules=STRICT)) == ["quarantined"]


def test_intervals_of_another_comparison_are_not_used(model: Model, make_candidate: Make) -> None:
    push(model, make_candidate(1), numbers(0.6))
    push(model, make_candidate(2), numbers(0.7), numbers(0.6), confidence=0.95)
    push(model, make_candidate(3), numbers(0.9), numbers(0.7), confidence=0.95)
    assert model.gate("1.0.2", "1.0.1").passed
    result = model.gate("1.0.2", "1.0.0")
    assert (result.passed, result.measured, codes(result)) == (False, "same_run_data", ["not_better"])
    assert "BaselineEvaluator" in result.reasons[0].advice
    sure = GateRules(changes=(msgspec.structs.replace(BETTER, confidence=0.95),))
    assert model.gate("1.0.2", "1.0.1", rules=sure).passed
    assert codes(model.gate("1.0.2", "1.0.0", rules=sure)) == ["not_better"]


# Around it.


def test_i12_nothing_on_disk_changes(two: Model, root: Path) -> None:
    before = listing(root)
    looked = Registry.open(root).look_at("penguin")
    for against in ("stable", "1.0.0", "@1.0.0", "penguin@1.0.0", "1"):
        looked.gate("latest", against)
        looked.gate("latest", against, rules=STRICT, on="/data", allow_other_data=True)
    assert listing(root) == before


def test_what_cannot_be_asked_is_one_line(two: Model) -> None:
    with pytest.raises(NotFoundError, match=r"9\.9\.9"):
        two.gate("9.9.9")
    with pytest.raises(NotFoundError, match=r"9\.9\.9"):
        two.gate("latest", "9.9.9")
    with pytest.raises(NotComparableError, match="seal and penguin are different models"):
        two.gate("latest", "seal@stable")
    with pytest.raises(GateRulesError, match="there is no rule"):
        two.gate("latest", rules=GateRules())
