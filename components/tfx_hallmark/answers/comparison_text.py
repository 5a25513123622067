"""A comparison of versions in words and cells, as text, Markdown and pages show it."""

import itertools
from collections.abc import Iterator

import msgspec

from tfx_hallmark.answers.text import counted, number, second, size
from tfx_hallmark.registry.comparing.changes import Changes
from tfx_hallmark.registry.comparing.measures import Bound, Measured, Reading
from tfx_hallmark.registry.comparison import Row, VersionComparison
from tfx_hallmark.registry.version_facts import Value

NOTHING = "-"
_DIGEST = 15  # characters that tell one digest from another
_MOST = 8  # lines about one part of a version; the rest is counted


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a table.

    Attributes:
        name: What it is about.
        cells: One per version.
    """

    name: str
    cells: tuple[str, ...]


def row_line(row: Row) -> Line:
    """Return a row as a line; what was measured has its difference from the first version with it."""
    if row.measured is not None:
        return Line(name=row.name, cells=tuple(map(_reading, row.measured.readings)))
    return Line(name=row.name, cells=tuple(cell(value, row.unit) for value in row.values))


def lines_under(row: Row) -> list[Line]:
    """Return what stands under a metric: on how many examples it was measured, and each threshold on it."""
    return [] if row.measured is None else list(_under(row.measured))


def cell(value: Value | None, unit: str) -> str:
    """Write one value, by its unit as of `comparison.Row`; a digest is cut short."""
    if value is None:
        return NOTHING
    if unit == "bytes":
        return size(int(value))
    if unit == "metric":
        return number(float(value))
    if unit == "seconds":
        return f"{float(value):,.1f} s"
    text = str(value)
    if unit == "time":
        return second(text)
    return f"{text[:_DIGEST]}…" if unit == "digest" else text


def headline(changes: Changes, first: str) -> str:
    """Write what kind of step it is from the first version to another: `1.1.0 against 1.0.0: minor`."""
    return f"{changes.version} against {first}: {changes.step}"


def told(changes: Changes) -> list[tuple[str, str]]:
    """Return what changed, a line each with the part that it is about; of many on one part the rest is counted."""
    found = []
    for part, lines in itertools.groupby(changes.lines, key=lambda line: line[0]):
        texts = [text for _, text in lines]
        found += [(part, text) for text in texts[:_MOST]]
        if len(texts) > _MOST:
            found.append((part, f"and {len(texts) - _MOST} more"))
    return found


def equal_rows(answer: VersionComparison) -> str:
    """Write how many rows are the same in all versions."""
    return f"{counted(answer.equal, 'row')} {'is' if answer.equal == 1 else 'are'} the same in all versions"


def _reading(reading: Reading) -> str:
    value = number(reading.value)
    if reading.delta is None:
        return value
    if reading.change == "same":
        return f"{value} (same)"
    return f"{value} ({number(reading.delta, sign='+')}, {reading.change})"


def _under(measured: Measured) -> Iterator[Line]:
    readings = measured.readings
    if any(reading.examples is not None for reading in readings):
        cells = (NOTHING if one.examples is None else f"{one.examples:,}" for one in readings)
        yield Line(name="examples", cells=tuple(cells))
    for threshold in dict.fromkeys(bound.threshold for one in readings for bound in one.bounds):
        found = (
            next((bound for bound in one.bounds if bound.threshold == threshold), None) for one in readings
        )
        yield Line(name=threshold, cells=tuple(NOTHING if one is None else _bound(one) for one in found))


def _bound(bound: Bound) -> str:
    if not bound.judged:
        return f"{bound.note or 'not judged'}{_interval(bound)}"
    outcome = "met" if bound.passed else "MISSED"
    by = "" if bound.margin is None else f" by {number(abs(bound.margin))}"
    if bound.margin == 0:
        by = ": just reached" if bound.passed else ": just reached, which is not enough"
    note = f" ({bound.note})" if bound.note else ""
    return f"{outcome}{by}{note}{_interval(bound)}"


def _interval(bound: Bound) -> str:
    if bound.interval is None:
        return ""
    least, most = (number(end, sign="+") for end in bound.interval)
    share = "" if bound.confidence is None else f"{bound.confidence * 100:g}% "
    return f", {share}interval {least} to {most}"
