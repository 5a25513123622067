"""`hallmark gate --format junit`: a report that CI systems read."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec

from tests.cli.conftest import HOSTILE, RULES
from tests.registry.evaluated import evaluation, evidence, numbers
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


# What both schemas ask for: windyroad/JUnit-Schema, and Jenkins' xunit-plugin.

NEEDED = {
    "testsuite": {"name", "timestamp", "hostname", "tests", "failures", "errors", "time", "package", "id"},
    "testcase": {"name", "classname", "time"},
    "failure": {"type", "message"},
    "skipped": {"message"},
    "property": {"name", "value"},
}
MAY_HAVE = {"testsuite": {"skipped"}}
ORDER = ["properties", "testcase", "system-out", "system-err"]


def suite_of(text: str) -> ElementTree.Element:
    """Reads a report and holds it against what the schemas ask for; gives its only suite."""
    root = ElementTree.fromstring(text)
    assert (root.tag, root.attrib) == ("testsuites", {})
    (suite,) = root
    for element in root.iter():
        allowed = NEEDED.get(element.tag, set()) | MAY_HAVE.get(element.tag, set())
        assert NEEDED.get(element.tag, set()) <= set(element.attrib) <= allowed, element.tag
        assert element.tag in (*NEEDED, *ORDER, "testsuites")
    tags = [child.tag for child in suite]
    assert tags == sorted(tags, key=ORDER.index)
    assert [tags.count(one) for one in ORDER if one != "testcase"] == [1, 1, 1]
    cases = suite.findall("testcase")
    assert all(len(case) <= 1 for case in cases)
    counted = [len(cases), len(suite.findall("*/failure")), 0, len(suite.findall("*/skipped"))]
    assert [int(suite.attrib[name]) for name in ("tests", "failures", "errors", "skipped")] == counted
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.attrib["timestamp"])
    assert all(failure.text for failure in suite.findall("*/failure"))
    # GitLab takes test cases of one class and name for the same.
    assert len({(case.attrib["classname"], case.attrib["name"]) for case in cases}) == len(cases)
    return suite


def failed_in(suite: ElementTree.Element) -> dict[str, str]:
    return {
        case.attrib["name"]: str(case[0].text)
        for case in suite.findall("testcase")
        if case.find("failure") is not None
    }


def test_junit_has_a_test_case_for_each_rule_on_each_slice(
    run: Run, two: Model, rules: Callable[..., Path]
) -> None:
    done = run("gate", "penguin@1.0.1", "--against", "1.0.0", "--config", rules(RULES), "--format", "junit")
    suite = suite_of(done.stdout)
    assert done.exit_code == 1
    assert [case.attrib["name"] for case in suite.findall("testcase")] == [
        "accuracy overall, value: >= 0.5",
        "accuracy overall, change: better by more than 0",
        "accuracy on island:Biscoe, change: worse by less than 0.1",
        "accuracy on island:Dream, change: worse by less than 0.1",
        "evidence",
        "examples",
        "slices",
        "compatibility",
        "quarantine",
    ]
    assert failed_in(suite) == {
        "examples": "slice island:Dream is required and has 40 examples, fewer than 50"
    }
    (skipped,) = suite.findall("*/skipped")
    assert skipped.attrib["message"] == "not judged: 40 examples, fewer than 50"


def test_junit_has_every_reason_and_a_failure_exactly_where_the_gate_fails(hallmark: Run) -> None:
    for version in ("1.0.0", "1.0.1", "1.0.2", "1.0.3", "1.0.4", "1.0.5", "2.0.0"):
        for against in ("stable", "1.0.0", "1.0.1", "canary", "2.0.0"):
            which = ("gate", f"penguin@{version}", "--against", against)
            done = hallmark(*which, "--format", "junit")
            suite = suite_of(done.stdout)
            found = failed_in(suite)
            assert done.exit_code == bool(found)
            told = json.loads(hallmark(*which, "--json").stdout)
            assert told["passed"] == (not found)
            if found:
                text = "\n".join(found.values())
                assert [one["text"] for one in told["reasons"] if one["text"] not in text] == []


def test_junit_has_a_test_case_for_what_only_now_and_then_speaks_against_a_version(
    run: Run, two: Model, make_candidate: Callable[[int], Path], rules: Callable[..., Path]
) -> None:
    version = two.tag(make_candidate(3)).version
    found = evaluation(evidence(numbers(0.9), numbers(0.8)), two.state.stable_at, blessed=0)
    two.push(make_candidate(3), version, msgspec.structs.replace(found, infra_blessed=0))
    which = ("gate", f"penguin@{version}", "--against", "1.0.1", "--format", "junit")
    assert failed_in(suite_of(run(*which).stdout)) == {
        "infra_not_blessed": "InfraValidator did not bless it",
        "not_blessed": "TFMA did not bless it",
    }
    tolerant = "changes: [{metric: accuracy, direction: lower_is_better, absolute: -0.5}]"
    failed = failed_in(suite_of(run(*which, "--config", rules(tolerant)).stdout))
    assert set(failed) == {"infra_not_blessed", "not_better"}
    assert "no metric improved" in failed["not_better"]


def test_names_of_test_cases_hold_no_version_and_no_value(hallmark: Run) -> None:
    names = [
        {
            (case.attrib["classname"], case.attrib["name"])
            for case in suite_of(done.stdout).findall("testcase")
        }
        for done in (
            hallmark("gate", f"penguin@{version}", "--against", against, "--format", "junit")
            for version, against in (("1.0.2", "1.0.0"), ("1.0.1", "1.0.0"))
        )
    ]
    assert names[0] == names[1]


def test_a_rule_given_twice_has_two_test_cases(run: Run, two: Model, rules: Callable[..., Path]) -> None:
    twice = "values: [{metric: accuracy, min: 0.5}, {metric: accuracy, min: 0.5}]\nmust_improve: false"
    done = run("gate", "penguin@1.0.1", "--config", rules(twice), "--format", "junit")
    assert "accuracy overall, value: >= 0.5 (2)" in {
        case.attrib["name"] for case in suite_of(done.stdout).findall("testcase")
    }


def test_no_text_of_a_registry_or_a_file_breaks_xml_markdown_or_the_terminal(
    run: Run, two: Model, rules: Callable[..., Path]
) -> None:
    two.quarantine("1.0.1", reason=HOSTILE + " <b>&amp;]]> | `x` \x00\ufffe")
    text = RULES + "values_of: 1\n"
    assert run("gate", "penguin@1.0.1", "--config", rules(text)).exit_code == 2
    named = 'changes: [{metric: "a<b>&\\u0001|", slice: "x:<y>*", direction: higher_is_better, absolute: 0}]'
    which = ("gate", "penguin@1.0.1", "--against", "1.0.0", "--config", rules(named))
    suite = suite_of(run(*which, "--format", "junit").stdout)
    assert "in quarantine" in failed_in(suite)["quarantine"]
    for form in ("text", "markdown", "junit"):
        shown = run(*which, "--format", form).stdout
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufffe]", shown)
    assert "<b>" not in re.sub(r"\\<", "", run(*which, "--format", "markdown").stdout)
