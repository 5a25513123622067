"""Arguments and options that several commands share, as decorators."""

from pathlib import Path

import click

root = click.option(
    "--root",
    type=click.Path(path_type=Path),
    envvar="HALLMARK_ROOT",
    show_envvar=True,
    metavar="DIR",
    help="Registry root; by default what hallmark.yaml here says.",
)
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
