"""`hallmark why`: how the gate came to its verdict on a version."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.explanation import CheckLine, Explanation, explain
from tfx_hallmark.answers.text import number
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.verdict import VersionAt

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell


@click.command("why")
@options.reference
@options.root
@options.as_json
def command(reference: str, root: Path | None, as_json: bool) -> None:
    """Explain the gate's last verdict on a version, metric by metric and slice by slice.

    The margin says by how much a threshold is met; below zero, by how much it is missed.
    A version on which the gate has not decided is an error (exit code 1).

    \b
    Examples:
      hallmark why penguin@latest
      hallmark why penguin@1.1.0 --json
    """  # noqa: D301
    named = parse_reference(reference)
    answer = explain(open_model(open_registry(root), named.model), named.value)
    print_json(answer) if as_json else _print(answer)


def _print(answer: Explanation) -> None:
    from tfx_hallmark.cli.tables import STATUS_STYLES, Page

    page = Page()
    page.line(
        (f"{answer.model} {answer.version}", "bold"), "  ", (answer.outcome, STATUS_STYLES[answer.outcome])
    )
    page.line(f"baseline: {_named(answer.model, answer.baseline)}")
    if any(reason.code == "baseline_moved" for reason in answer.reasons):
        measured = _named(answer.model, answer.compared_with)
        page.line(("BASELINE MOVED", "bold yellow"), f" the values below were measured against {measured}")
    if answer.override is not None:
        page.line(("OVERRIDE", "bold yellow"), f" the gate was passed over: {answer.override}")
    elif answer.bootstrap and answer.outcome == "published":
        page.line(("BOOTSTRAP", "bold yellow"), " first release: only value thresholds were checked")
    if answer.quarantine is not None:
        page.line(("QUARANTINE", "bold magenta"), f" it may not serve now: {answer.quarantine}")
    page.line("")
    if answer.checks:
        headers = ("metric", "slice", "candidate", "baseline", "margin", "", "required")
        page.table(headers, map(_row, answer.checks), right=(2, 3, 4))
    else:
        page.line("No threshold was checked.")
    page.line("")
    page.line((f"{answer.sentence}", STATUS_STYLES[answer.outcome]))


def _named(model: str, version: VersionAt | None) -> str:
    if version is None:
        return "none, nothing was stable"
    return f"{model} {version.version}, release {version.release} ({version.digest[:15]}…)"


def _row(check: CheckLine) -> "tuple[Cell, ...]":
    outcome = ("pass", "green") if check.passed else ("FAIL", "bold red")
    return (
        check.metric,
        check.slice,
        number(check.candidate),
        number(check.baseline),
        number(check.margin, sign="+"),
        outcome,
        f"{check.threshold} ({check.note})" if check.note else check.threshold,
    )
