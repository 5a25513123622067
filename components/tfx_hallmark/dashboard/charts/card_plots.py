"""The plots of a model card."""

from tfx_hallmark.answers.card import Card
from tfx_hallmark.answers.measured import on
from tfx_hallmark.dashboard.charts.curve_plot import CurvePanel, curve_panels
from tfx_hallmark.dashboard.charts.history_plot import history_plot
from tfx_hallmark.dashboard.charts.metric_plot import MetricPlot
from tfx_hallmark.dashboard.charts.slice_plot import SlicePlot, SliceValue, slice_plot


def over_versions(card: Card) -> tuple[str, MetricPlot] | None:
    """Return the plot of the metric over versions with its title; None if there is nothing to draw."""
    plot = None if card.history is None else history_plot(card.history)
    if plot is None or card.history is None:
        return None
    return f"{card.history.metric} {on(card.history.slice)}, over versions", plot


def by_slice(card: Card) -> tuple[str, SlicePlot] | None:
    """Return the plot of the metric by slice with its title; None if there is nothing to draw."""
    plot = slice_plot(
        [
            SliceValue(
                name=one.slice, value=one.value, baseline=one.baseline, bound=one.bound, missed=one.missed
            )
            for one in card.slices
        ]
    )
    return None if plot is None else (f"{card.metric} of {card.version}, by slice", plot)


def over_epochs(card: Card) -> list[CurvePanel]:
    """Return the panels of the training's curve; none if it is not recorded."""
    return [] if card.curve is None else curve_panels(card.curve)
