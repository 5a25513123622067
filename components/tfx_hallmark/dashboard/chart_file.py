"""Charts as SVG files that any viewer of pictures shows, on light and dark ground."""

import re
from collections.abc import Sequence

import msgspec
from markupsafe import Markup

from tfx_hallmark.answers.text import escape
from tfx_hallmark.dashboard.charts.curve_plot import CurvePanel
from tfx_hallmark.dashboard.charts.metric_plot import MetricPlot
from tfx_hallmark.dashboard.charts.slice_plot import SlicePlot
from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.report_links import ReportLinks

_LETTER = 6.6  # width of a letter of the legend
_TOKEN = re.compile(r"(--[\w-]+):\s*([^;]+);")
_COMMENT = re.compile(r"/\*.*?\*/", re.S)
_SHAPES = (
    ("published", "dot", "published"),
    ("tagged", "dot", "not decided on"),
    ("imported", "dot", "imported"),
    ("adopted", "diamond", "adopted"),
    ("refused", "cross", "refused"),
    ("quarantined", "square", "quarantined"),
)


class _Key(msgspec.Struct, frozen=True):
    x: float
    shape: str
    text: str


def metric_svg(plot: MetricPlot, title: str) -> str:
    """Return the plot of a metric over versions as an SVG file."""
    statuses = {mark.status for mark in plot.marks}
    keys = [(shape, text) for status, shape, text in _SHAPES if status in statuses]
    if any(mark.stable for mark in plot.marks):
        keys.append(("ring", "stable now"))
    if plot.baseline:
        keys.append(("steps", "stable at the time, on the same data"))
    if plot.bound is None and plot.bound_text:
        keys.append(("words", plot.bound_text))  # too far off to be drawn
    return _file(plot, title, "metric", keys)


def slices_svg(plot: SlicePlot, title: str) -> str:
    """Return the plot of a metric over slices as an SVG file."""
    keys = [("dot", "this version")] if not all(row.missed for row in plot.rows) else []
    if any(row.missed for row in plot.rows):
        keys.append(("missed", "this version, a threshold missed"))
    if any(row.baseline is not None for row in plot.rows):
        keys.append(("hollow", "baseline, on the same data"))
    if any(row.bound is not None for row in plot.rows):
        keys.append(("dash", "required"))
    return _file(plot, title, "slices", keys)


def curve_svg(panel: CurvePanel, title: str) -> str:
    """Return a panel of a training's curve as an SVG file."""
    return _file(panel, title, "curve", [(line.role, line.role) for line in panel.lines])


def _file(
    plot: MetricPlot | SlicePlot | CurvePanel, title: str, kind: str, keys: Sequence[tuple[str, str]]
) -> str:
    return Renderer("", ReportLinks((), lambda _: "")).render(
        "chart_file.svg",
        plot=_printable(plot),
        title=escape(title),
        kind=kind,
        keys=_placed(keys),
        style=Markup(_style()),  # noqa: S704 - ours, from the package
    )


def _printable(plot: MetricPlot | SlicePlot | CurvePanel) -> MetricPlot | SlicePlot | CurvePanel:
    """Write out control characters in texts: XML forbids them, and a viewer shows nothing at all of such a file."""
    if isinstance(plot, MetricPlot):
        marks = [msgspec.structs.replace(mark, title=escape(mark.title)) for mark in plot.marks]
        return msgspec.structs.replace(plot, marks=marks)
    if isinstance(plot, CurvePanel):
        return plot  # numbers alone
    rows = [msgspec.structs.replace(row, name=escape(row.name), title=escape(row.title)) for row in plot.rows]
    return msgspec.structs.replace(plot, rows=rows)


def _placed(keys: Sequence[tuple[str, str]]) -> list[_Key]:
    placed: list[_Key] = []
    x = 10.0
    for shape, text in keys:
        placed.append(_Key(round(x, 1), shape, text))
        x += len(text) * _LETTER + 46
    return placed


def _style() -> str:
    """Put the colours of the pages into the rules: the light ones, and the dark ones where that is preferred."""
    tokens = (STATIC / "style.css").read_text(encoding="utf-8")
    light, dark = (tokens.partition("@media (prefers-color-scheme: dark)")[part] for part in (0, 2))
    rules = _COMMENT.sub("", (STATIC / "chart_file.css").read_text(encoding="utf-8")).strip()
    plain = dict(_TOKEN.findall(light))
    # The first block of the dark part; what follows it are the pages' own rules.
    night = {**plain, **dict(_TOKEN.findall(dark.partition("}")[0]))}
    return f"{_filled(rules, plain)}\n@media (prefers-color-scheme: dark) {{\n{_filled(rules, night)}\n}}"


def _filled(rules: str, tokens: dict[str, str]) -> str:
    return re.sub(r"var\((--[\w-]+)\)", lambda found: tokens[found[1]], rules)
