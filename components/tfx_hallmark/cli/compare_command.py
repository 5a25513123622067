"""`hallmark compare`: versions of one model side by side."""

import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.evaluate_on import FurtherData, compared_on, on_further_data
from tfx_hallmark.cli.output_file import standard_output_in
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.comparison import VersionComparison, compare
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.registry.model import Model
    from tfx_hallmark.registry.version import Version

_FORMATS = ("text", "json", "markdown", "html")
_BY_SUFFIX = {".json": "json", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


@click.command("compare")
@click.argument("references", metavar="REF REF...", nargs=-1, required=True)
@click.option(
    "--all/--only-changed",
    "everything",
    default=False,
    help="Show also what is the same in all versions; by default only what differs.",
)
@click.option("--code", is_flag=True, help="Show how the stored code differs, as unified diffs.")
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    help="How it is written; by default as the name of FILE says, else as text.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write it into FILE, in place of an earlier one.",
)
@on_further_data
@options.root
@options.as_json
def command(
    references: tuple[str, ...],
    everything: bool,
    code: bool,
    form: str | None,
    output: Path | None,
    root: Root | None,
    as_json: bool,
    on: FurtherData | None,
) -> None:
    """Set versions of one model side by side: data, code, hyperparameters, metrics and the rest.

    The first is what the others are held against. After it, a reference may leave the model's name out. Digests
    are cut short; --json, which is --format json, has all of them. HTML is one file that loads nothing.

    \b
    Examples:
      hallmark compare penguin@1.0.0 penguin@stable
      hallmark compare penguin@stable @canary @latest --code
      hallmark compare penguin@1 penguin@2 --all --json
      hallmark compare penguin@stable @latest --format markdown
      hallmark compare penguin@stable @latest -o comparison.html
      hallmark compare penguin@stable @latest --on /data/2026-11/Split-eval
    """  # noqa: D301
    form = _form(form, output, as_json=as_json)
    registry = open_registry(root)
    models: dict[str, Model] = {}
    versions = []
    for named in map(parse_reference, _completed(references)):
        if named.model not in models:
            models[named.model] = open_model(registry, named.model)
        versions.append(models[named.model].version(named.value))
    answer = compare(versions, code=code)
    if on is not None:
        answer = compared_on(on, models[answer.model], versions, answer)
    shown = answer if everything else answer.only_changed()
    with contextlib.nullcontext() if output is None else standard_output_in(output):
        if form == "html":
            sys.stdout.write(_html(models[answer.model], versions, shown, everything=everything))
        else:
            _print(shown, form, everything=everything)
    if output is not None:
        click.echo(f"{output}: {answer.model} {', '.join(answer.versions)}")


def _form(form: str | None, output: Path | None, *, as_json: bool) -> str:
    if as_json and form not in (None, "json"):
        msg = f"--json and --format {form} exclude each other: give one of them"
        raise click.UsageError(msg)
    if as_json or form:
        return form or "json"
    return "text" if output is None else _BY_SUFFIX.get(output.suffix.lower(), "text")


def _completed(references: Sequence[str]) -> list[str]:
    """Give `@stable` the model of the first reference."""
    model = references[0].partition("@")[0]
    return [f"{model}{text}" if text.startswith("@") else text for text in references]


def _print(answer: VersionComparison, form: str, *, everything: bool) -> None:
    if form == "json":
        print_json(answer)
    elif form == "markdown":
        from tfx_hallmark.answers.comparison_markdown import as_markdown

        sys.stdout.write(as_markdown(answer, everything=everything))
    else:
        from tfx_hallmark.cli.compare_output import print_comparison

        print_comparison(answer, everything=everything)


def _html(
    model: "Model", versions: "Sequence[Version]", answer: VersionComparison, *, everything: bool
) -> str:
    try:
        from tfx_hallmark.dashboard.compare_file import html_file
    except ImportError as error:
        msg = f"HTML cannot be made here ({error}): pip install 'tfx-hallmark[ui]'"
        raise ConfigError(msg) from error

    return html_file(model, versions, answer, everything=everything)
