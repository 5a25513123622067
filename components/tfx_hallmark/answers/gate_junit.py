"""What a gate answers as JUnit XML: a test case for each rule on each slice, and for what else may speak against it.

Written to satisfy both schemas in use, Ant's (windyroad/JUnit-Schema) and Jenkins' (xunit-plugin). GitLab tells test
cases apart by `classname` and `name` and compares them between branches, so neither has a version or a value in it;
it shows the text of a failure and not its `message`, readers for GitHub show the message first.
"""

from collections.abc import Iterator
from xml.etree import ElementTree

from tfx_hallmark.answers.text import escape
from tfx_hallmark.registry.gating.measurement import GateReason
from tfx_hallmark.registry.gating.result import GateCheck, GateResult
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.version_facts import metric_name

# What has a test case whether it failed or not; anything else that speaks against a version has one when it does.
_CASES = {
    "evidence": ("not_evaluated", "other_data", "same_version", "not_validated"),
    "examples": ("too_few_examples",),
    "slices": ("missing_slice",),
    "compatibility": ("breaking_change", "requests_fail"),
    "quarantine": ("quarantined",),
}


def as_junit(answer: GateResult) -> str:
    """Write a gate's answer as JUnit XML."""
    cases = [*map(_check_case, answer.checks), *_other_cases(answer)]
    _make_unique(cases)
    suite = ElementTree.Element(
        "testsuite",
        {
            "name": escape(f"hallmark gate {answer.model} {answer.version} against {answer.other}"),
            "package": escape(answer.model),
            "id": "0",
            "hostname": "localhost",
            "timestamp": utc_now()[:19],  # Ant's schema knows no fractions and no zone
            "tests": str(len(cases)),
            "failures": str(sum(case.find("failure") is not None for case in cases)),
            "errors": "0",
            "skipped": str(sum(case.find("skipped") is not None for case in cases)),
            "time": "0",
        },
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in _properties(answer):
        ElementTree.SubElement(properties, "property", {"name": name, "value": escape(value)})
    for case in cases:
        case.set("classname", escape(f"hallmark gate {answer.model}"))
        case.set("time", "0")
    suite.extend(cases)
    ElementTree.SubElement(suite, "system-out").text = escape(answer.sentence)
    ElementTree.SubElement(suite, "system-err")
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _properties(answer: GateResult) -> Iterator[tuple[str, str]]:
    yield "version", answer.version
    yield "digest", answer.digest
    yield "against", answer.other
    yield "measured", answer.measured
    yield "rules", answer.rules


def _check_case(check: GateCheck) -> ElementTree.Element:
    case = _case(f"{metric_name(check.metric, check.slice)}, {check.rule}: {check.threshold}")
    if not check.judged:
        ElementTree.SubElement(case, "skipped", {"message": escape(check.note)})
    elif not check.passed:
        code = "threshold_missed" if check.rule == "value" else "not_better"
        _fail(case, [GateReason(code, check.reason)])
    return case


def _other_cases(answer: GateResult) -> Iterator[ElementTree.Element]:
    told = {check.reason for check in answer.checks}
    open_reasons = [] if answer.passed else [one for one in answer.reasons if one.text not in told]
    known = {code for codes in _CASES.values() for code in codes}
    others = dict.fromkeys(one.code for one in open_reasons if one.code not in known)
    for name, codes in (*_CASES.items(), *((code, (code,)) for code in others)):
        case = _case(name)
        against = [one for one in open_reasons if one.code in codes]
        if against:
            _fail(case, against)
        yield case


def _case(name: str) -> ElementTree.Element:
    return ElementTree.Element("testcase", {"name": escape(name)})


def _fail(case: ElementTree.Element, reasons: list[GateReason]) -> None:
    failure = ElementTree.SubElement(
        case, "failure", {"type": reasons[0].code, "message": escape(reasons[0].text)}
    )
    failure.text = "\n".join(
        line for reason in reasons for line in (escape(reason.text), escape(reason.advice)) if line
    )


def _make_unique(cases: list[ElementTree.Element]) -> None:
    """Number what has the same name: a rule may be given twice."""
    seen: dict[str, int] = {}
    for case in cases:
        name = case.get("name", "")
        seen[name] = seen.get(name, 0) + 1
        if seen[name] > 1:
            case.set("name", f"{name} ({seen[name]})")
