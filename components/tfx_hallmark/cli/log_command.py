"""`hallmark log`: what happened to a model."""

from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.answers.history import KINDS, History, tell
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.cli.text import minute


@click.command("log")
@options.model
@click.option("--kind", type=click.Choice(KINDS), help="Show one kind of event only.")
@options.limit
@options.everything
@options.root
@options.as_json
def command(
    model: str, kind: str | None, limit: int, everything: bool, root: Path | None, as_json: bool
) -> None:
    """Tell what happened to a model, newest first, as `git log` does.

    \b
    Examples:
      hallmark log penguin
      hallmark log penguin --kind refused --limit 5
      hallmark log penguin --all --json
    """  # noqa: D301
    events = open_model(open_registry(root), model).newest_first()
    answer = tell(
        model,
        events if kind is None else (event for event in events if event.kind == kind),
        limit=None if everything else limit,
    )
    print_json(answer) if as_json else _print(answer)


def _print(answer: History) -> None:
    from tfx_hallmark.cli.tables import KIND_STYLES, Page

    page = Page()
    if not answer.events:
        page.line(f"{answer.model} has no such events")
        return
    rows = [
        (
            str(event.seq),
            minute(event.time),
            (event.kind, KIND_STYLES.get(event.kind, "")),
            event.version,
            "-" if event.release is None else str(event.release),
            event.actor,
            event.sentence,
        )
        for event in answer.events
    ]
    headers = ("seq", "time (utc)", "kind", "version", "release", "actor", "what")
    page.table(headers, rows, right=(0, 4))
    if answer.more:
        page.line(("older events not shown: use --limit N or --all", "dim"))
