"""`hallmark card`: the model card of a version."""

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import click

from tfx_hallmark.answers.card import Card, card
from tfx_hallmark.answers.card_markdown import as_markdown
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.text import counted
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.registry.store_url import Root

if TYPE_CHECKING:
    from tfx_hallmark.registry.model import Model

_BY_SUFFIX = {".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"}


@click.command("card")
@options.reference
@click.option(
    "--format",
    "form",
    type=click.Choice(["markdown", "html"]),
    help="How it is written; by default as the name of FILE says, else as Markdown.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write it into FILE, in place of an earlier one.",
)
@options.root
@options.as_json
def command(reference: str, form: str | None, output: Path | None, root: Root | None, as_json: bool) -> None:
    """Write the model card of a version: what it is and is for, how good it is, how it was made and judged.

    Everything on it is on record. What is not says how to fill it: what only people know are notes, by
    'hallmark annotate REF --label KEY=TEXT' with the keys owner, contact, license, references, intended_use, users,
    out_of_scope, data_description, limitations, tradeoffs, ethical_considerations and mitigation. HTML is one file
    that loads nothing. With Markdown the plots are SVG files in FILE's folder, under the name of FILE with '.files'.

    \b
    Examples:
      hallmark card penguin@stable
      hallmark card penguin@1.2.0 -o card.html
      hallmark card penguin@1.2.0 -o MODEL_CARD.md
      hallmark card penguin@stable --format html -o card
      hallmark card penguin@stable --json
    """  # noqa: D301
    if as_json and (form or output):
        msg = "--json prints the card's content: leave --format and --output away"
        raise click.UsageError(msg)
    named = parse_reference(reference)
    model = open_model(open_registry(root), named.model)
    answer = card(model, named.value)
    form = form or _BY_SUFFIX.get("" if output is None else output.suffix.lower(), "markdown")
    if as_json:
        print_json(answer)
    elif form == "html":
        _put(_html(model, answer), output)
    elif output is None:
        note = (
            ""
            if answer.metric is None
            else "The plots are left out: give a file by -o, and they are put beside it."
        )
        _put(as_markdown(answer, pictures=(), note=note), None)
    else:
        _write_markdown(answer, output)
    if output is not None:
        gaps = f", {counted(answer.gaps, 'line')} to fill" if answer.gaps else ""
        click.echo(f"{output}: {answer.model} {answer.version}{gaps}")


def _put(text: str, output: Path | None) -> None:
    if output is None:
        click.echo(text, nl=False)
    else:
        LocalStorage(output.absolute().parent).replace(output.name, text.encode("utf-8", "backslashreplace"))


def _html(model: "Model", answer: Card) -> str:
    try:
        from tfx_hallmark.dashboard.card_file import html_file
    except ImportError as error:
        msg = f"HTML cannot be made here ({error}): pip install 'tfx-hallmark[ui]', or take --format markdown"
        raise ConfigError(msg) from error
    return html_file(answer, root=as_text(model.root))


def _write_markdown(answer: Card, output: Path) -> None:
    files = output.with_name(f"{output.stem}.files")
    try:
        from tfx_hallmark.dashboard.card_file import plot_files
    except ImportError as error:
        note = f"The plots are left out, for they cannot be drawn here ({error}): pip install 'tfx-hallmark[ui]'."
        _put(as_markdown(answer, pictures=(), note="" if answer.metric is None else note), output)
        return
    pictures = []
    for name, (title, svg) in plot_files(answer).items():
        LocalStorage(files.absolute()).replace(name, svg.encode())
        pictures.append((title, f"{quote(files.name)}/{name}"))
    _put(as_markdown(answer, pictures=pictures), output)
