"""Metrics of versions side by side: by how much each differs from the first, and which thresholds it meets."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

import msgspec

from tfx_hallmark.registry.comparing.reading import Stored
from tfx_hallmark.registry.threshold_check import check
from tfx_hallmark.registry.verdict import Check, Comparison, Direction, Evidence

Change = Literal["better", "worse", "higher", "lower", "same", ""]
Place = tuple[str, str]  # metric, slice

EXAMPLE_COUNT = "example_count"  # tensorflow_model_analysis/metrics/example_count.py, its default name


class Bound(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One threshold that a version was held against.

    Attributes:
        threshold: The bound, in words: `>= 0.7`.
        passed: Whether it is met, or could not be missed for want of examples.
        judged: Whether there were examples enough to judge by.
        margin: By how much it is met; negative if it is missed; None if it cannot be told.
        note: What a reader should know besides, if anything.
        confidence: The confidence that was asked for, 0 to 1.
        interval: Least and greatest improvement over the version's own baseline at that confidence.
    """

    threshold: str
    passed: bool
    judged: bool = True
    margin: float | None = None
    note: str = ""
    confidence: float | None = None
    interval: tuple[float, float] | None = None


class Reading(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One metric on one slice of one version.

    Attributes:
        value: The value; None if there is none.
        delta: The value less that of the first version; None for the first, or if either has none.
        change: `better` or `worse` than the first version; `higher` or `lower` if no threshold tells which way is
            better; `same`; empty if there is no delta.
        examples: On how many examples of the slice it was measured, where that is recorded.
        bounds: The thresholds on it.
    """

    value: float | None = None
    delta: float | None = None
    change: Change = ""
    examples: int | None = None
    bounds: tuple[Bound, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One metric on one slice, in all versions.

    Attributes:
        metric: Its name.
        slice: `Overall` or `feature:value`.
        direction: Which way is better, by the thresholds of these versions; None if they do not tell, or disagree.
        readings: One per version.
    """

    metric: str
    slice: str
    direction: Direction | None = None
    readings: tuple[Reading, ...]


def measured(versions: Sequence[Stored]) -> list[Measured]:
    """Line up what was measured of versions.

    Args:
        versions: What is stored of them; the first is what the others are held against.
    """
    values = [_values(one.evidence) for one in versions]
    checks = [_checks(one) for one in versions]
    named = [*(place for one in values for place in one), *(place for one in checks for place in one)]
    places = dict.fromkeys(place for place in named if place[0] != EXAMPLE_COUNT)
    directions = _directions(versions)
    return [
        Measured(
            metric=place[0],
            slice=place[1],
            direction=directions.get(place),
            readings=tuple(
                _reading(place, found, held, values[0], directions.get(place), first_version=index == 0)
                for index, (found, held) in enumerate(zip(values, checks, strict=True))
            ),
        )
        for place in places
    ]


def _values(evidence: Evidence | None) -> dict[Place, float]:
    if evidence is None:
        return {}
    return {(one.metric, one.slice): one.value for one in evidence.metrics if one.value is not None}


def _checks(version: Stored) -> dict[Place, list[Check]]:
    """Return the lines of the verdict; of an evaluation that was never decided on, what they would be."""
    if version.verdict is not None:
        lines = version.verdict.checks
    else:
        lines = tuple(check(one) for one in (version.evidence.comparisons if version.evidence else ()))
    found: dict[Place, list[Check]] = {}
    for line in lines:
        found.setdefault((line.metric, line.slice), []).append(line)
    return found


def _directions(versions: Sequence[Stored]) -> dict[Place, Direction]:
    told: dict[Place, set[Direction]] = {}
    for version in versions:
        for comparison in version.evidence.comparisons if version.evidence else ():
            told.setdefault((comparison.metric, comparison.slice), set()).update(_direction(comparison))
    return {place: next(iter(found)) for place, found in told.items() if len(found) == 1}


def _direction(comparison: Comparison) -> Iterator[Direction]:
    if comparison.direction is not None:
        yield comparison.direction
    elif comparison.lower is not None and comparison.upper is None:
        yield "higher_is_better"
    elif comparison.upper is not None and comparison.lower is None:
        yield "lower_is_better"


def _reading(
    place: Place,
    values: Mapping[Place, float],
    checks: Mapping[Place, Sequence[Check]],
    first: Mapping[Place, float],
    direction: Direction | None,
    *,
    first_version: bool,
) -> Reading:
    lines = checks.get(place, ())
    value = values.get(place, next((line.candidate for line in lines), None))
    base = first.get(place)
    delta = None if first_version or value is None or base is None else value - base
    counted = next((line.examples for line in lines if line.examples is not None), None)
    if counted is None and (EXAMPLE_COUNT, place[1]) in values:
        counted = int(values[EXAMPLE_COUNT, place[1]])
    return Reading(
        value=value,
        delta=delta,
        change=_change(delta, direction),
        examples=counted,
        bounds=tuple(
            Bound(
                threshold=line.threshold,
                passed=line.passed,
                judged=line.judged,
                margin=line.margin,
                note=line.note,
                confidence=line.confidence,
                interval=line.interval,
            )
            for line in lines
        ),
    )


def _change(delta: float | None, direction: Direction | None) -> Change:
    if delta is None:
        return ""
    if delta == 0:
        return "same"
    if direction is None:
        return "higher" if delta > 0 else "lower"
    return "better" if (delta > 0) == (direction == "higher_is_better") else "worse"
