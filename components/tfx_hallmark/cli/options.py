"""Arguments and options that several commands share, as decorators."""

from pathlib import Path

import click

from tfx_hallmark.registry.actor import check_reason
from tfx_hallmark.registry.errors import ConfigError


def _given(_: click.Context, __: click.Parameter, reason: str) -> str:
    try:
        return check_reason(reason)
    except ConfigError as error:
        raise click.BadParameter(str(error)) from error


root = click.option(
    "--root",
    type=click.Path(path_type=Path),
    envvar="HALLMARK_ROOT",
    show_envvar=True,
    metavar="DIR",
    help="Registry root; by default what hallmark.yaml here says.",
)
metadata = click.option(
    "--metadata",
    envvar="HALLMARK_METADATA",
    show_envvar=True,
    metavar="STORE",
    help="ML Metadata: a SQLite file, or mysql://, postgresql:// or grpc:// with [USER@]HOST:PORT[/DATABASE]; "
    "by default what hallmark.yaml here says.",
)
reason = click.option(
    "--reason", required=True, callback=_given, metavar="TEXT", help="Why; it stays on record."
)
dry_run = click.option("--dry-run", is_flag=True, help="Say what would happen, and change nothing.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
limit = click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=50,
    show_default=True,
    metavar="N",
    help="Show the newest N.",
)
everything = click.option("--all", "everything", is_flag=True, help="Show all, whatever the limit.")
model = click.argument("model")
any_model = click.argument("model", required=False)
reference = click.argument("reference", metavar="REF")
