"""Options that take a time."""

import click

from tfx_hallmark.registry.time_travel import FORMS, parse_past_time, parse_time


def _any_time(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    return None if text is None else parse_time(text)


def _past_time(_: click.Context, __: click.Parameter, text: str | None) -> str | None:
    return None if text is None else parse_past_time(text)


at = click.option(
    "--at",
    callback=_past_time,
    metavar="TIME",
    help=f"Tell what was true then. TIME is {FORMS}; without a zone it is UTC.",
)
since = click.option(
    "--since",
    callback=_any_time,
    metavar="TIME",
    help=f"Show events of this time or later. TIME is {FORMS}; without a zone it is UTC, a date is its first instant.",
)
until = click.option(
    "--until", callback=_any_time, metavar="TIME", help="Show events of this time or earlier."
)
