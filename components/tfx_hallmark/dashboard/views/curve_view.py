"""What the page of a version shows of its training's course."""

import msgspec

from tfx_hallmark.answers.training_curve import curve_facts
from tfx_hallmark.dashboard.charts.curve_plot import CurvePanel, curve_panels, thinned
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve

_ROWS = 200  # of the table


class CurveView(msgspec.Struct, frozen=True, kw_only=True):
    """A curve.

    Attributes:
        facts: What there is to say of it, the summary first, then the runs in mirrors.
        panels: The charts.
        names: What was measured, in its order.
        rows: The epochs of the table.
        count: How many epochs there are.
    """

    facts: list[tuple[str, str]]
    panels: list[CurvePanel]
    names: list[str]
    rows: list[Epoch]
    count: int


def curve_view(curve: TrainingCurve) -> CurveView:
    """Collect what is shown of a curve."""
    return CurveView(
        facts=curve_facts(curve),
        panels=curve_panels(curve),
        names=list(dict.fromkeys(name for epoch in curve.epochs for name in epoch.metrics)),
        rows=thinned(curve.epochs, _ROWS),
        count=len(curve.epochs),
    )
