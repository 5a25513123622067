"""What follows from what monitoring measured: a pure function of plain values, for any of them."""

import math
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.gating.measurement import Values
from tfx_hallmark.registry.gating.rules import ValueRule
from tfx_hallmark.registry.monitoring.deciding import (
    Canary,
    Decision,
    Facts,
    asks_for_predecessor,
    decide,
    judged,
    with_standing,
)
from tfx_hallmark.registry.monitoring.holding import Watched
from tfx_hallmark.registry.monitoring.report import DriftDistance, MonitoringAction, outcome_of, summary_of
from tfx_hallmark.registry.monitoring.rules import DriftRules, MonitoringRules, PredecessorRule
from tfx_hallmark.registry.verdict import OVERALL

SHARES = st.sampled_from([0.05, 0.3, 0.6, 0.85, 0.95]) | st.floats(0, 1)
ACCURACY, LOSS = ("accuracy", OVERALL), ("loss", OVERALL)
FLOORS = (ValueRule(metric="accuracy", min=0.8), ValueRule(metric="loss", max=0.5))
BEFORE = PredecessorRule(metric="accuracy", direction="higher_is_better")


def watched(version: str, accuracy: float | None, loss: float = 0.1, examples: int = 100) -> Watched:
    at = {ACCURACY: accuracy, LOSS: loss, ("example_count", OVERALL): float(examples)}
    return Watched(version, Values(at, {OVERALL: examples}))


def facts(stable: Watched, before: Watched | None = None, canary: Canary | None = None, **more: Any) -> Facts:
    return Facts(stable=stable, predecessor=before, canary=canary, **more)


def codes(decision: Decision) -> list[str]:
    return [finding.code for finding in decision.findings]


def distance(feature: str, value: float, comparator: str = "jensen_shannon") -> DriftDistance:
    return DriftDistance(feature=feature, comparator=comparator, distance=value)


RULES = st.builds(
    MonitoringRules,
    drift=st.builds(DriftRules, categorical=st.none() | SHARES, numeric=st.none() | SHARES, anomalies=st.booleans()),
    floors=st.sampled_from([(), FLOORS[:1], FLOORS]),
    predecessor=st.sampled_from([(), (BEFORE,), (msgspec.structs.replace(BEFORE, tolerance=0.1),)]),
    min_examples=st.sampled_from([1, 1, 50]),
    auto_rollback=st.booleans(),
    auto_promote=st.booleans(),
)  # fmt: skip
WATCHED = st.builds(watched, st.just("1.1.0"), st.none() | SHARES, SHARES, st.sampled_from([100, 100, 49]))
DISTANCES = st.lists(
    st.builds(distance, st.sampled_from("abc"), SHARES, st.sampled_from(["l_infinity", "jensen_shannon"])),
    unique_by=lambda one: one.feature,
).map(tuple)
FACTS = st.builds(
    Facts,
    stable=WATCHED,
    predecessor=st.none() | WATCHED.map(lambda one: Watched("1.0.0", one.values)),
    canary=st.none()
    | st.builds(
        Canary,
        watched=WATCHED.map(lambda one: Watched("2.0.0", one.values)),
        beats=st.booleans(),
        why=st.just("better"),
    ),
    distances=DISTANCES,
    anomalies=st.dictionaries(st.sampled_from("ab"), st.just("gone")),
    drift_unknown=st.sampled_from(["", "it is gone"]),
)


@given(rules=RULES, found=FACTS)
def test_only_a_predecessor_that_is_better_is_rolled_back_to_and_only_a_canary_that_beats_is_promoted(
    rules: MonitoringRules, found: Facts
) -> None:
    decision = decide(found, rules)
    if decision.action is None:
        return
    assert found.stable.values.examples[OVERALL] >= rules.min_examples
    if decision.action.kind == "rollback":
        assert {"below_floor", "below_predecessor"} & set(codes(decision))
        own, other = found.stable.values.at, found.predecessor.values.at
        assert decision.action.version == "1.0.0"
        more_accurate = None not in (own[ACCURACY], other[ACCURACY]) and other[ACCURACY] > own[ACCURACY]
        assert more_accurate or other[LOSS] < own[LOSS]
    else:
        assert found.canary.beats
        assert decision.action.version == "2.0.0"
        assert not (rules.floors and (found.canary.watched.values.at[ACCURACY] or 0) < 0.8)


@given(rules=RULES, found=FACTS)
def test_a_feature_is_named_with_its_distance_if_and_only_if_it_is_farther_than_allowed(
    rules: MonitoringRules, found: Facts
) -> None:
    held = judged(found.distances, rules.drift)
    decision = decide(msgspec.structs.replace(found, distances=held), rules)
    if "too_few_examples" in codes(decision):
        return
    told = {finding.subject: finding.value for finding in decision.findings if finding.code == "drift"}
    bounds = {"l_infinity": rules.drift.categorical, "jensen_shannon": rules.drift.numeric}
    assert told == {
        one.feature: one.distance
        for one in found.distances
        if bounds[one.comparator] is not None and one.distance > bounds[one.comparator]
    }
    texts = [finding.text for finding in decision.findings if finding.code == "drift"]
    assert all(any(f"{one:.4g}" in text for text in texts) for one in told.values())


@given(rules=RULES, found=FACTS)
def test_nothing_is_automatic_that_was_not_asked_for(rules: MonitoringRules, found: Facts) -> None:
    action = decide(found, rules).action
    if action is not None:
        asked = rules.auto_rollback if action.kind == "rollback" else rules.auto_promote
        assert with_standing(action, rules, None).standing == ("automatic" if asked else "proposed")
        refused = with_standing(action, rules, "it is in quarantine")
        assert (refused.standing, refused.objection) == ("refused", "it is in quarantine")


@given(rules=RULES, found=FACTS)
def test_what_may_be_done_by_itself_changes_nothing_of_what_is_found(
    rules: MonitoringRules, found: Facts
) -> None:
    shy = msgspec.structs.replace(rules, auto_rollback=False, auto_promote=False)
    assert decide(found, rules) == decide(found, shy)


@given(rules=RULES)
def test_rules_are_read_back_as_they_were_written(rules: MonitoringRules) -> None:
    assert MonitoringRules.parse(rules.text) == rules


def test_a_span_like_the_training_data_on_which_stable_does_well_is_normal() -> None:
    rules = MonitoringRules(drift=DriftRules(numeric=0.2), floors=FLOORS, predecessor=(BEFORE,))
    decision = decide(
        facts(watched("1.1.0", 0.9), watched("1.0.0", 0.85), distances=(distance("a", 0.1),)), rules
    )
    assert decision == Decision((), None)
    assert outcome_of(decision.findings) == "normal"
    assert summary_of(*msgspec.structs.astuple(decision)) == "nothing out of the ordinary"


def test_a_rollback_and_a_promotion_are_each_proposed_unless_that_very_one_was_asked_for() -> None:
    for kind, asked in (("rollback", "auto_rollback"), ("promote", "auto_promote")):
        action = MonitoringAction(kind=kind, version="1.0.0", why="better")
        for name in ("auto_rollback", "auto_promote"):
            standing = with_standing(action, MonitoringRules(**{name: True}), None).standing
            assert standing == ("automatic" if name == asked else "proposed")


def test_a_distance_that_is_just_allowed_is_no_drift() -> None:
    rules = DriftRules(numeric=0.2)
    held = judged((distance("a", 0.2), distance("b", 0.2001)), rules)
    assert [(one.feature, one.drifted) for one in held] == [("b", True), ("a", False)]


def test_below_the_floor_it_is_rolled_back_to_a_predecessor_that_does_better() -> None:
    decision = decide(facts(watched("1.1.0", 0.4), watched("1.0.0", 0.9)), MonitoringRules(floors=FLOORS))
    assert codes(decision) == ["below_floor"]
    assert decision.findings[0].text == "accuracy overall of 1.1.0 is 0.4, required: >= 0.8"
    assert decision.action == MonitoringAction(
        kind="rollback", version="1.0.0", why="accuracy overall is 0.4 with 1.1.0, 0.9 with 1.0.0"
    )


@pytest.mark.parametrize(
    ("before", "missing", "told"),
    [
        (watched("1.0.0", 0.4), "", "1.0.0, which a rollback would bring back, is no better on this data"),
        (watched("1.0.0", 0.3), "", "1.0.0, which a rollback would bring back, is no better on this data"),
        (None, "penguin has no earlier good version", "penguin has no earlier good version"),
    ],
)
def test_a_rollback_that_would_not_help_is_not_asked_for_and_why_is_told(
    before: Watched | None, missing: str, told: str
) -> None:
    decision = decide(
        facts(watched("1.1.0", 0.4), before, no_predecessor=missing), MonitoringRules(floors=FLOORS)
    )
    assert decision.action is None
    assert codes(decision) == ["below_floor", "no_better_version"]
    assert decision.findings[-1].text == told
    assert outcome_of(decision.findings) == "alert"


def test_a_predecessor_that_mends_one_breach_and_worsens_another_is_not_gone_back_to() -> None:
    found = facts(watched("1.1.0", 0.4, 0.6), watched("1.0.0", 0.9, 0.7))
    decision = decide(found, MonitoringRules(floors=FLOORS))
    assert (codes(decision), decision.action) == (["below_floor", "below_floor", "no_better_version"], None)


@pytest.mark.parametrize(("tolerance", "breached"), [(0.0, True), (0.04, True), (0.06, False)])
def test_below_its_predecessor_counts_beyond_what_is_tolerated(tolerance: float, breached: bool) -> None:
    rules = MonitoringRules(predecessor=(msgspec.structs.replace(BEFORE, tolerance=tolerance),))
    decision = decide(facts(watched("1.1.0", 0.85), watched("1.0.0", 0.9)), rules)
    assert codes(decision) == (["below_predecessor"] if breached else [])
    assert (decision.action is not None) == breached


def test_where_lower_is_better_a_greater_value_is_the_breach() -> None:
    decision = decide(
        facts(watched("1.1.0", 0.9, 0.7), watched("1.0.0", 0.9, 0.2)), MonitoringRules(floors=FLOORS)
    )
    assert (decision.findings[0].subject, decision.findings[0].bound) == ("loss overall", 0.5)
    assert decision.action is not None
    assert decision.action.version == "1.0.0"


def test_the_canary_is_promoted_unless_a_rollback_outweighs_it_or_it_is_below_the_floor_itself() -> None:
    rules = MonitoringRules(floors=FLOORS)
    better = Canary(watched=watched("2.0.0", 0.95), beats=True, why="it beats 1.1.0")
    promotion = MonitoringAction(kind="promote", version="2.0.0", why="it beats 1.1.0")
    assert decide(facts(watched("1.1.0", 0.9), None, better), rules) == Decision((), promotion)
    low = msgspec.structs.replace(better, watched=watched("2.0.0", 0.7))
    assert decide(facts(watched("1.1.0", 0.9), None, low), rules).action is None
    both = decide(facts(watched("1.1.0", 0.4), watched("1.0.0", 0.9), better), rules)
    assert both.action is not None
    assert both.action.kind == "rollback"
    # No rollback helps, and the canary does.
    alone = decide(facts(watched("1.1.0", 0.4), watched("1.0.0", 0.4), better), rules)
    assert (codes(alone), alone.action) == (["below_floor", "no_better_version"], promotion)


def test_on_too_few_examples_nothing_is_judged_and_that_is_told() -> None:
    rules = MonitoringRules(drift=DriftRules(numeric=0.1), floors=FLOORS, min_examples=50)
    held = judged((distance("a", 0.9),), rules.drift)
    decision = decide(facts(watched("1.1.0", 0.1, examples=49), distances=held), rules)
    assert (codes(decision), decision.action) == (["too_few_examples"], None)
    assert outcome_of(decision.findings) == "normal"
    assert not asks_for_predecessor(watched("1.1.0", 0.1, examples=49), rules)


def test_a_rule_about_what_was_not_measured_alerts() -> None:
    rules = MonitoringRules(
        floors=(
            ValueRule(metric="auc", min=0.5),
            ValueRule(metric="accuracy", slice="island:Dream", min=0.5),
        ),
        predecessor=(PredecessorRule(metric="recall", direction="higher_is_better"),),
    )
    decision = decide(facts(watched("1.1.0", 0.9), watched("1.0.0", 0.9)), rules)
    assert {finding.subject for finding in decision.findings} == {
        "auc overall", "accuracy on island:Dream", "recall overall"
    }  # fmt: skip
    assert set(codes(decision)) == {"not_measured"}
    assert outcome_of(decision.findings) == "alert"


def test_a_feature_has_its_own_threshold_or_none() -> None:
    rules = DriftRules(categorical=0.1, numeric=0.2, features={"mass": 0.5, "year": None})
    held = judged(
        (
            distance("mass", 0.4),
            distance("year", 0.9),
            distance("bill", 0.3),
            distance("sex", 0.15, "l_infinity"),
        ),
        rules,
    )
    assert [(one.feature, one.threshold, one.drifted) for one in held] == [
        ("bill", 0.2, True),
        ("sex", 0.1, True),
        ("year", None, False),
        ("mass", 0.5, False),
    ]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"drfit": {}}, "there is no key `drfit`"),
        ({"drift": {"numeric": 1.5}}, "drift.numeric is 1.5: a distance lies between 0 and 1"),
        ({"drift": {"features": {"year": math.nan}}}, "drift.features.year is nan"),
        ({"floors": [{"metric": "accuracy"}]}, "has no bound: give min or max"),
        ({"auto_rollback": "yes"}, "Expected `bool`, got `str`"),
        ({"predecessor": [{"metric": "a", "direction": "up"}]}, "Invalid enum value 'up'"),
        (
            {"predecessor": [{"metric": "a", "direction": "higher_is_better", "tolerance": -1.0}]},
            "give 0 or more",
        ),
        ({"min_examples": 0}, "give 1 or more"),
        ({"canary": {"must_improve": True}}, "there is no rule"),
    ],
)
def test_rules_that_nobody_can_have_meant_are_one_line(given: object, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        MonitoringRules.of(given)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)
