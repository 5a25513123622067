"""A metric's history as a PNG, drawn by matplotlib without a display."""

import io
import warnings

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from tfx_hallmark.answers.measured import on
from tfx_hallmark.answers.metric_history import MetricHistory, MetricPoint
from tfx_hallmark.answers.text import escape
from tfx_hallmark.dashboard.charts.history_plot import history_plot

_GOOD = "#17693f"
_MARKS = {  # as the pages have them
    "published": ("o", _GOOD),
    "adopted": ("D", _GOOD),
    "imported": ("o", _GOOD),
    "tagged": ("o", "#7d5200"),
    "refused": ("x", "#b3202f"),
    "quarantined": ("s", "#74309a"),
}
_INK, _LINE, _BOUND = "#5f6876", "#dfe3e9", "#7d5200"
_NAMES = 16  # versions named below the axis


def metric_png(history: MetricHistory) -> bytes:
    """Return the plot as a PNG file.

    Args:
        history: The history; it has at least one value.
    """
    points = [point for point in history.points if point.value is not None]
    # A name may hold a dollar sign, which means mathematics to matplotlib, and may break it off.
    with mpl.rc_context({"text.parse_math": False, "font.size": 9}), warnings.catch_warnings():
        # A script that the font does not have comes out as boxes; a warning would not change that.
        warnings.filterwarnings("ignore", message=".*[Gg]lyph.*", category=UserWarning)
        figure = Figure(figsize=(11, 3.6), dpi=150, layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        _draw(axes, history, points)
        axes.set_title(
            escape(f"{history.model}: {history.metric} {on(history.slice)}"), loc="left", weight="bold"
        )
        file = io.BytesIO()
        figure.savefig(file, format="png")
    return file.getvalue()


def _draw(axes: "mpl.axes.Axes", history: MetricHistory, points: list[MetricPoint]) -> None:
    for status, (mark, colour) in _MARKS.items():
        own = [(x, point.value) for x, point in enumerate(points) if point.status == status]
        if own:
            xs, ys = zip(*own, strict=True)
            axes.scatter(xs, ys, marker=mark, color=colour, s=36, label=status, zorder=3)
    stable = [(x, point.value) for x, point in enumerate(points) if "stable" in point.labels]
    if stable:
        xs, ys = zip(*stable, strict=True)
        axes.scatter(xs, ys, s=130, facecolors="none", edgecolors=_GOOD, label="stable now", zorder=3)
    levels = [(x, point.baseline) for x, point in enumerate(points) if point.baseline is not None]
    if levels:
        xs, ys = zip(*levels, strict=True)
        starts, ends = [x - 0.5 for x in xs], [x + 0.5 for x in xs]
        label = "stable at the time, on the same data"
        axes.hlines(ys, starts, ends, color=_INK, linewidth=1.25, label=label, zorder=2)
    _bound(axes, history, points[-1])
    every = max(1, -(-len(points) // _NAMES))
    shown = range(len(points) - 1, -1, -every)
    axes.set_xticks(list(shown), [points[x].version for x in shown])
    axes.set_xlim(-0.6, len(points) - 0.4)
    axes.grid(axis="y", color=_LINE)
    axes.set_axisbelow(True)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(colors=_INK, length=0)
    axes.figure.legend(loc="outside lower left", ncols=8, frameon=False)


def _bound(axes: "mpl.axes.Axes", history: MetricHistory, newest: MetricPoint) -> None:
    bound = newest.lower if newest.lower is not None else newest.upper
    drawn = history_plot(history)
    if bound is None or drawn is None:
        return
    if drawn.bound is not None:
        axes.axhline(bound, color=_BOUND, linewidth=1.25, linestyle="--", label=drawn.bound_text)
    else:
        # Where it is so far off that the values would shrink to a line, it is told and not drawn.
        axes.plot([], [], linestyle="none", label=drawn.bound_text)
