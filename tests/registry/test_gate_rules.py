"""The file of rules of `hallmark gate`: checked in whole, each mistake a line that names the place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tfx_hallmark.registry.errors import GateRulesError
from tfx_hallmark.registry.gating.rules import ChangeRule, GateRules, ValueRule
from tfx_hallmark.registry.verdict import OVERALL

CHANGE = "{metric: loss, direction: lower_is_better, relative: 0.1, confidence: 0.95}"


def test_what_is_written_is_what_is_read() -> None:
    rules = GateRules.parse(
        f"""
        values: [{{metric: accuracy, slice: "island:*", min: 0, max: 1}}]
        changes: [{CHANGE}]
        required_slices: ["island:Dream"]
        min_examples: 100
        slice_min_examples: 20
        allow_breaking: true
        must_improve: false
        """
    )
    assert rules == GateRules(
        values=(ValueRule(metric="accuracy", slice="island:*", min=0.0, max=1.0),),
        changes=(
            ChangeRule(
                metric="loss", direction="lower_is_better", slice=OVERALL, relative=0.1, confidence=0.95
            ),
        ),
        required_slices=("island:Dream",),
        min_examples=100,
        slice_min_examples=20,
        allow_breaking=True,
        must_improve=False,
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "there is no rule"),
        ("[]", "Expected `object`, got `array`"),
        ("just words", "Expected `object`, got `str`"),
        ("values: 3", "values: Expected `array`, got `int`"),
        ("values: [{metric: a, minn: 1}]", "values[0]: unknown key minn: did you mean min?"),
        ("valus: []", "unknown key valus: did you mean values?"),
        ("xyz: 1", "unknown key xyz: there is values, changes"),
        ("values: [{min: 1}]", "values[0]: Object missing required field `metric`"),
        ("values: [{metric: a, min: high}]", "values[0].min: Expected `float | null`, got `str`"),
        ("values: [{metric: a, min: true}]", "values[0].min: Expected `float | null`, got `bool`"),
        (f"values: [{{metric: a}}]\nchanges: [{CHANGE}]", "values[0]: has no bound: give min or max"),
        (f"values: [{{metric: a, min: 2, max: 1}}]\nchanges: [{CHANGE}]", "values[0]: min 2 is above max 1"),
        (f"values: [{{metric: a, min: .nan}}]\nchanges: [{CHANGE}]", "values[0]: min is nan: give a number"),
        (f"values: [{{metric: '', min: 1}}]\nchanges: [{CHANGE}]", "values[0]: metric is empty"),
        (f"values: [{{metric: a, min: 1, slice: 'a*b'}}]\nchanges: [{CHANGE}]", "values[0]: slice is 'a*b'"),
        ("changes: [{metric: a, absolute: 0}]", "changes[0]: Object missing required field `direction`"),
        (
            "changes: [{metric: a, absolute: 0, direction: up}]",
            "changes[0].direction: Invalid enum value 'up'",
        ),
        ("changes: [{metric: a, direction: lower_is_better}]", "changes[0]: has no bound"),
        (
            "changes: [{metric: a, direction: lower_is_better, absolute: .inf}]",
            "changes[0]: absolute is inf: give a number",
        ),
        (
            "changes: [{metric: a, direction: lower_is_better, absolute: 0, confidence: 95}]",
            "changes[0]: confidence is 95: give one between 0 and 1",
        ),
        ("values: [{metric: a, min: 1}]", "nothing is compared with the other version"),
        (f"changes: [{CHANGE}]\nmin_examples: 0", "min_examples is 0: give 1 or more"),
        (f"changes: [{CHANGE}]\nmin_examples: 1.5", "min_examples: Expected `int | null`, got `float`"),
        (f"changes: [{CHANGE}]\nrequired_slices: ['island:*']", "required_slices: 'island:*' is no slice"),
        (f"changes: [{CHANGE}]\nchanges: [{CHANGE}]", "changes is given twice: keep one"),
        ("values: [{metric: a, min: 1, min: 2}]", "min is given twice: keep one"),
        ("values: [", "is no YAML"),
        ("a: !!python/object:os.system x", "is no YAML"),
        ("{[1]: 2}", "is no YAML"),
        ("when: 2026-99-99", "is no YAML"),
    ],
)
def test_a_mistake_is_a_line_that_names_the_place(text: str, complaint: str) -> None:
    with pytest.raises(GateRulesError) as caught:
        GateRules.parse(text)
    assert complaint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "gate.yaml"
    file.write_text("valus: []")
    with pytest.raises(GateRulesError, match=r"gate\.yaml: unknown key valus"):
        GateRules.read(file)
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(GateRulesError, match=r"gate\.yaml cannot be read"):
        GateRules.read(file)
    with pytest.raises(GateRulesError, match="cannot be read"):
        GateRules.read(tmp_path / "nonesuch.yaml")


@given(st.text(max_size=60) | st.text("[]{}:-*&!? \n'\"#|>%@,ab1.", max_size=60))
def test_no_text_makes_anything_but_rules_or_a_line(text: str) -> None:
    problem = ""
    try:
        rules = GateRules.parse(text)
    except GateRulesError as error:
        problem = str(error)
    assert "\n" not in problem
    assert problem or rules.values or rules.changes
