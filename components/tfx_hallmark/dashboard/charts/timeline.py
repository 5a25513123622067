"""What served when: a bar of the versions that were stable, as long as they were."""

import datetime
from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.stays import Stay
from tfx_hallmark.answers.text import minute

WIDTH, HEIGHT = 1100, 30
_LEAST = 7.0  # a stay that was short must still be seen
_NAME_ROOM = 58
_LETTER = 7.4


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A stay in the bar.

    Attributes:
        x: Where it begins.
        width: How long it is.
        stay: What served.
        title: What hovering tells.
        named: Whether there is room for its name.
    """

    x: float
    width: float
    stay: Stay
    title: str
    named: bool


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """The bar, ready to be drawn.

    Attributes:
        width: Of the drawing.
        height: Of the drawing.
        spans: Oldest first.
    """

    width: int = WIDTH
    height: int = HEIGHT
    spans: list[Span]


def timeline(stays: Sequence[Stay], *, now: str) -> Timeline | None:
    """Lay out the bar; None if nothing was ever stable.

    Args:
        stays: Oldest first, without gaps.
        now: Where the last one ends for the moment, UTC.
    """
    if not any(stay.version for stay in stays):
        return None
    seconds = [max(0.0, _moment(stay.until or now) - _moment(stay.since)) for stay in stays]
    free = WIDTH - _LEAST * len(stays)
    total = sum(seconds) or 1.0
    spans: list[Span] = []
    x = 0.0
    for stay, length in zip(stays, seconds, strict=True):
        width = _LEAST + free * length / total
        room = max(_NAME_ROOM, _LETTER * len(stay.version) + 14)
        spans.append(
            Span(x=round(x, 1), width=round(width, 1), stay=stay, title=_title(stay), named=width >= room)
        )
        x += width
    return Timeline(spans=spans)


def _title(stay: Stay) -> str:
    what = f"{stay.version}, release {stay.release}" if stay.version else "nothing was stable"
    return f"{what}: {minute(stay.since)} to {minute(stay.until) if stay.until else 'now'}"


def _moment(time: str) -> float:
    return datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp()
