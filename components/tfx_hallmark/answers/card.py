"""The answer of `card`: a model card made from what is on record, with a line for all that is not.

Its sections are those of Google's Model Card Toolkit (model_card_toolkit, model_card.proto: model details, model
parameters, quantitative analysis, considerations), and what a registry knows besides: how the version was judged,
where it served, who signed it, and how to get it again.
"""

from collections.abc import Sequence

import msgspec

from tfx_hallmark.answers.card_content import CardSection, Subject
from tfx_hallmark.answers.card_sections import sections_of
from tfx_hallmark.answers.judged import Place
from tfx_hallmark.answers.listing import labels_of, status
from tfx_hallmark.answers.measured import Read, read
from tfx_hallmark.answers.metric_history import MetricHistory, metric_history
from tfx_hallmark.registry.comparing.measures import Measured, measured
from tfx_hallmark.registry.comparing.reading import stored
from tfx_hallmark.registry.errors import HallmarkError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.training_curve import TrainingCurve
from tfx_hallmark.registry.verdict import OVERALL
from tfx_hallmark.registry.version import Version
from tfx_hallmark.registry.version_facts import tagged_facts

_VERSIONS = 60  # in the plot of the metric over versions
_SLICES = 40  # in the plot of slices


class SliceStanding(msgspec.Struct, frozen=True, kw_only=True):
    """The metric that tells most, on one slice.

    Attributes:
        slice: `Overall` or `feature:value`.
        value: The version's value.
        baseline: The baseline's on the same data; null if there is none.
        bound: Least or greatest value that was allowed; null for no bound.
        missed: Whether a threshold was missed there.
    """

    slice: str
    value: float
    baseline: float | None
    bound: float | None
    missed: bool


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `card`.

    Attributes:
        model: The model's name.
        version: Semantic version.
        status: What it is listed as; see `list`.
        labels: The labels that point to it, sorted.
        sections: What is known, and what is not.
        metric: The metric of the plots; null if none was measured.
        history: That metric over versions; null likewise.
        slices: That metric by slice: everything first, then the lowest values.
        curve: How its training went, epoch by epoch; null if that is not recorded.
        remarks: What of the records cannot be read, a line each.
    """

    model: str
    version: str
    status: str
    labels: list[str]
    sections: list[CardSection]
    metric: str | None
    history: MetricHistory | None
    slices: list[SliceStanding]
    curve: TrainingCurve | None
    remarks: list[str]

    @property
    def gaps(self) -> int:
        """How many things are not on record."""
        return sum(len(section.gaps) for section in self.sections)


def card(model: Model, which: str) -> Card:
    """Make the model card of one version.

    Nothing is made up: each text is on record, or the card says where to put it.

    Args:
        model: The model.
        which: What stands after the `@` of a reference.

    Raises:
        NotFoundError: If there is no such version, or its manifest is missing.
        InvalidNameError: If `which` is no reference.
    """
    version = model.version(which)
    kept = stored(version)
    own = read([version])[0]
    remarks = list(kept.unreadable)
    subject = Subject(
        version=version,
        manifest=version.manifest,
        stored=kept,
        state=model.state,
        facts=tagged_facts(version),
        measured=measured([kept]),
        read=own,
        curve=_curve(version, remarks),
        remarks=remarks,
    )
    place = _headline(own)
    return Card(
        model=model.name,
        version=version.version,
        status=status(version.state),
        labels=labels_of(model.state, version.version),
        sections=sections_of(subject),
        metric=None if place is None else place.metric,
        history=None if place is None else _history(model, place),
        slices=[] if place is None else _slices(subject.measured, own, place.metric),
        curve=subject.curve,
        remarks=remarks,
    )


def _curve(version: Version, remarks: list[str]) -> TrainingCurve | None:
    try:
        return version.training_curve
    except HallmarkError as error:
        remarks.append(f"the curve of the training of {version.version} cannot be read: {error}")
        return None


def _headline(own: Read) -> Place | None:
    """Return the place that the verdict turned on; without one, the first that was measured on everything."""
    place = own.measures.headline
    if place is not None and own.at(place).value is not None:
        return place
    known = [place for place, measure in own.measures.at.items() if measure.value is not None]
    return next((place for place in known if place.slice == OVERALL), known[0] if known else None)


def _history(model: Model, place: Place) -> MetricHistory | None:
    try:
        return metric_history(model, metric=place.metric, where=place.slice, limit=_VERSIONS)
    except NotFoundError:
        return None  # the newest versions were measured in other ways


def _slices(metrics: Sequence[Measured], own: Read, metric: str) -> list[SliceStanding]:
    found = []
    for one in metrics:
        reading, measure = one.readings[0], own.at(Place(one.metric, one.slice))
        if one.metric == metric and reading.value is not None:
            found.append(
                SliceStanding(
                    slice=one.slice,
                    value=reading.value,
                    baseline=measure.baseline,
                    bound=measure.lower if measure.lower is not None else measure.upper,
                    missed=not all(bound.passed for bound in reading.bounds),
                )
            )
    found.sort(key=lambda one: (one.slice != OVERALL, one.value))
    return found[:_SLICES]
