"""The curve of a training: a panel for each quantity, with what was measured in training and in validation."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from tfx_hallmark.answers.text import counted, number
from tfx_hallmark.dashboard.charts.scale import Scale, Tick, fit
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve

WIDTH, HEIGHT = 540, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 16, 14, 34
_PANELS = 6
_POINTS = 400  # drawn of one line
_MARKED = 60  # epochs, of which each is a point that tells its value
_NUMBERS = 6  # below the axis
_VALIDATION = "val_"  # how Keras names what was measured in validation

Role = Literal["training", "validation"]


class CurvePoint(msgspec.Struct, frozen=True):
    """One epoch in a line.

    Attributes:
        x: Coordinate.
        y: Coordinate.
        title: What hovering tells.
    """

    x: float
    y: float
    title: str


class CurveLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a panel.

    Attributes:
        role: What it was measured on.
        path: The line; broken where an epoch has no value.
        points: The epochs, where they are few enough to be told apart, or the only one.
    """

    role: Role
    path: str
    points: list[CurvePoint]


class CurvePanel(msgspec.Struct, frozen=True, kw_only=True):
    """One quantity over epochs, ready to be drawn.

    Attributes:
        name: The quantity: `loss`.
        summary: The panel in words, for who does not see it.
        width: Of the drawing.
        height: Of the drawing.
        left: Where the plotting area begins.
        right: Where it ends.
        bottom: Where it ends below.
        ticks: Values on the left axis.
        numbers: Epochs below.
        lines: Training first.
    """

    name: str
    summary: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    bottom: int = HEIGHT - _BOTTOM
    ticks: list[Tick]
    numbers: list[Tick]
    lines: list[CurveLine]


def curve_panels(curve: TrainingCurve) -> list[CurvePanel]:
    """Lay out the panels: the loss first, then the others in the order in which they were measured, at most six."""
    names = dict.fromkeys(name.removeprefix(_VALIDATION) for epoch in curve.epochs for name in epoch.metrics)
    shown = sorted(names, key=lambda name: name != "loss")[:_PANELS]
    epochs = thinned(curve.epochs, _POINTS)
    return [_panel(name, epochs, len(curve.epochs)) for name in shown]


def thinned(epochs: Sequence[Epoch], most: int) -> list[Epoch]:
    """Return about so many epochs, evenly chosen; the last is always among them."""
    every = -(-len(epochs) // most)
    return list(epochs[::-1][:: max(1, every)])[::-1]


def _panel(name: str, epochs: Sequence[Epoch], count: int) -> CurvePanel:
    roles: tuple[tuple[Role, str], ...] = (("training", name), ("validation", f"{_VALIDATION}{name}"))
    found = [(role, [(one.epoch, one.metrics.get(key)) for one in epochs]) for role, key in roles]
    known = {role: [(epoch, value) for epoch, value in values if value is not None] for role, values in found}
    scale = fit([value for values in known.values() for _, value in values], start=HEIGHT - _BOTTOM, end=_TOP)
    first, last = epochs[0].epoch, epochs[-1].epoch
    across = _across(first, last)
    return CurvePanel(
        name=name,
        summary="; ".join(
            [f"{name} over {counted(count, 'epoch')}"]
            + [
                f"{role} from {number(values[0][1])} to {number(values[-1][1])}"
                for role, values in known.items()
                if values
            ]
        ),
        ticks=scale.ticks(),
        numbers=[Tick(across.at(epoch), f"{epoch:,}") for epoch in _numbers(first, last)],
        lines=[
            CurveLine(
                role=role,
                path=_path(values, across, scale),
                points=[
                    CurvePoint(across.at(epoch), scale.at(value), f"epoch {epoch}, {role}: {number(value)}")
                    for epoch, value in (known[role] if count <= _MARKED else ())
                ],
            )
            for role, values in found
            if known[role]
        ],
    )


def _across(first: int, last: int) -> Scale:
    """Return the scale of epochs, on which a single one stands in the middle."""
    low, high = (first - 1, first + 1) if first == last else (first, last)
    return Scale(low, high, _LEFT + 10, WIDTH - _RIGHT - 10, 1)


def _numbers(first: int, last: int) -> range:
    step = max(1, -(-(last - first) // _NUMBERS))
    return range(last, first - 1, -step)  # counted from the last, which thus always has its number


def _path(values: Sequence[tuple[int, float | None]], across: Scale, scale: Scale) -> str:
    path: list[str] = []
    drawing = False
    for epoch, value in values:
        if value is not None:
            path.append(f"{'L' if drawing else 'M'}{across.at(epoch)},{scale.at(value)}")
        drawing = value is not None
    return "".join(path)
