"""`hallmark lineage`: what a version was made from, and what came of it."""

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.metadata import require_connection
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.registry.store_url import Root
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from tfx_hallmark.lineage.graph import LineageGraph
    from tfx_hallmark.lineage.lineage import Lineage
    from tfx_hallmark.lineage.reading.diff import LineageDiff
    from tfx_hallmark.lineage.reading.impact import Impact

Form = Literal["tree", "json", "dot", "svg", "html", "openlineage"]
_FORMS = ("tree", "json", "dot", "svg", "html", "openlineage")


@click.command("lineage")
@click.argument("reference", metavar="[REF]", required=False)
@click.option(
    "--direction",
    type=click.Choice(["upstream", "downstream", "both"]),
    default="both",
    show_default=True,
    help="What it was made from, what came of it, or both.",
)
@click.option(
    "--depth", type=click.IntRange(min=0), metavar="N", help="Go through at most N executions in a row."
)
@click.option("--diff", "other", metavar="REF", help="In what the making of this other version differed.")
@click.option("--impact", is_flag=True, help="Every version that was trained from the same data as REF.")
@click.option(
    "--impact-of",
    "subject",
    metavar="SUBJECT",
    help="Every version that was trained from it: artifact:12, uri:/data/…, span:3, examples:b3:…, "
    "schema:b3:… or module:b3:….",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    default="tree",
    show_default=True,
    help="How to write it; html is one file that opens anywhere.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it there, whole or not.",
)
@options.metadata
@options.root
@options.as_json
def command(
    reference: str | None,
    direction: Literal["upstream", "downstream", "both"],
    depth: int | None,
    other: str | None,
    impact: bool,
    subject: str | None,
    form: Form,
    out: Path | None,
    metadata: str | None,
    root: Root | None,
    as_json: bool,
) -> None:
    """Show what a version was made from, what evaluated and published it, and what came of it.

    \b
    Examples:
      hallmark lineage penguin@stable --metadata output/metadata.sqlite
      hallmark lineage penguin@1.2.0 --direction upstream --depth 3
      hallmark lineage penguin@1.2.0 --diff penguin@1.0.0
      hallmark lineage penguin@1.2.0 --impact
      hallmark lineage --impact-of artifact:12 --json
      hallmark lineage penguin@stable --format html --out lineage.html
    """  # noqa: D301
    form = "json" if as_json else form
    _check(reference, subject, form, other=other, impact=impact)
    registry = open_registry(root)
    lineage = _open(registry, metadata)
    found: LineageGraph | LineageDiff | Impact
    if subject is not None:
        found = lineage.impact(subject)
    else:
        version = _version(registry, str(reference))
        if other is not None:
            found = lineage.diff(version, _version(registry, other))
        elif impact:
            found = lineage.impact(_data_of(version))
        else:
            found = lineage.of(version, direction=direction, depth=depth)
    _write(found, form, out, direction)


def _check(
    reference: str | None, subject: str | None, form: Form, *, other: str | None, impact: bool
) -> None:
    if (reference is None) == (subject is None):
        msg = "give either a version, e.g. penguin@stable, or --impact-of SUBJECT"
        raise click.UsageError(msg)
    if (other is not None) + impact + (subject is not None) > 1:
        msg = "--diff, --impact and --impact-of are three questions: ask one"
        raise click.UsageError(msg)
    if other is not None and form not in ("tree", "json"):
        msg = f"--diff is a table, not a graph, so there is no --format {form} of it: use --json or none"
        raise click.UsageError(msg)


def _open(registry: Registry, metadata: str | None) -> "Lineage":
    connection = require_connection(metadata)
    from tfx_hallmark.lineage.lineage import Lineage

    return Lineage.open(registry, connection)


def _version(registry: Registry, reference: str) -> Version:
    named = parse_reference(reference)
    return open_model(registry, named.model).version(named.value)


def _data_of(version: Version) -> str:
    data = version.manifest.provenance.data
    if data is None:
        msg = (
            f"{version} was tagged without saying what data it was trained from; ask --impact-of artifact:ID"
        )
        raise NotFoundError(msg)
    return f"uri:{data.uri}"


def _write(
    found: "LineageGraph | LineageDiff | Impact", form: Form, out: Path | None, direction: str
) -> None:
    from tfx_hallmark.cli.lineage_output import write

    if out is None:
        write(found, form, direction=direction)
        return
    text = io.StringIO()
    with contextlib.redirect_stdout(text):
        write(found, form, direction=direction)
    LocalStorage(out.absolute().parent).replace(out.name, text.getvalue().encode())
