"""What a gate answers as Markdown: for a job's summary on GitHub, or a comment on a merge request."""

from collections.abc import Iterator

from tfx_hallmark.answers.markdown_text import code, plain
from tfx_hallmark.answers.text import number
from tfx_hallmark.registry.gating.result import GateCheck, GateResult

MEASURED = {
    "together": "both measured together, on",
    "same_run_data": "each measured by its own run, on",
    "further_data": "each measured on",
    "other_data": "measured on different data:",
    "alone": "measured on",
    "nothing": "",
}
RULES = {"record": "the thresholds that its own evaluation was judged by", "config": "those of the file"}
_HEADERS = ("metric", "slice", "value", "other", "margin", "required", "")


def as_markdown(answer: GateResult) -> str:
    """Write a gate's answer as Markdown."""
    return "\n".join(_page(answer)) + "\n"


def _page(answer: GateResult) -> Iterator[str]:
    mark, outcome = ("✅", "passed") if answer.passed else ("❌", "failed")
    yield f"### {mark} {plain(answer.model)} {plain(answer.version)} against {plain(answer.other)}: {outcome}"
    yield ""
    for reason in answer.reasons:
        advice = f" — {code(reason.advice)}" if reason.advice else ""
        yield f"- {plain(reason.text)}{advice}"
    if answer.checks:
        yield ""
        yield f"| {' | '.join(_HEADERS)} |"
        yield "| --- | --- | ---: | ---: | ---: | --- | --- |"
        yield from map(_row, answer.checks)
    if answer.data:
        yield ""
        yield plain(f"{MEASURED[answer.measured]} {answer.data}; rules: {RULES[answer.rules]}.")


def _row(check: GateCheck) -> str:
    outcome = "not judged" if not check.judged else "pass" if check.passed else "**FAIL**"
    required = f"{check.threshold} ({check.note})" if check.note else check.threshold
    values = (number(check.candidate), number(check.baseline), number(check.margin, sign="+"))
    cells = (plain(check.metric), plain(check.slice), *values, plain(required), outcome)
    return f"| {' | '.join(cells)} |"
