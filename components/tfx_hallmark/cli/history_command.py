"""`hallmark history`: a metric from version to version."""

import sys
from pathlib import Path

import click

from tfx_hallmark.answers.listing import STATUSES
from tfx_hallmark.answers.measured import on
from tfx_hallmark.answers.metric_history import MetricHistory, MetricPoint, metric_history
from tfx_hallmark.answers.text import counted, minute, number
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.progress import Progress
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.cli.sparkline import sparkline
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.registry.store_url import Root

_FORMS = (".png", ".svg")


@click.command("history")
@options.model
@click.option(
    "--metric", metavar="NAME", help="By default the one that the gate decided on last; the others are named."
)
@click.option("--slice", "where", metavar="FEATURE:VALUE", help="By default all examples.")
@click.option("--status", type=click.Choice(STATUSES), help="Show versions of one status only.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw it into FILE too: .svg or .png, in place of an earlier one.",
)
@options.limit
@options.everything
@options.root
@options.as_json
def command(
    model: str,
    metric: str | None,
    where: str | None,
    status: str | None,
    output: Path | None,
    limit: int,
    everything: bool,
    root: Root | None,
    as_json: bool,
) -> None:
    """Show how a metric went from version to version, oldest first.

    Every version is shown: refused candidates too, and without a value those that were never evaluated. DELTA is
    the difference from the last version before that was not refused. Each version was evaluated on the data of its
    own pipeline run; STABLE THEN is what the baseline had on the same data.

    \b
    Examples:
      hallmark history penguin
      hallmark history penguin --metric sparse_categorical_accuracy
      hallmark history penguin --metric accuracy --slice island:Dream --status published
      hallmark history penguin --metric accuracy --output accuracy.svg
      hallmark history penguin --all --json
    """  # noqa: D301
    if output is not None and output.suffix.lower() not in _FORMS:
        msg = f"'{output}' is no picture: give it a name that ends in {' or '.join(_FORMS)}"
        raise click.UsageError(msg)
    progress = Progress(f"{model}: versions read")
    try:
        answer = metric_history(
            open_model(open_registry(root), model),
            metric=metric,
            where=where,
            fits=lambda found: status in (None, found),
            limit=None if everything else limit,
            on_progress=progress,
        )
    finally:
        progress.end()
    if output is not None:
        LocalStorage(output.absolute().parent).replace(output.name, _drawn(answer, output))
    print_json(answer) if as_json else _print(answer, output)


def _drawn(answer: MetricHistory, output: Path) -> bytes:
    if output.suffix.lower() == ".svg":
        try:
            from tfx_hallmark.dashboard.history_file import svg_file
        except ImportError as error:
            msg = f"{output} cannot be drawn here ({error}): pip install 'tfx-hallmark[ui]'"
            raise ConfigError(msg) from error
        return svg_file(answer).encode()
    try:
        from tfx_hallmark.dashboard.charts.png import metric_png
    except ImportError as error:
        msg = f"{output} cannot be drawn here ({error}): pip install 'tfx-hallmark[plots]', or draw an .svg"
        raise ConfigError(msg) from error
    return metric_png(answer)


def _print(answer: MetricHistory, output: Path | None) -> None:
    from tfx_hallmark.cli.tables import STATUS_STYLES, Page

    page = Page()
    page.line((f"{answer.model} {answer.metric}", "bold"), f" {on(answer.slice)}")
    line = sparkline(answer.values)
    if line and _can_draw(line):
        low, high = min(answer.values), max(answer.values)
        page.line((line, "cyan"), (f"  {number(low)} to {number(high)}", "dim"))
    page.line("")
    rows = [
        (
            (point.version, "bold" if "stable" in point.labels else ""),
            ", ".join(map(str, point.releases)) or "-",
            (point.status, STATUS_STYLES.get(point.status, "")),
            ", ".join(point.labels) or "-",
            number(point.value),
            number(point.delta, sign="+"),
            _baseline(point),
            minute(point.created),
            point.remark,
        )
        for point in answer.points
    ]
    headers = (
        "version",
        "release",
        "status",
        "labels",
        "value",
        "delta",
        "stable then",
        "created (utc)",
        "remarks",
    )
    page.table(headers, rows, right=(1, 4, 5))
    if answer.more:
        page.line((f"{counted(answer.more, 'older version')} not shown: use --limit N or --all", "dim"))
    for title, names, chosen in (
        ("--metric", answer.metrics, answer.metric),
        ("--slice", answer.slices, answer.slice),
    ):
        others = [name for name in names if name != chosen]
        if others:
            page.line((f"other {title[2:]}s: {', '.join(others)}", "dim"))
    if output is not None:
        page.line(f"drawn: {output}")


def _baseline(point: MetricPoint) -> str:
    if point.baseline is None:
        return "-"
    return (
        f"{number(point.baseline)} ({point.baseline_version})"
        if point.baseline_version
        else number(point.baseline)
    )


def _can_draw(line: str) -> bool:
    """Tell whether standard output can carry the blocks; in some locales it cannot."""
    try:
        line.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
