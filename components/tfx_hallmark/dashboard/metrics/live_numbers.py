"""What was measured of the version that serves, bounded: each pair of metric and slice is a series of its own."""

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.verdict import OVERALL, Evidence
from tfx_hallmark.registry.version import Version

MOST_PLACES = 100  # metrics on slices of one model
LONGEST_NAME = 200  # characters of a metric's or slice's name

_Place = tuple[str, str]


class Number(msgspec.Struct, frozen=True, kw_only=True):
    """One metric on one slice.

    Attributes:
        metric: The metric.
        slice: `Overall` or `feature:value`.
        released: What the evidence has on which the gate decided; None for nothing.
        evaluated: What the newest evaluation on further data has; None for nothing.
    """

    metric: str
    slice: str
    released: float | None
    evaluated: float | None


class LiveNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """All that is told of one version.

    Attributes:
        numbers: The metrics.
        left_out: How many there are besides, over the bound or with too long a name.
        unreadable: The records that could not be read: `evidence`, `evaluation`.
    """

    numbers: tuple[Number, ...] = ()
    left_out: int = 0
    unreadable: tuple[str, ...] = ()


def live_numbers(version: Version) -> LiveNumbers:
    """Read what was measured of a version; what is damaged is named and takes nothing else with it."""
    released = evaluated = None
    unreadable = []
    try:
        # Without a verdict on it, `evidence` is the newest evaluation, which is told apart.
        if version.verdict is not None and version.verdict.evidence is not None:
            released = version.evidence
    except HallmarkError:
        unreadable.append("evidence")
    try:
        evaluated = version.newest_evaluation
    except HallmarkError:
        unreadable.append("evaluation")
    before, now = _values(released), _values(evaluated)
    fit = [place for place in {**before, **now} if all(len(name) <= LONGEST_NAME for name in place)]
    watched = _watched(released) | _watched(evaluated)
    # What is left out should be what matters least.
    fit.sort(key=lambda place: (place[1] != OVERALL, place not in watched))
    chosen = fit[:MOST_PLACES]
    return LiveNumbers(
        numbers=tuple(
            Number(metric=place[0], slice=place[1], released=before.get(place), evaluated=now.get(place))
            for place in chosen
        ),
        left_out=len({**before, **now}) - len(chosen),
        unreadable=tuple(unreadable),
    )


def _values(evidence: Evidence | None) -> dict[_Place, float]:
    found = () if evidence is None else evidence.metrics
    return {(one.metric, one.slice): one.value for one in found if one.value is not None}


def _watched(evidence: Evidence | None) -> set[_Place]:
    """Return the places that have a threshold."""
    return set() if evidence is None else {(one.metric, one.slice) for one in evidence.comparisons}
