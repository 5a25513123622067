"""`hallmark compare`: versions of one model side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tfx_hallmark.answers.text import counted, number, second, size
from tfx_hallmark.cli import options
from tfx_hallmark.cli.as_json import print_json
from tfx_hallmark.cli.root import open_model, open_registry
from tfx_hallmark.registry.comparison import Row, Section, VersionComparison, compare
from tfx_hallmark.registry.names import parse_reference

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell, Page
    from tfx_hallmark.registry.model import Model

_WIDEST = 40  # columns of the screen; a longer text breaks the table that it stands in
_DIGEST = 15  # characters that tell one digest from another


@click.command("compare")
@click.argument("references", metavar="REF REF...", nargs=-1, required=True)
@click.option(
    "--all/--only-changed",
    "everything",
    default=False,
    help="Show also what is the same in all versions; by default only what differs.",
)
@options.root
@options.as_json
def command(references: tuple[str, ...], everything: bool, root: Path | None, as_json: bool) -> None:
    """Set versions of one model side by side: data, code, hyperparameters, metrics and the rest.

    After the first, a reference may leave the model's name out. Digests are cut short; --json has all of them.

    \b
    Examples:
      hallmark compare penguin@1.0.0 penguin@stable
      hallmark compare penguin@stable @canary @latest
      hallmark compare penguin@1 penguin@2 --all --json
    """  # noqa: D301
    registry = open_registry(root)
    models: dict[str, Model] = {}
    versions = []
    for named in map(parse_reference, _completed(references)):
        if named.model not in models:
            models[named.model] = open_model(registry, named.model)
        versions.append(models[named.model].version(named.value))
    answer = compare(versions)
    shown = answer if everything else answer.only_changed()
    print_json(shown) if as_json else _print(shown, everything=everything)


def _completed(references: Sequence[str]) -> list[str]:
    """Give `@stable` the model of the first reference."""
    model = references[0].partition("@")[0]
    return [f"{model}{text}" if text.startswith("@") else text for text in references]


def _print(answer: VersionComparison, *, everything: bool) -> None:
    from tfx_hallmark.cli.tables import Page

    page = Page()
    page.line((f"{answer.model} {', '.join(answer.versions)}", "bold"))
    for section in answer.sections:
        _print_section(page, section, answer.versions, mark=everything)
    page.line("")
    if everything:
        page.line(f"* marks what differs; {_equal(answer)}")
    elif not answer.sections:
        page.line(f"nothing differs; {_equal(answer)}")
    else:
        page.line((f"{_equal(answer)} and not shown: use --all", "dim"))


def _equal(answer: VersionComparison) -> str:
    return f"{counted(answer.equal, 'row')} {'is' if answer.equal == 1 else 'are'} the same in all versions"


def _print_section(page: "Page", section: Section, versions: Sequence[str], *, mark: bool) -> None:
    page.heading(section.title)
    short: list[tuple[Cell, list[str]]] = []
    long: list[tuple[Cell, list[str]]] = []
    for row in section.rows:
        cells = [_text(value, row) for value in row.values]
        name: Cell = (f"* {row.name}", "bold") if mark and row.changed else row.name
        (short if max(map(len, cells)) <= _WIDEST else long).append((name, cells))
    if short:
        page.table(("", *versions), [(name, *cells) for name, cells in short])
    for name, cells in long:
        page.line(name)
        page.facts((f"  {version}", cell) for version, cell in zip(versions, cells, strict=True))


def _text(value: str | int | float | None, row: Row) -> str:
    if value is None:
        return "-"
    if row.unit == "bytes":
        return size(int(value))
    if row.unit == "metric":
        return number(float(value))
    text = str(value)
    if row.unit == "time":
        return second(text)
    return f"{text[:_DIGEST]}…" if row.unit == "digest" else text
