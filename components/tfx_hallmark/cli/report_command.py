"""`hallmark report`: the pages of `hallmark ui` as files."""

from pathlib import Path

import click

from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.metadata import open_connection
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.store_url import Root


@click.command("report")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    required=True,
    metavar="DIR|FILE.html",
    help="Where to write; an earlier report there is replaced.",
)
@click.option("--model", metavar="MODEL", help="Report on this model only.")
@click.option(
    "--versions",
    "newest",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    metavar="N",
    help="Show the newest N versions of each model in detail; those with a label always are.",
)
@options.metadata
@options.root
def command(out: Path, model: str | None, newest: int, metadata: str | None, root: Root | None) -> None:
    """Write the registry's pages as files: to attach, to archive, to open without a server.

    FILE.html is one file that holds everything. DIR gets a page per model and per version, linked with each
    other. Both need no script and load nothing from elsewhere. With ML Metadata, the lineage of what serves is
    drawn too.

    \b
    Examples:
      hallmark report --out penguin.html --model penguin
      hallmark report --out site --versions 100
      hallmark report --out report.html --metadata output/metadata.sqlite
    """  # noqa: D301
    try:
        from tfx_hallmark.dashboard.report import Report
        from tfx_hallmark.dashboard.report_output import (
            check_place,
            is_one_file,
            write_folder,
            write_one_file,
        )
        from tfx_hallmark.dashboard.settings import Settings
        from tfx_hallmark.dashboard.source import Source
    except ImportError as error:
        msg = f"the pages cannot be made here ({error}): pip install 'tfx-hallmark[ui]'"
        raise ConfigError(msg) from error

    check_place(out)
    settings = Settings(root=open_registry(root).root, metadata=open_connection(metadata))
    report = Report(Source(settings), model=model, newest=newest)
    progress = Progress("pages of the report")
    try:
        if is_one_file(out):
            write_one_file(out, report.one_file(on_progress=progress))
        else:
            write_folder(out, report.files(on_progress=progress))
    finally:
        progress.end()
    click.echo(f"{out}: {counted(report.pages, 'page')}")
