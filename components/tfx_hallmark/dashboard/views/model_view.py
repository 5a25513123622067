"""What the page of a model shows."""

import msgspec

from tfx_hallmark.answers.judged import Judged, Measure, Place, headline, judged, last_judged, places
from tfx_hallmark.answers.label_moves import Labelled, labelled
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.answers.stays import last_stays
from tfx_hallmark.answers.versions_table import VersionsTable, find_versions
from tfx_hallmark.dashboard.charts.metric_plot import MetricPlot, Point, metric_plot
from tfx_hallmark.dashboard.charts.timeline import Timeline, timeline
from tfx_hallmark.dashboard.views.history_page import HistoryPage, history_page
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.model import Model

PLOTTED = 60  # candidates
_STAYS = 40


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader asked the page for; the names are those of the address.

    Attributes:
        q: Words that versions must have.
        status: Status that they must have; empty for any.
        label: Label that they must have; empty for any.
        sort: How they are sorted.
        page: Which page of them.
        size: How many a page has.
        metric: Metric of the plot; empty for the one that tells most.
        slice: Slice of the plot; empty likewise.
        before: Only events before this one; 0 for the newest.
    """

    q: str = ""
    status: str = ""
    label: str = ""
    sort: str = "-created"
    page: int = 1
    size: int = 25
    metric: str = ""
    slice: str = ""
    before: int = 0

    def query(self, **changed: str | int) -> dict[str, str | int]:
        """Return the address's parameters that differ from the usual ones, after some changes."""
        now = {**msgspec.structs.asdict(self), **changed}
        return {name: value for name, value in now.items() if value != getattr(_USUAL, name)}


_USUAL = Asked()


class PlotView(msgspec.Struct, frozen=True, kw_only=True):
    """The plot and what can be chosen for it.

    Attributes:
        place: What is plotted.
        metrics: Every metric that was measured.
        slices: Every slice on which this one was.
        plot: The drawing; None if there is nothing to draw.
        points: What is drawn, newest first, for those who read numbers.
        unreadable: How many verdicts could not be read.
    """

    place: Place
    metrics: list[str]
    slices: list[str]
    plot: MetricPlot | None
    points: list[Point]
    unreadable: int


class ModelView(msgspec.Struct, frozen=True, kw_only=True):
    """One model.

    Attributes:
        name: Its name.
        path: Its base path for TF Serving.
        labels: What its labels point to, stable first.
        asked: What the reader asked for.
        table: Its versions.
        headline: The metric that the table shows; None if nothing was ever measured.
        measured: That metric of the table's versions, where it was measured.
        plot: The metric over versions; None if no version was judged.
        timeline: What served when; None if nothing ever did.
        history: Its events.
    """

    name: str
    path: str
    labels: list[Labelled]
    asked: Asked
    table: VersionsTable
    headline: Place | None
    measured: dict[str, Measure]
    plot: PlotView | None
    timeline: Timeline | None
    history: HistoryPage

    @property
    def stable(self) -> Labelled | None:
        """What serves by default."""
        return next((one for one in self.labels if one.label == "stable"), None)


def model_view(model: Model, asked: Asked) -> ModelView:
    """Collect what the page shows.

    Args:
        model: The model.
        asked: What the reader asked for.

    Raises:
        ConfigError: If the reader asked for something that there is not.
        CorruptLogError: If an event that is shown is damaged.
    """
    table = find_versions(
        model,
        query=asked.q,
        status=asked.status,
        label=asked.label,
        sort=asked.sort,
        page=asked.page,
        size=asked.size,
    )
    labels = labelled(model)
    recent = last_judged(model, PLOTTED)
    main = headline(recent)
    return ModelView(
        name=model.name,
        path=as_text(model.location),
        labels=labels,
        asked=asked,
        table=table,
        headline=main,
        measured=_measured(judged(model, [row.version for row in table.versions]), main),
        plot=None if main is None else _plot(recent, labels, _chosen(asked, main, recent)),
        timeline=timeline(last_stays(model.state, _STAYS), now=utc_now()),
        history=history_page(model, before=asked.before),
    )


def _chosen(asked: Asked, main: Place, recent: list[Judged]) -> Place:
    """Return what to plot: a metric without the asked slice is plotted on one that it has."""
    known = places(recent)
    wanted = Place(asked.metric or main.metric, asked.slice or main.slice)
    if wanted in known:
        return wanted
    return next((place for place in known if place.metric == wanted.metric), main)


def _measured(rows: list[Judged], main: Place | None) -> dict[str, Measure]:
    found = ((row.version, row.measures.at.get(main)) for row in rows if row.measures and main)
    return {version: measure for version, measure in found if measure is not None}


def _plot(recent: list[Judged], labels: list[Labelled], place: Place) -> PlotView:
    known = places(recent)
    points, newest = [], Measure()
    for one in recent:
        measure = None if one.measures is None else one.measures.at.get(place)
        if one.measures is None or measure is None or measure.value is None:
            continue
        newest = measure
        points.append(
            Point(
                version=one.version,
                status=one.status,
                value=measure.value,
                baseline=measure.baseline,
                beaten=one.measures.baseline,
                labels=tuple(label.label for label in labels if label.version == one.version),
            )
        )
    return PlotView(
        place=place,
        metrics=list(dict.fromkeys(one.metric for one in known)),
        slices=[one.slice for one in known if one.metric == place.metric],
        plot=metric_plot(points, lower=newest.lower, upper=newest.upper),
        points=points[::-1],
        unreadable=sum(one.measures is None for one in recent),
    )
