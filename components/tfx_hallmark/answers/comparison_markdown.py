"""A comparison of versions as Markdown that GitHub renders."""

import re
from collections.abc import Iterator, Sequence

from tfx_hallmark.answers.comparison_text import (
    NOTHING,
    Line,
    equal_rows,
    headline,
    lines_under,
    row_line,
    told,
)
from tfx_hallmark.answers.markdown_text import plain
from tfx_hallmark.registry.comparing.code_change import CodeDiff
from tfx_hallmark.registry.comparison import Section, VersionComparison

_FENCE = re.compile(r"`{3,}")


def as_markdown(answer: VersionComparison, *, everything: bool) -> str:
    """Write a comparison as Markdown.

    Args:
        answer: The comparison.
        everything: Whether what is the same in all versions is shown too; then what differs is marked.
    """
    return "\n".join(_page(answer, everything=everything)) + "\n"


def _page(answer: VersionComparison, *, everything: bool) -> Iterator[str]:
    yield f"# {plain(answer.model)} {', '.join(map(plain, answer.versions))}"
    for remark in answer.remarks:
        yield from ("", f"> {plain(remark)}")
    yield from ("", "## What changed")
    for changes in answer.changes:
        yield from ("", f"**{plain(headline(changes, answer.versions[0]))}**", "")
        yield from (f"- {part}: {plain(text)}" for part, text in told(changes))
    for section in answer.sections:
        yield from ("", f"## {plain(section.title)}", "", *_table(section, answer.versions, mark=everything))
    yield from ("", plain(f"{equal_rows(answer)}{'' if everything else ' and not shown'}."))
    for diff in answer.code:
        yield from ("", f"## {plain(diff.name)}: {plain(diff.version)}", "", *_diff(diff))


def _table(section: Section, versions: Sequence[str], *, mark: bool) -> Iterator[str]:
    yield _cells(["", *map(plain, versions)])
    yield _cells(["---"] * (len(versions) + 1))
    for row in section.rows:
        yield _line(row_line(row), bold=mark and row.changed)
        for line in lines_under(row):
            yield _line(line, indent="&emsp;")


def _line(line: Line, *, bold: bool = False, indent: str = "") -> str:
    name = plain(line.name)
    return _cells(
        [
            f"**{name}**" if bold else f"{indent}{name}",
            *(cell if cell == NOTHING else plain(cell) for cell in line.cells),
        ]
    )


def _cells(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _diff(diff: CodeDiff) -> Iterator[str]:
    if not diff.text:
        yield plain(diff.note)
        return
    # A fence longer than any within: a diff of a document may hold fences of its own.
    fence = "`" * max([3, *(len(found) + 1 for found in _FENCE.findall(diff.text))])
    yield from (f"{fence}diff", diff.text.rstrip("\n"), fence)
