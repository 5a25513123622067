"""From values to heights: a range with round ticks."""

import math
from collections.abc import Sequence

import msgspec


class Tick(msgspec.Struct, frozen=True):
    """A round value on an axis.

    Attributes:
        at: Coordinate.
        text: The value as it is written.
    """

    at: float
    text: str


class Scale(msgspec.Struct, frozen=True):
    """A linear map from values to coordinates.

    Attributes:
        low: The value at `start`.
        high: The value at `end`.
        start: Coordinate.
        end: Coordinate.
        step: Distance of two ticks, in values.
    """

    low: float
    high: float
    start: float
    end: float
    step: float

    def at(self, value: float) -> float:
        """Return the coordinate of a value, to a tenth of a unit."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self) -> list[Tick]:
        """Return the ticks, from low to high."""
        decimals = max(0, -math.floor(math.log10(self.step)))
        count = round((self.high - self.low) / self.step)
        values = [self.low + number * self.step for number in range(count + 1)]
        return [Tick(self.at(value), _written(value, decimals)) for value in values]


def fit(values: Sequence[float], *, start: float, end: float, ticks: int = 4) -> Scale:
    """Make a scale that holds all values and begins and ends at a tick.

    Args:
        values: At least one, finite.
        start: Coordinate of the low end.
        end: Coordinate of the high end.
        ticks: About how many steps there should be.
    """
    low, high = min(values), max(values)
    if high - low < 1e-9 * max(abs(low), abs(high), 1e-3):
        room = abs(low) * 0.1 or 1.0
        low, high = low - room, high + room
    step = _round_step((high - low) / ticks)
    return Scale(math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, start, end, step)


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))


def _written(value: float, decimals: int) -> str:
    if decimals > 6 or abs(value) >= 1e6:
        return f"{value:.3g}"
    return f"{value:,.{decimals}f}"
