"""`hallmark canary`: how the canary stands, or the end of it."""

import click

from tfx_hallmark.answers.canary import CanaryAnswer, canary_of
from tfx_hallmark.answers.label_moves import Labelled
from tfx_hallmark.answers.noting import would_note
from tfx_hallmark.answers.text import number, second
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.operation_report import report, report_noted
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_registry, open_to_operate
from tfx_hallmark.registry.actor import check_reason
from tfx_hallmark.registry.state import CANARY
from tfx_hallmark.registry.store_url import Root


@click.command("canary")
@options.model
@click.option("--abort", is_flag=True, help="Take the label off the canary; its release stays.")
@click.option("--reason", default="", metavar="TEXT", help="Why it is ended; it stays on record.")
@options.dry_run
@options.root
@options.as_json
def command(model: str, abort: bool, reason: str, dry_run: bool, root: Root | None, as_json: bool) -> None:
    """Tell how the canary of a model stands beside what is stable, or end it.

    The canary is the version behind the label `canary`. Which requests go to it, clients decide, e.g. by
    `tfx_hallmark.registry.canary_split.in_canary`. A model without a canary is an error (exit code 1).

    \b
    Examples:
      hallmark canary penguin                                  canary and stable, and what the gate says
      hallmark promote penguin@canary --to stable --reason "a week without trouble"
      hallmark canary penguin --abort --reason "latency doubled"
      hallmark canary penguin --abort --dry-run --reason "trying it out"
    """  # noqa: D301
    if abort and not reason.strip():
        msg = "No reason is given for --abort: say why with --reason TEXT, it stays on record."
        raise click.UsageError(msg)
    if not abort and (reason or dry_run):
        msg = "--reason and --dry-run are for --abort: without it nothing is changed."
        raise click.UsageError(msg)
    registry = open_registry(root)
    opened = open_to_operate(registry, model, dry_run=dry_run)
    if not abort:
        with said_if_slow(f"reading the log of {model}"):
            answer = canary_of(opened)
        print_json(answer) if as_json else _print(answer)
    elif dry_run:
        report(would_note(opened, opened.dry_run.withdraw(CANARY)), as_json=as_json)
    else:
        operation = opened.withdraw(CANARY, reason=check_reason(reason))
        report_noted(registry, opened, operation, as_json=as_json)


def _print(answer: CanaryAnswer) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.table(
        (answer.model, "version", "release", "since (utc)", "by", "why"),
        [_row(one) for one in (answer.canary, answer.stable) if one is not None],
        right=(2,),
    )
    if answer.stable is None:
        page.line("nothing is stable")
    page.line("")
    page.line("verdict: ", answer.verdict.sentence if answer.verdict else "none, the gate has not decided")
    if answer.metrics:
        page.heading("Metrics before it was published")
        rows = [(one.metric, one.slice, number(one.canary), number(one.baseline)) for one in answer.metrics]
        page.table(("metric", "slice", "canary", "baseline"), rows, right=(2,))
    page.line("")
    if answer.promotable:
        page.line(("next: ", "bold"), f"hallmark promote {answer.model}@canary --to stable --reason TEXT")
    else:
        page.line(("cannot become stable: ", "bold yellow"), answer.objection)
    if answer.serving_policy == "latest":
        page.line(
            ("warning: ", "bold yellow"),
            "the serving policy is 'latest', where labels steer no traffic: see 'hallmark config'",
        )


def _row(one: Labelled) -> tuple[str, ...]:
    since = second(one.since) if one.since else "-"
    return one.label, one.version, str(one.release), since, one.actor or "-", one.reason or "-"
