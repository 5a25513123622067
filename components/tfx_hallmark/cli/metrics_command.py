"""`hallmark metrics`: what Prometheus is told, where no page runs."""

from pathlib import Path

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.output_file import standard_output_in
from tfx_hallmark.cli.root import open_registry
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.store_url import Root

# Each run looks back from the end of the log anew, but is in no hurry: no scrape waits for it.
_LOOK_BACK_SECONDS = 10.0


@click.command("metrics")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.prom",
    help="Write this file instead, whole or not at all: one in the directory of node_exporter's textfile collector.",
)
@options.root
def command(output: Path | None, root: Root | None) -> None:
    """Print what a Prometheus server scrapes from /metrics of 'hallmark ui', in its text format.

    With -o, from a timer, it is for hosts on which no page runs. A model whose records are damaged is told as
    that, and is no error.

    \b
    Examples:
      hallmark metrics
      hallmark metrics -o /var/lib/node_exporter/textfile/hallmark.prom
    """  # noqa: D301
    try:
        from tfx_hallmark.dashboard.metrics.exposition import Exposition
    except ImportError as error:
        msg = f"the metrics cannot be made here ({error}): pip install 'tfx-hallmark[ui]'"
        raise ConfigError(msg) from error
    from tfx_hallmark.dashboard.settings import Settings
    from tfx_hallmark.dashboard.source import Source

    source = Source(Settings(root=open_registry(root).root))
    text, _ = Exposition(source, look_back=_LOOK_BACK_SECONDS).answer()
    if output is None:
        click.echo(text, nl=False)
        return
    with standard_output_in(output):
        click.echo(text.decode(), nl=False)
