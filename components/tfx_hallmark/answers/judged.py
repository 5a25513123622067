"""What was measured of versions, for plots and tables over many of them."""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence

import msgspec

from tfx_hallmark.answers.listing import status
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import OVERALL, Evidence, Verdict
from tfx_hallmark.registry.version import Version

_KEPT = 4096  # verdicts in memory


class Place(msgspec.Struct, frozen=True):
    """A metric on a slice."""

    metric: str
    slice: str = OVERALL


class Measure(msgspec.Struct, frozen=True):
    """What one evaluation found at one place.

    Attributes:
        value: The candidate's value; None if there is none.
        baseline: The baseline's, on the same data; None if there is none.
        lower: Least value that the gate allowed; None for no bound.
        upper: Greatest value that it allowed; None for no bound.
    """

    value: float | None = None
    baseline: float | None = None
    lower: float | None = None
    upper: float | None = None


class Measures(msgspec.Struct, frozen=True):
    """What one verdict measured, or an evaluation that no verdict rests on.

    Attributes:
        headline: The place that tells most: the first metric that had to improve, overall if possible.
        baseline: The version that was stable then; empty for none.
        at: By place.
    """

    headline: Place | None
    baseline: str
    at: dict[Place, Measure]


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """A version that the gate has decided on.

    Attributes:
        version: Semantic version.
        status: What it is listed as.
        measures: What its verdict measured; None if the record cannot be read.
    """

    version: str
    status: str
    measures: Measures | None


_Key = tuple[str | None, str | None]  # digests of the verdict and of the newest evaluation


class _Cache:
    """Measures by the digests of what they come from: what a digest names never changes, whichever model it is of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Key, Measures] = OrderedDict()

    def get(self, key: _Key) -> Measures | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: _Key, measures: Measures) -> None:
        with self._lock:
            self._kept[key] = measures
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)


_CACHE = _Cache()


def judged(model: Model, versions: Sequence[str]) -> list[Judged]:
    """Return what was measured of these versions, in their order; those without a verdict are left out."""
    return [one for version in versions if (one := _judged(model, version)) is not None]


def last_judged(model: Model, count: int) -> list[Judged]:
    """Return the last versions that the gate has decided on, in the order they were tagged.

    Args:
        model: The model.
        count: How many at most.
    """
    found: list[str] = []
    for version in reversed(model.state.versions.values()):
        if len(found) == count:
            break
        if version.verdict is not None:
            found.append(version.version)
    return judged(model, found[::-1])


def headline(versions: Sequence[Judged]) -> Place | None:
    """Return the place that the newest readable verdict holds for the most telling."""
    places = (one.measures.headline for one in reversed(versions) if one.measures is not None)
    return next((place for place in places if place is not None), None)


def places(versions: Sequence[Judged]) -> list[Place]:
    """Return every place that any of these verdicts measured, the newest verdict's first."""
    found: dict[Place, None] = {}
    for one in reversed(versions):
        found.update(dict.fromkeys(one.measures.at if one.measures else ()))
    return list(found)


def measures_of(version: Version) -> Measures:
    """Return what was measured of a version: by its verdict, else by its newest evaluation; nothing if by neither.

    Raises:
        NotFoundError: If a record is missing.
        DigestMismatchError: If one was changed.
        NewerSchemaError: If a newer hallmark wrote it.
    """
    key = (version.state.verdict, next(reversed(version.state.evidence), None))
    measures = _CACHE.get(key)
    if measures is None:
        measures = _measures(version.verdict, version.evidence)
        _CACHE.put(key, measures)
    return measures


def _judged(model: Model, which: str) -> Judged | None:
    version = model.version(which)
    if version.state.verdict is None:
        return None
    try:
        measures = measures_of(version)
    except HallmarkError:
        # One lost record must not take the page of all the others with it.
        return Judged(version=which, status=status(version.state), measures=None)
    return Judged(version=which, status=status(version.state), measures=measures)


def _measures(verdict: Verdict | None, evidence: Evidence | None) -> Measures:
    at: dict[Place, Measure] = {}
    for place, found in _found(verdict, evidence):
        known = at.get(place)
        at[place] = found if known is None else _joined(known, found)
    baseline = None if verdict is None else verdict.compared_with or verdict.baseline
    return Measures(_headline(verdict, at), "" if baseline is None else baseline.version, at)


def _joined(known: Measure, found: Measure) -> Measure:
    """Fill in what is not known yet."""
    pairs = zip(msgspec.structs.astuple(known), msgspec.structs.astuple(found), strict=True)
    return Measure(*(given if value is None else value for value, given in pairs))


def _found(verdict: Verdict | None, evidence: Evidence | None) -> Iterator[tuple[Place, Measure]]:
    for check in verdict.checks if verdict else ():
        yield Place(check.metric, check.slice), Measure(check.candidate, check.baseline)
    if evidence is not None:
        for bound in evidence.comparisons:
            yield Place(bound.metric, bound.slice), Measure(lower=bound.lower, upper=bound.upper)
        for metric in evidence.metrics:
            yield Place(metric.metric, metric.slice), Measure(metric.value)
        for metric in evidence.baseline_metrics:
            yield Place(metric.metric, metric.slice), Measure(baseline=metric.value)


def _headline(verdict: Verdict | None, at: dict[Place, Measure]) -> Place | None:
    """Prefer what had to improve to what had a bound, and the slice of everything to a part of it."""
    checks = () if verdict is None else verdict.checks
    checked = [(check.rule != "change", check.slice != OVERALL, check) for check in checks]
    if checked:
        _, _, check = min(checked, key=lambda one: one[:2])
        return Place(check.metric, check.slice)
    return next((place for place in at if place.slice == OVERALL), None)
