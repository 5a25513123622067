"""`hallmark why`: how the gate came to its verdict on a version."""

from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.explanation import Explanation, explain
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.compatibility import BREAKING
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root
from tfx_hallmark.registry.verdict import Replay, VersionAt

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page


@click.command("why")
@options.reference
@options.root
@options.as_json
def command(reference: str, root: Root | None, as_json: bool) -> None:
    """Explain the gate's last verdict on a version, metric by metric and slice by slice.

    The margin says by how much a threshold is met; below zero, by how much it is missed. Where
    confidence was asked for, it is that of the end of the interval which decides.
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
    from tfx_hallmark.cli.check_table import print_checks
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
    _print_compatibility(page, answer)
    page.line("")
    print_checks(page, answer.checks)
    page.line("")
    page.line((f"{answer.sentence}", STATUS_STYLES[answer.outcome]))


def _named(model: str, version: VersionAt | None) -> str:
    if version is None:
        return "none, nothing was stable"
    return f"{model} {version.version}, release {version.release} ({version.digest[:15]}…)"


def _print_compatibility(page: "Page", answer: Explanation) -> None:
    """Say what breaks the baseline's clients, all of it, and what came of its golden requests."""
    for line in answer.allowed_breaks:
        page.line(("BREAKING", "bold yellow"), f" let through on a person's word: {line}")
    for reason in answer.reasons:
        if reason.code == "breaking_change":
            page.line(("BREAKING", "bold red"), f" {reason.text.removeprefix(BREAKING)}")
    if answer.replay is not None:
        page.line(f"golden requests: {_replayed(answer.replay)}")
    if {reason.code for reason in answer.reasons} & {"breaking_change", "requests_fail"}:
        page.line(
            "RegistryPusher(..., allow_breaking=True) lets such a change through, and keeps it on record"
        )


def _replayed(replay: Replay) -> str:
    if not replay.requests:
        return f"none, {replay.note}"
    outcome = "; ".join(replay.failures) or "each answered as the baseline does, but for the numbers"
    return f"{replay.requests} sent: {outcome}"
