"""`hallmark blame`: which version brought a metric to where it is."""

from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.blame import Blame, Culprit, Value, blame
from tfx_hallmark.answers.comparison_text import told
from tfx_hallmark.answers.measured import on
from tfx_hallmark.answers.text import counted, minute, number
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Page

_TOLD_IN_WORDS = {"Data", "Inputs of the Trainer", "Code", "Signatures", "Model structure"}
_SETTINGS = {"Hyperparameters", "Chosen by the Tuner", "Training"}
_PASSED_OVER = 5  # versions that are named; the rest is counted


@click.command("blame")
@options.model
@click.option("--metric", metavar="NAME", help="By default the one that the gate decided on last.")
@click.option("--slice", "where", metavar="FEATURE:VALUE", help="By default all examples.")
@click.option(
    "--by",
    type=options.FiniteRange(min=0, min_open=True),
    metavar="AMOUNT",
    help="A difference that counts, in the metric's own unit. By default half the range that the metric went "
    "through: what would be called the step, if there was one.",
)
@click.option("--since", metavar="WHICH", help="Look no further back than this version, e.g. 1.2.0 or 7.")
@click.option(
    "--until", metavar="WHICH", help="Ask about this version's value; by default about what is stable."
)
@click.option(
    "--all",
    "everything",
    is_flag=True,
    help="Go along all versions in the order they were tagged, refused ones too; by default along those that were "
    "stable one after the other, without what was rolled back.",
)
@options.root
@options.as_json
def command(
    model: str,
    metric: str | None,
    where: str | None,
    by: float | None,
    since: str | None,
    until: str | None,
    everything: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Name the version that brought a metric to where it is, and what changed in that version.

    As git blame does for a line, it starts from what there is now: it goes back from what is stable to the last
    version whose metric was another one, by AMOUNT or more. The version after that one is to blame, or to
    praise. Versions without that metric are passed over and named.

    \b
    Examples:
      hallmark blame penguin
      hallmark blame penguin --metric accuracy --slice island:Dream
      hallmark blame penguin --metric accuracy --by 0.02
      hallmark blame penguin --metric accuracy --until 1.4.0 --since 1.0.0
      hallmark blame penguin --metric accuracy --all --json
    """  # noqa: D301
    progress = Progress(f"{model}: versions read")
    try:
        answer = blame(
            open_model(open_registry(root), model),
            metric=metric,
            where=where,
            by=by,
            since=since,
            until=until,
            everything=everything,
            on_progress=progress,
        )
    finally:
        progress.end()
    print_json(answer) if as_json else _print(answer)


def _print(answer: Blame) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    now = answer.now
    page.line(
        (f"{answer.model} {answer.metric}", "bold"),
        f" {on(answer.slice)} is ",
        (number(now.value), "bold"),
        f" in {_who(now)}",
    )
    if answer.last != now.version:
        page.line((f"it is not known of {answer.last}, the last version of the line", "yellow"))
    if answer.culprit is None:
        page.line(_never(answer))
    else:
        _print_culprit(page, answer, answer.culprit)
    if answer.passed_over:
        page.line("")
        for one in answer.passed_over[-_PASSED_OVER:]:
            page.line((f"passed over {one.version}: {one.why}", "dim"))
        if len(answer.passed_over) > _PASSED_OVER:
            page.line((f"and {counted(len(answer.passed_over) - _PASSED_OVER, 'older version')}", "dim"))


def _who(value: Value) -> str:
    return ", ".join((value.version, value.status, *value.labels))


def _never(answer: Blame) -> str:
    if len(answer.line) == 1:
        return "no version before it on this line was measured: there is nothing to hold it against"
    values = [value.value for value in answer.line]
    told = f"along {counted(len(answer.line), 'version')} it went from {number(min(values))} to {number(max(values))}"
    if not answer.asked:
        return f"{told}: it never moved"
    return f"{told}, never {number(answer.by)} or more away: give a smaller --by"


def _print_culprit(page: "Page", answer: Blame, culprit: Culprit) -> None:
    from tfx_hallmark.cli.compare_output import print_section

    found, before = culprit.found, culprit.before
    page.line(
        (found.version, "bold red" if culprit.step < 0 else "bold green"),
        f" brought it there: {number(before.value)} in {before.version}, {number(found.value)} in {found.version} "
        f"({number(culprit.step, sign='+')}), {found.status} {minute(found.created)} UTC",
    )
    if abs(culprit.step) < answer.by:
        page.line(
            f"it moved in several steps: before {found.version} it was {number(answer.by)} or more away from what it "
            "is now; 'hallmark history' shows each step"
        )
    if culprit.same_data is not None and culprit.by_data is not None:
        page.line(_shares(culprit, culprit.same_data, culprit.by_data))
    page.heading(f"What changed from {before.version} to {found.version}")
    if culprit.changes is not None:
        page.facts(told(culprit.changes))
    in_words = _TOLD_IN_WORDS | (_SETTINGS if culprit.changes and culprit.changes.settings else set())
    for section in culprit.sections:
        if section.title not in in_words:
            print_section(page, section, (before.version, found.version), mark=False)
    if culprit.unreadable:
        page.line(("note: ", "yellow"), culprit.unreadable)


def _shares(culprit: Culprit, same_data: float, by_data: float) -> str:
    found, before = culprit.found, culprit.before
    told = f"on the evaluation data of {found.version}, {before.version} has {number(same_data)}"
    if by_data == 0:
        return f"{told} too: the data are not what moved it"
    rest = number(found.value - same_data, sign="+")
    return f"{told}: {number(by_data, sign='+')} comes with the data, {rest} with the model"
