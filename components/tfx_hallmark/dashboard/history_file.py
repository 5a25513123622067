"""A metric's history as a picture."""

from tfx_hallmark.answers.measured import on
from tfx_hallmark.answers.metric_history import MetricHistory
from tfx_hallmark.dashboard.chart_file import metric_svg
from tfx_hallmark.dashboard.charts.history_plot import history_plot


def svg_file(history: MetricHistory) -> str:
    """Return the plot as an SVG file; it has at least one value, for a history without any is none."""
    plot = history_plot(history)
    assert plot is not None
    return metric_svg(plot, f"{history.model}: {history.metric} {on(history.slice)}")
