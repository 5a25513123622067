"""What was held against thresholds, as a table."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

from tfx_hallmark.answers.explanation import CheckLine
from tfx_hallmark.answers.text import number
from tfx_hallmark.cli.tables import Cell, Page
from tfx_hallmark.registry.gating.result import GateCheck

Line: TypeAlias = CheckLine | GateCheck


def print_checks(page: Page, checks: Sequence[Line]) -> None:
    """Print a line for each threshold on each slice."""
    if not checks:
        page.line("No threshold was checked.")
        return
    # Evidence of older versions counts no examples, and few gates ask for intervals.
    columns = {name: column for name, column in _COLUMNS.items() if any(map(column.told, checks))}
    rows = [tuple(column.cell(check) for column in columns.values()) for check in checks]
    right = [index for index, column in enumerate(columns.values()) if column.right]
    page.table(tuple(columns), rows, right=right)


class _Column(NamedTuple):
    cell: Callable[[Line], Cell]
    right: bool = False
    told: Callable[[Line], bool] = lambda _: True


def _interval(check: Line) -> str:
    if check.interval is None:
        return "-"
    least, greatest = check.interval
    return f"{number(least, sign='+')} to {number(greatest, sign='+')}"


def _outcome(check: Line) -> Cell:
    if not check.judged:
        return ("-", "dim")
    return ("pass", "green") if check.passed else ("FAIL", "bold red")


_COLUMNS = {
    "metric": _Column(lambda check: check.metric),
    "slice": _Column(lambda check: check.slice),
    "examples": _Column(
        lambda check: "-" if check.examples is None else str(check.examples),
        right=True,
        told=lambda check: check.examples is not None,
    ),
    "candidate": _Column(lambda check: number(check.candidate), right=True),
    "baseline": _Column(lambda check: number(check.baseline), right=True),
    "improvement": _Column(_interval, right=True, told=lambda check: check.interval is not None),
    "margin": _Column(lambda check: number(check.margin, sign="+"), right=True),
    "": _Column(_outcome),
    "required": _Column(lambda check: f"{check.threshold} ({check.note})" if check.note else check.threshold),
}
