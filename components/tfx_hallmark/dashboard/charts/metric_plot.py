"""A metric over versions: each candidate's value, and the value of what it had to beat."""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.text import number
from tfx_hallmark.dashboard.charts.scale import Tick, fit

WIDTH, HEIGHT = 1100, 280
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 18, 34
_LABEL_ROOM = 64  # a version's number below the axis needs about this much


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate's value.

    Attributes:
        version: Semantic version.
        status: What it is listed as; it decides the shape.
        value: The candidate's value.
        baseline: What was stable then, on the same data; None if nothing was.
        beaten: Which version that was; empty if nothing was.
        labels: The labels that point to it now.
    """

    version: str
    status: str
    value: float
    baseline: float | None = None
    beaten: str = ""
    labels: tuple[str, ...] = ()


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """One candidate in the plot.

    Attributes:
        x: Coordinate.
        y: Coordinate.
        version: Semantic version.
        status: What it is listed as.
        title: What hovering tells.
        stable: Whether it is stable now.
    """

    x: float
    y: float
    version: str
    status: str
    title: str
    stable: bool


class MetricPlot(msgspec.Struct, frozen=True, kw_only=True):
    """The plot, ready to be drawn.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        left: Where the plotting area begins.
        right: Where it ends.
        bottom: Where it ends below.
        ticks: Values on the left axis.
        names: Versions below.
        marks: The candidates, oldest first.
        baseline: Path of what was stable; empty if nothing was.
        bound: Height of the newest bound; None for none, and for one too far off to be drawn to scale.
        bound_text: That bound in words; empty for none.
    """

    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    ticks: list[Tick]
    names: list[Tick]
    marks: list[Mark]
    baseline: str
    bound: float | None
    bound_text: str


def metric_plot(
    points: Sequence[Point], *, lower: float | None = None, upper: float | None = None
) -> MetricPlot | None:
    """Lay out the plot; None if there is nothing to plot.

    Args:
        points: Candidates, oldest first.
        lower: Least value that the gate allows now; None for no such bound.
        upper: Greatest value that the gate allows now; None for no such bound.
    """
    if not points:
        return None
    bound = lower if lower is not None else upper
    values = [value for point in points for value in (point.value, point.baseline) if value is not None]
    near = bound is not None and _is_near(bound, values)
    scale = fit([*values, bound] if near and bound is not None else values, start=HEIGHT - _BOTTOM, end=_TOP)
    band = (WIDTH - _LEFT - _RIGHT) / len(points)
    xs = [round(_LEFT + band * (place + 0.5), 1) for place in range(len(points))]
    every = max(1, -int(-_LABEL_ROOM // band))
    return MetricPlot(
        ticks=scale.ticks(),
        # Counted from the newest, which thus always has its name.
        names=[Tick(x, point.version) for x, point in list(zip(xs, points, strict=True))[::-1][::every]],
        marks=[
            Mark(
                x=x,
                y=scale.at(point.value),
                version=point.version,
                status=point.status,
                title=_title(point),
                stable="stable" in point.labels,
            )
            for x, point in zip(xs, points, strict=True)
        ],
        baseline=_steps(
            [None if point.baseline is None else scale.at(point.baseline) for point in points], band
        ),
        bound=scale.at(bound) if near and bound is not None else None,
        bound_text="" if bound is None else f"required: {'≥' if lower is not None else '≤'} {bound:g}",
    )


def sparkline(values: Sequence[float], *, width: int = 120, height: int = 28) -> str:
    """Return the path of a line through values, oldest first; empty for fewer than two.

    Args:
        values: Finite numbers.
        width: Of the drawing.
        height: Of the drawing.
    """
    if len(values) < 2:
        return ""
    scale = fit(values, start=height - 3, end=3)
    step = (width - 6) / (len(values) - 1)
    return "M" + " L".join(
        f"{round(3 + place * step, 1)},{scale.at(value)}" for place, value in enumerate(values)
    )


def _is_near(bound: float, values: Sequence[float]) -> bool:
    """Tell whether a bound can be drawn without the values shrinking to a line."""
    low, high = min(values), max(values)
    return low - (high - low) <= bound <= high + (high - low)


def _title(point: Point) -> str:
    named = ", ".join((point.status, *point.labels))
    told = f"{point.version} ({named}): {number(point.value)}"
    if point.baseline is None:
        return told
    change = number(point.value - point.baseline, sign="+")
    return f"{told}, {change} against {point.beaten or 'the baseline'} ({number(point.baseline)})"


def _steps(heights: Sequence[float | None], band: float) -> str:
    """Draw a level per candidate, joined where two neighbours have one."""
    path: list[str] = []
    before: float | None = None
    for place, height in enumerate(heights):
        left, right = round(_LEFT + band * place, 1), round(_LEFT + band * (place + 1), 1)
        if height is not None:
            if before is None:
                path.append(f"M{left},{height}")
            elif before != height:
                path.append(f"V{height}")
            path.append(f"H{right}")
        before = height
    return "".join(path)
