"""`hallmark log`: what happened to a model."""

import click

from tfx_hallmark.answers.event_filter import EventFilter
from tfx_hallmark.answers.history import KINDS, History, tell
from tfx_hallmark.answers.text import minute
from tfx_hallmark.cli import options, time_options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.store_url import Root


@click.command("log")
@options.model
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(KINDS),
    multiple=True,
    help="Show this kind of event only; may be given more than once.",
)
@click.option(
    "--actor",
    default="",
    metavar="TEXT",
    help="Show what was done by whoever has TEXT in the name, such as maria or @ci-3; case does not matter.",
)
@time_options.since
@time_options.until
@options.limit
@options.everything
@options.root
@options.as_json
def command(
    model: str,
    kinds: tuple[str, ...],
    actor: str,
    since: str | None,
    until: str | None,
    limit: int,
    everything: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Tell what happened to a model, newest first, as `git log` does.

    Conditions add up: an event is shown if it meets all of them.

    \b
    Examples:
      hallmark log penguin
      hallmark log penguin --kind refused --limit 5
      hallmark log penguin --kind promoted --kind rolled_back --actor maria
      hallmark log penguin --since 2026-11-20 --until "2026-11-21 06:00"
      hallmark log penguin --since 90m
      hallmark log penguin --all --json
    """  # noqa: D301
    wanted = EventFilter(kinds=kinds, actor=actor, since=since, until=until)
    with said_if_slow(f"reading the log of {model}"):
        events = open_model(open_registry(root), model).newest_first()
        answer = tell(model, events, limit=None if everything else limit, wanted=wanted)
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
