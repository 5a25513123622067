"""A comparison on a terminal."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfx_hallmark.answers.comparison_text import equal_rows, headline, lines_under, row_line, told
from tfx_hallmark.cli.tables import Page
from tfx_hallmark.registry.comparing.code_change import CodeDiff
from tfx_hallmark.registry.comparison import Section, VersionComparison

if TYPE_CHECKING:
    from tfx_hallmark.cli.tables import Cell

_WIDEST = 40  # columns of the screen; a longer text breaks the table that it stands in
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def print_comparison(answer: VersionComparison, *, everything: bool) -> None:
    """Print a comparison.

    Args:
        answer: The comparison.
        everything: Whether what is the same in all versions is shown too; then what differs is marked.
    """
    page = Page()
    page.line((f"{answer.model} {', '.join(answer.versions)}", "bold"))
    for changes in answer.changes:
        page.heading(headline(changes, answer.versions[0]))
        page.facts(told(changes))
    for section in answer.sections:
        print_section(page, section, answer.versions, mark=everything)
    page.line("")
    for remark in answer.remarks:
        page.line(("note: ", "yellow"), remark)
    if everything:
        page.line(f"* marks what differs; {equal_rows(answer)}")
    elif not answer.sections:
        page.line(f"nothing differs; {equal_rows(answer)}")
    else:
        page.line((f"{equal_rows(answer)} and not shown: use --all", "dim"))
    for diff in answer.code:
        _print_diff(page, diff)


def print_section(page: Page, section: Section, versions: Sequence[str], *, mark: bool) -> None:
    """Print what is known under one heading: short values in a table, long ones below it.

    Args:
        page: Where to print it.
        section: The section.
        versions: Semantic versions, in the order of the values.
        mark: Whether what differs is marked.
    """
    page.heading(section.title)
    short: list[tuple[Cell, tuple[str, ...]]] = []
    long: list[tuple[Cell, tuple[str, ...]]] = []
    for row in section.rows:
        line = row_line(row)
        name: Cell = (f"* {line.name}", "bold") if mark and row.changed else line.name
        widest = max(map(len, line.cells))
        (short if widest <= _WIDEST or row.measured else long).append((name, line.cells))
        short += [((f"  {under.name}", "dim"), under.cells) for under in lines_under(row)]
    if short:
        page.table(("", *versions), [(name, *cells) for name, cells in short])
    for name, cells in long:
        page.line(name)
        page.facts((f"  {version}", cell) for version, cell in zip(versions, cells, strict=True))


def _print_diff(page: Page, diff: CodeDiff) -> None:
    page.heading(f"{diff.name}: {diff.version}")
    if diff.note:
        page.line(diff.note)
    for line in diff.text.removesuffix("\n").split("\n") if diff.text else ():
        page.line((line.expandtabs(4), _STYLES.get(line[:1], "")))
