"""The answer of `history`: a metric from version to version."""

from collections.abc import Callable, Sequence

import msgspec

from tfx_hallmark.answers.judged import Place
from tfx_hallmark.answers.listing import labels_by_version, status
from tfx_hallmark.answers.measured import Read, Tell, choose, places_of, read
from tfx_hallmark.registry.model import Model


class MetricPoint(msgspec.Struct, frozen=True, kw_only=True):
    """The metric of one version.

    Attributes:
        version: Semantic version.
        releases: Its release numbers, oldest first.
        status: What it is listed as; see `list`.
        labels: The labels that point to it, sorted.
        created: When it was tagged or adopted, UTC.
        value: The metric, as its own evaluation has it; null if there is none.
        delta: The value less that of `before`; null if either is missing.
        before: The last version before it that has a value and was not refused; null if there is none.
        baseline: What the baseline had on the same data; null if there was none.
        baseline_version: Which version that was; null if there was none.
        lower: Least value that the gate allowed; null for no bound.
        upper: Greatest value that the gate allowed; null for no bound.
        remark: Why there is no value; empty if there is one.
    """

    version: str
    releases: list[int]
    status: str
    labels: list[str]
    created: str
    value: float | None
    delta: float | None
    before: str | None
    baseline: float | None
    baseline_version: str | None
    lower: float | None
    upper: float | None
    remark: str


class MetricHistory(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `history`.

    Attributes:
        model: The model's name.
        metric: The metric.
        slice: `Overall` or `feature:value`.
        points: The versions, oldest first, those without a value too.
        more: How many older ones fit too and are left out.
        metrics: Every metric that these versions have.
        slices: Every slice on which they have this one.
    """

    model: str
    metric: str
    slice: str
    points: list[MetricPoint]
    more: int
    metrics: list[str]
    slices: list[str]

    @property
    def values(self) -> list[float]:
        """The values that there are, oldest first."""
        return [point.value for point in self.points if point.value is not None]


def metric_history(
    model: Model,
    *,
    metric: str | None = None,
    where: str | None = None,
    fits: Callable[[str], bool] = lambda _: True,
    limit: int | None = None,
    on_progress: Tell | None = None,
) -> MetricHistory:
    """Tell how a metric went from version to version, in the order in which they were tagged.

    Each value comes from the version's own evaluation (`Version.evidence`), so two of them may have been measured
    on different data. What was measured on the same data is `value` and `baseline` of one version.

    Args:
        model: The model.
        metric: The metric; None for the one that the newest verdict turned on.
        where: The slice, `feature:value`; None for everything.
        fits: Tells by a version's status whether it is wanted.
        limit: How many at most, the newest; None for all. Only their evidence is read.
        on_progress: Called after each version with how many are read, and how many there are to read.

    Raises:
        NotFoundError: If none of these versions has such a metric, or not on that slice.
    """
    versions = [version for version in model.versions() if fits(status(version.state))]
    shown = versions if limit is None else versions[-limit:]
    found = read(shown, on_progress=on_progress)
    place = choose(found, model=model.name, metric=metric, where=where)
    known = places_of(found)
    return MetricHistory(
        model=model.name,
        metric=place.metric,
        slice=place.slice,
        points=_points(model, found, place),
        more=len(versions) - len(shown),
        metrics=list(dict.fromkeys(one.metric for one in known)),
        slices=[one.slice for one in known if one.metric == place.metric],
    )


def _points(model: Model, found: Sequence[Read], place: Place) -> list[MetricPoint]:
    labels = labels_by_version(model.state)
    points: list[MetricPoint] = []
    before: MetricPoint | None = None
    for one in found:
        state, measure = one.version.state, one.at(place)
        last = None if before is None else before.value
        delta = None if measure.value is None or last is None else measure.value - last
        point = MetricPoint(
            version=state.version,
            releases=state.releases,
            status=status(state),
            labels=labels.get(state.version, []),
            created=state.created,
            value=measure.value,
            delta=delta,
            before=None if before is None or delta is None else before.version,
            baseline=measure.baseline,
            baseline_version=None if measure.baseline is None else one.measures.baseline or None,
            lower=measure.lower,
            upper=measure.upper,
            remark=one.why_not(place),
        )
        points.append(point)
        # A refused candidate never served: what comes after it is not held against it.
        if measure.value is not None and state.status != "refused":
            before = point
    return points
