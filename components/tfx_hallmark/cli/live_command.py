"""`hallmark live`: what is, or was, served by default."""

from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.serving import Live, LiveList, all_that_serves, what_serves
from tfx_hallmark.answers.text import minute, second
from tfx_hallmark.cli import options, time_options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.patience import said_if_slow
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell


@click.command("live")
@options.any_model
@time_options.at
@click.option(
    "--servers",
    is_flag=False,
    flag_value="",
    metavar="[URL,...]",
    help="Ask these model servers what they really serve; without a value, those of 'hallmark config'.",
)
@options.root
@options.as_json
def command(model: str | None, at: str | None, servers: str | None, root: Root | None, as_json: bool) -> None:
    """Tell what serves by default: the release behind the label `stable`.

    A model of which nothing is stable is an error (exit code 1) when it is asked for by name. So is
    a moment before anything happened. With --servers, so is a server that does not serve what it should,
    or cannot be asked, and servers that answer the same request from different releases (split).

    \b
    Examples:
      hallmark live                                    every model
      hallmark live penguin                            one model: release, digest, since when, by whom, why
      hallmark live penguin --at "2026-11-20 21:30"    what served then, and until when
      hallmark live --at 2h                            what every model served two hours ago
      hallmark live penguin --servers http://a:8501,http://b:8501
      hallmark live penguin --json
    """  # noqa: D301
    registry = open_registry(root)
    if servers is not None:
        if at is not None:
            msg = "Servers tell what they serve now: leave out --at or --servers."
            raise click.UsageError(msg)
        _ask_servers(registry, model, servers, as_json=as_json)
        return
    if model is None:
        with said_if_slow("reading the logs"):
            everything = all_that_serves(registry, at=at)
        print_json(everything) if as_json else _print_all(everything)
        return
    with said_if_slow(f"reading the log of {model}"):
        live = what_serves(open_model(registry, model), at=at)
    print_json(live) if as_json else _print(live)


def _ask_servers(registry: Registry, model: str | None, servers: str, *, as_json: bool) -> None:
    from tfx_hallmark.answers.servers import live_on_servers
    from tfx_hallmark.cli.server_lines import print_servers
    from tfx_hallmark.registry.serving.model_status import check_address

    chosen = [check_address(part) for part in servers.split(",") if part.strip()]
    asked = tuple(dict.fromkeys(chosen)) or registry.settings.read().servers
    if not asked:
        msg = "No model server is known: give --servers http://HOST:8501, or set them by 'hallmark config --servers'."
        raise click.UsageError(msg)
    models = [open_model(registry, name) for name in ([model] if model else registry.models())]
    with said_if_slow("asking the model servers"):
        answer = live_on_servers(registry, models, asked)
    print_json(answer) if as_json else print_servers(answer)
    if any(each.wrong for each in answer.models):
        click.get_current_context().exit(1)


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
    if answer.at is not None:
        page.line((f"as of {second(answer.at)}", "dim"))


def _print(live: Live) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line((f"{live.model} {live.version}", "bold"), "  ", (f"release {live.release}", "green"))
    page.facts(
        [
            *([] if live.at is None else [("as of", second(live.at))]),
            ("since", second(live.since)),
            *([] if live.until is None else [("until", second(live.until))]),
            ("by", f"{live.actor} ({live.kind}, event {live.event})"),
            ("why", live.sentence),
            ("digest", live.digest),
            ("path", live.path),
        ]
    )
