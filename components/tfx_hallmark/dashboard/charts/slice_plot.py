"""A metric on the slices of one version: its value, the baseline's on the same data, and what was required."""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.text import number
from tfx_hallmark.dashboard.charts.scale import Tick, fit

_WIDTH, _LEFT, _RIGHT, _TOP, _ROW, _BOTTOM = 1100, 260, 40, 8, 28, 30
_LETTERS = 34  # of a slice's name; hovering tells the whole


class SliceValue(msgspec.Struct, frozen=True, kw_only=True):
    """What one slice has.

    Attributes:
        name: The slice, in words.
        value: The version's value.
        baseline: The baseline's on the same data; None if there is none.
        bound: Least or greatest value allowed; None for no bound.
        missed: Whether a threshold is missed there.
    """

    name: str
    value: float
    baseline: float | None = None
    bound: float | None = None
    missed: bool = False


class SliceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One slice in the plot.

    Attributes:
        name: The slice, cut short if it is long.
        title: What hovering tells.
        y: Coordinate.
        x: Coordinate of the value.
        baseline: Coordinate of the baseline's value; None for none.
        bound: Coordinate of the bound; None for none.
        missed: Whether a threshold is missed there.
    """

    name: str
    title: str
    y: float
    x: float
    baseline: float | None
    bound: float | None
    missed: bool


class SlicePlot(msgspec.Struct, frozen=True, kw_only=True):
    """The plot, ready to be drawn.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        left: Where the plotting area begins.
        top: Where it begins above.
        bottom: Where it ends below.
        ticks: Values on the axis below.
        rows: The slices, from above.
    """

    width: int = _WIDTH
    height: int
    left: int = _LEFT
    top: int = _TOP
    bottom: int
    ticks: list[Tick]
    rows: list[SliceRow]


def slice_plot(values: Sequence[SliceValue]) -> SlicePlot | None:
    """Lay out the plot; None if there is nothing to plot.

    Args:
        values: The slices, in the order in which they are drawn.
    """
    if not values:
        return None
    known = [
        number for one in values for number in (one.value, one.baseline, one.bound) if number is not None
    ]
    scale = fit(known, start=_LEFT, end=_WIDTH - _RIGHT, ticks=6)
    bottom = _TOP + _ROW * len(values)
    return SlicePlot(
        height=bottom + _BOTTOM,
        bottom=bottom,
        ticks=scale.ticks(),
        rows=[
            SliceRow(
                name=one.name if len(one.name) <= _LETTERS else f"{one.name[: _LETTERS - 1]}…",
                title=_title(one),
                y=_TOP + _ROW * (place + 0.5),
                x=scale.at(one.value),
                baseline=None if one.baseline is None else scale.at(one.baseline),
                bound=None if one.bound is None else scale.at(one.bound),
                missed=one.missed,
            )
            for place, one in enumerate(values)
        ],
    )


def _title(one: SliceValue) -> str:
    told = f"{one.name}: {number(one.value)}"
    if one.baseline is not None:
        told += f", baseline {number(one.baseline)}"
    return told if one.bound is None else f"{told}, required {number(one.bound)}"
