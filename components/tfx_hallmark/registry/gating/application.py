"""Rules held against what was measured: a comparison for each rule on each slice it is about. Pure functions."""

from collections.abc import Iterator
from typing import TypeAlias

import msgspec

from tfx_hallmark.registry.gating.measurement import GateReason, Measurement, Values
from tfx_hallmark.registry.gating.rules import ChangeRule, GateRules, ValueRule
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evidence

Rule: TypeAlias = "ValueRule | ChangeRule"


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """Rules with what they are held against.

    Attributes:
        comparisons: One for each rule and slice.
        missing: Slices that a rule is about and that were not measured.
    """

    comparisons: tuple[Comparison, ...]
    missing: tuple[str, ...] = ()


def of_record(judged_by: Evidence, found: Measurement) -> Applied:
    """Hold what was measured against the thresholds that evidence was judged by.

    Args:
        judged_by: The evidence with the thresholds.
        found: What was measured.
    """
    if found.evidence is judged_by and found.how in ("together", "alone") and found.problem is None:
        return Applied(comparisons=judged_by.comparisons, missing=judged_by.missing_slices)
    comparisons = tuple(
        msgspec.structs.replace(
            one,
            candidate=_candidate(found, one),
            baseline=_other(found, one) if one.rule == "change" else None,
            examples=found.candidate.examples.get(one.slice),
            # An interval is of the difference from the one that it was compared with then.
            interval=None,
        )
        for one in judged_by.comparisons
    )
    return Applied(
        comparisons=comparisons, missing=() if found.evidence is None else found.evidence.missing_slices
    )


def of_config(rules: GateRules, found: Measurement) -> Applied:
    """Hold what was measured against rules that somebody wrote."""
    missing: dict[str, None] = {}
    comparisons: list[Comparison] = []
    for rule in rules.all:
        places = _slices(rule.slice, found)
        if not places and found.evidence is not None:
            missing[rule.slice] = None
        comparisons += (_comparison(rule, where, rules, found) for where in places)
    return Applied(comparisons=tuple(comparisons), missing=tuple(missing))


def few_examples(rules: GateRules, found: Measurement) -> Iterator[GateReason]:
    """Say which of the required examples and slices are not there."""
    if found.evidence is None:
        return
    count = found.candidate.examples.get(OVERALL)
    if rules.min_examples is not None and count is None:
        yield GateReason(
            "too_few_examples",
            "on how many examples it was measured is not on record",
            "add the metric ExampleCount to the EvalConfig",
        )
    elif rules.min_examples is not None and count is not None and count < rules.min_examples:
        yield GateReason(
            "too_few_examples",
            f"it was measured on {count} examples, fewer than {rules.min_examples}",
            "evaluate on more data",
        )
    for where in rules.required_slices:
        yield from _required(where, rules.slice_min_examples, found)


def _required(where: str, least: int | None, found: Measurement) -> Iterator[GateReason]:
    sides: list[tuple[str, Values]] = [("", found.candidate)]
    if found.other is not None:
        sides.append((" of the other version", found.other))
    for side, values in sides:
        count = values.examples.get(where)
        if where not in values.slices:
            known = ", ".join(one for one in values.slices if one != OVERALL) or "no slice"
            text = f"slice {where} is required and was not measured{side}: there is {known}"
            yield GateReason("missing_slice", text)
            return
        if least is not None and count is not None and count < least:
            text = f"slice {where} is required and has {count} examples{side}, fewer than {least}"
            yield GateReason("too_few_examples", text)
            return


def _slices(asked: str, found: Measurement) -> list[str]:
    """Return the slices that a rule is about, of either version: one that only the other has is a loss."""
    if asked.lower() == OVERALL.lower():
        return [OVERALL]
    known = {**found.candidate.slices, **(found.other.slices if found.other else {})}
    if asked.endswith("*"):
        return [where for where in known if where != OVERALL and where.startswith(asked[:-1])]
    return [asked] if asked in known else []


def _comparison(rule: Rule, where: str, rules: GateRules, found: Measurement) -> Comparison:
    common = Comparison(
        metric=rule.metric,
        slice=where,
        rule="value",
        candidate=found.candidate.at.get((rule.metric, where)),
        examples=found.candidate.examples.get(where),
        min_examples=None if where == OVERALL else rules.slice_min_examples,
    )
    if isinstance(rule, ValueRule):
        return msgspec.structs.replace(common, lower=rule.min, upper=rule.max)
    return msgspec.structs.replace(
        common,
        rule="change",
        absolute=rule.absolute,
        relative=rule.relative,
        direction=rule.direction,
        baseline=_other(found, common),
        confidence=rule.confidence,
        interval=_interval(rule, where, found),
    )


def _interval(rule: ChangeRule, where: str, found: Measurement) -> tuple[float, float] | None:
    """Return the interval on record, if both were measured together and it is of this confidence."""
    if found.how != "together" or found.evidence is None:
        return None
    for one in found.evidence.comparisons:
        same = (one.metric, one.slice, one.confidence) == (rule.metric, where, rule.confidence)
        if same and one.interval is not None:
            return one.interval if one.direction == rule.direction else (-one.interval[1], -one.interval[0])
    return None


def _candidate(found: Measurement, one: Comparison) -> float | None:
    return found.candidate.at.get((one.metric, one.slice))


def _other(found: Measurement, one: Comparison) -> float | None:
    return None if found.other is None else found.other.at.get((one.metric, one.slice))
