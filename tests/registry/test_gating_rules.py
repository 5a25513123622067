"""`Model.gate` with rules of one's own: what each key of the file asks for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.registry.evaluated import (
    BISCOE,
    DREAM,
    evaluation,
    evidence,
    numbers,
    provenance,
    push,
)
from tests.registry.gate_rules import BETTER, STRICT, codes
from tfx_hallmark.registry.gating.result import GateResult
from tfx_hallmark.registry.gating.rules import GateRules, ValueRule
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import OVERALL

Make = Callable[[int], Path]


def asked(model: Model, **fields: Any) -> GateResult:
    return model.gate("1.0.1", "1.0.0", rules=msgspec.structs.replace(STRICT, **fields))


@pytest.fixture
def uneven(model: Model, make_candidate: Make) -> Model:
    """1.0.1 is better than 1.0.0 overall, and worse on Dream; with intervals of 0.05 to both sides."""
    push(model, make_candidate(1), numbers(0.7))
    push(model, make_candidate(2), numbers(0.8, 0.9, 0.75), numbers(0.7, 0.8, 0.8), confidence=0.95)
    return model


def test_a_rule_on_a_slice_is_about_that_slice(uneven: Model) -> None:
    on = {
        where: (BETTER, msgspec.structs.replace(BETTER, slice=where)) for where in (BISCOE, DREAM, "island:*")
    }
    assert asked(uneven, changes=on[BISCOE]).passed
    for where in (DREAM, "island:*"):
        assert codes(asked(uneven, changes=on[where])) == ["slice_worse"]
    assert len(asked(uneven, changes=on["island:*"]).checks) == 3


def test_the_direction_counts(uneven: Model) -> None:
    assert asked(uneven).passed
    down = msgspec.structs.replace(BETTER, direction="lower_is_better")
    assert codes(asked(uneven, changes=(down,))) == ["not_better"]


@pytest.mark.parametrize(("relative", "passed"), [(0.14, True), (0.15, False)])
def test_a_relative_change_is_a_share_of_the_others_value(
    uneven: Model, relative: float, passed: bool
) -> None:
    rule = msgspec.structs.replace(BETTER, absolute=None, relative=relative)
    assert asked(uneven, changes=(rule,)).passed == passed


@pytest.mark.parametrize(
    ("absolute", "confidence", "code"),
    [
        (0.0, 0.95, "better"),
        (0.04, 0.95, "better"),
        (0.06, 0.95, "within_noise"),
        (0.06, None, "better"),
        (0.0, 0.99, "not_better"),
    ],
)
def test_a_confidence_needs_an_interval_at_that_confidence(
    uneven: Model, absolute: float, confidence: float | None, code: str
) -> None:
    rule = msgspec.structs.replace(BETTER, absolute=absolute, confidence=confidence)
    assert codes(asked(uneven, changes=(rule,))) == [code]


def test_bounds_on_values_are_included_and_may_be_above(uneven: Model) -> None:
    for bounds, passed in (({"min": 0.8}, True), ({"min": 0.81}, False), ({"max": 0.8}, True)):
        rule = ValueRule(metric="accuracy", **bounds)
        assert asked(uneven, values=(rule,)).passed == passed
    assert codes(asked(uneven, values=(ValueRule(metric="accuracy", max=0.7),))) == ["threshold_missed"]


def test_a_metric_that_was_not_measured_fails_and_the_others_are_named(uneven: Model) -> None:
    result = asked(uneven, values=(ValueRule(metric="acuracy", min=0.1),))
    assert (result.passed, codes(result)) == (False, ["threshold_missed"])
    assert result.reasons[0].advice == "acuracy was not measured: there is accuracy"


@pytest.mark.parametrize("where", ["island:Torgersen", "sex:*"])
def test_a_slice_that_was_not_measured_fails(uneven: Model, where: str) -> None:
    rule = ValueRule(metric="accuracy", slice=where, min=0.1)
    assert codes(asked(uneven, values=(rule,))) == ["missing_slice"]


def test_a_slice_that_only_the_other_has_is_a_loss(two: Model, make_candidate: Make) -> None:
    version = two.tag(make_candidate(3), provenance=provenance("b3:12")).version
    without = {OVERALL: 0.9, BISCOE: 0.9}
    found = evidence(without, numbers(0.8))
    two.push(make_candidate(3), version, evaluation(found, two.state.stable_at))
    rules = GateRules(changes=(BETTER, msgspec.structs.replace(BETTER, slice="island:*", absolute=-0.5)))
    assert two.gate(version, "1.0.0", rules=rules).passed is False
    assert [one.passed for one in two.gate(version, "1.0.0", rules=rules).checks] == [True, True, False]


def test_required_slices_must_have_been_measured_on_enough_examples(uneven: Model) -> None:
    assert asked(uneven, required_slices=(BISCOE, DREAM)).passed
    missing = asked(uneven, required_slices=("island:Torgersen",))
    assert (missing.passed, codes(missing)) == (False, ["missing_slice"])
    assert "there is island:Biscoe, island:Dream" in missing.reasons[0].text
    few = asked(uneven, required_slices=(DREAM,), slice_min_examples=41)
    assert (few.passed, codes(few)) == (False, ["too_few_examples"])
    assert asked(uneven, required_slices=(DREAM,), slice_min_examples=40).passed


def test_slices_with_few_examples_are_told_and_not_judged(uneven: Model) -> None:
    rules = (BETTER, msgspec.structs.replace(BETTER, slice=DREAM))
    assert not asked(uneven, changes=rules, slice_min_examples=40).passed
    result = asked(uneven, changes=rules, slice_min_examples=41)
    assert result.passed
    assert [one.judged for one in result.checks] == [True, False]


@pytest.mark.parametrize(("least", "passed"), [(100, True), (101, False)])
def test_the_least_number_of_examples_is_of_all_examples(uneven: Model, least: int, passed: bool) -> None:
    result = asked(uneven, min_examples=least)
    assert (result.passed, codes(result)) == (passed, ["better"] if passed else ["too_few_examples"])


def test_an_unknown_number_of_examples_is_not_enough(
    model: Model, make_candidate: Make, make_evaluation: Callable[..., Any]
) -> None:
    for number, accuracy in ((1, 0.6), (2, 0.7)):
        version = model.tag(make_candidate(number)).version
        model.push(make_candidate(number), version, make_evaluation(accuracy, baseline=model.state.stable_at))
    assert asked(model).passed
    assert codes(asked(model, min_examples=1)) == ["too_few_examples"]


def test_it_is_enough_to_be_not_worse_where_no_improvement_is_asked_for(two: Model) -> None:
    tolerant = msgspec.structs.replace(BETTER, absolute=-0.2)
    assert codes(two.gate("1.0.0", "1.0.1", rules=GateRules(changes=(tolerant,)))) == ["not_better"]
    rules = GateRules(changes=(tolerant,), must_improve=False)
    result = two.gate("1.0.0", "1.0.1", rules=rules)
    assert (result.passed, codes(result)) == (True, ["not_worse"])
    assert two.gate("1.0.1", "1.0.0", rules=rules).reasons[0].code == "better"


def test_values_alone_need_no_numbers_of_the_other(two: Model, publish: Callable[..., str]) -> None:
    publish(7)
    rules = GateRules(values=(ValueRule(metric="accuracy", min=0.8),), must_improve=False)
    assert codes(two.gate("1.0.1", "stable", rules=rules)) == ["not_worse"]
    assert codes(two.gate("1.0.0", "stable", rules=rules)) == ["threshold_missed"]
    assert codes(two.gate("stable", "1.0.0", rules=rules)) == ["not_evaluated"]
