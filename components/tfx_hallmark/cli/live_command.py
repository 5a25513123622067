"""`hallmark live`: what is served by default."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.answers.serving import Live, LiveList, all_that_serves, what_serves
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.cli.text import minute, second

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell


@click.command("live")
@options.any_model
@options.root
@options.as_json
def command(model: str | None, root: Path | None, as_json: bool) -> None:
    """Tell what serves by default: the release behind the label `stable`.

    A model of which nothing is stable is an error (exit code 1) when it is asked for by name.

    \b
    Examples:
      hallmark live                       every model
      hallmark live penguin               one model: release, digest, since when, by whom
      hallmark live penguin --json
    """  # noqa: D301
    registry = open_registry(root)
    if model is None:
        everything = all_that_serves(registry)
        print_json(everything) if as_json else _print_all(everything)
        return
    live = what_serves(open_model(registry, model))
    print_json(live) if as_json else _print(live)


def _print_all(answer: LiveList) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    if not answer.live and not answer.nothing:
        page.line(f"{answer.root} has no models yet")
        return
    rows: list[tuple[Cell, ...]] = [
        ((live.model, "bold"), (live.version, "green"), str(live.release), minute(live.since), live.actor)
        for live in answer.live
    ]
    rows += [((name, "bold"), "-", "-", "-", "-") for name in answer.nothing]
    page.table(("model", "version", "release", "since (utc)", "by"), rows, right=(2,))


def _print(live: Live) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line((f"{live.model} {live.version}", "bold"), "  ", (f"release {live.release}", "green"))
    page.facts(
        [
            ("since", second(live.since)),
            ("by", f"{live.actor} ({live.kind}, event {live.event})"),
            *([("reason", live.reason)] if live.reason else []),
            ("digest", live.digest),
            ("path", live.path),
        ]
    )
