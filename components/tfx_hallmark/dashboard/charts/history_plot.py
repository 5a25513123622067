"""The plot of a metric's history."""

from tfx_hallmark.answers.metric_history import MetricHistory
from tfx_hallmark.dashboard.charts.metric_plot import MetricPlot, Point, metric_plot


def history_plot(history: MetricHistory) -> MetricPlot | None:
    """Lay out the plot, with the bound of the newest version that has one; None if no version has a value."""
    measured = [point for point in history.points if point.value is not None]
    newest = measured[-1] if measured else None
    return metric_plot(
        [
            Point(
                version=point.version,
                status=point.status,
                value=point.value,
                baseline=point.baseline,
                beaten=point.baseline_version or "",
                labels=tuple(point.labels),
            )
            for point in measured
            if point.value is not None
        ],
        lower=None if newest is None else newest.lower,
        upper=None if newest is None else newest.upper,
    )
