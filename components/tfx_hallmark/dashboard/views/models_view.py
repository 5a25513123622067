"""What the first page shows: every model in brief."""

import msgspec

from tfx_hallmark.answers.judged import Judged, Place, headline, judged, last_judged
from tfx_hallmark.answers.listing import Stable, stable_of, status
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.dashboard.charts.metric_plot import sparkline
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import CANARY

_JUDGED = 24
_SHOWN = 8


class ModelLine(msgspec.Struct, frozen=True, kw_only=True):
    """One model in brief.

    Attributes:
        name: Its name.
        stable: What it serves by default; None for nothing.
        canary: Which version is canary; empty for none.
        latest: The version tagged last.
        versions: How many it has.
        published: How many of them were published, and are not in quarantine.
        refused: How many the gate turned down.
        quarantined: How many are in quarantine.
        judged: The last versions that the gate decided on, oldest first.
        place: The metric that tells most; None if nothing was measured.
        value: That metric of what is stable; None if it is not known.
        spark: Path of a line through that metric of the last candidates; may be empty.
    """

    name: str
    stable: Stable | None
    canary: str
    latest: str
    versions: int
    published: int
    refused: int
    quarantined: int
    judged: list[Judged]
    place: Place | None
    value: float | None
    spark: str


class Unreadable(msgspec.Struct, frozen=True):
    """A model whose records are damaged.

    Attributes:
        name: Its name.
        problem: What is wrong, in a line.
    """

    name: str
    problem: str


class ModelsView(msgspec.Struct, frozen=True, kw_only=True):
    """Every model.

    Attributes:
        root: The registry root.
        models: Sorted by name.
        unreadable: Those that cannot be shown.
    """

    root: str
    models: list[ModelLine]
    unreadable: list[Unreadable]


def models_view(source: Source) -> ModelsView:
    """Collect what the page shows; a damaged model takes no other with it."""
    models, unreadable = [], []
    for name in source.names():
        try:
            with source.model(name) as model:
                models.append(_line(model))
        except HallmarkError as error:
            unreadable.append(Unreadable(name, str(error)))
    return ModelsView(root=as_text(source.registry.root), models=models, unreadable=unreadable)


def _line(model: Model) -> ModelLine:
    state = model.state
    found = [status(version) for version in state.versions.values()]
    recent = last_judged(model, _JUDGED)
    place = headline(recent)
    canary = state.labelled(CANARY)
    values = [value for one in recent if (value := _value(one, place)) is not None]
    return ModelLine(
        name=model.name,
        stable=stable_of(state),
        canary="" if canary is None else canary.version,
        latest="" if state.latest is None else state.latest.version,
        versions=len(found),
        published=found.count("published") + found.count("adopted"),
        refused=found.count("refused"),
        quarantined=found.count("quarantined"),
        judged=recent[-_SHOWN:],
        place=place,
        value=_stable_value(model, place),
        spark=sparkline(values),
    )


def _value(one: Judged, place: Place | None) -> float | None:
    if one.measures is None or place is None or place not in one.measures.at:
        return None
    return one.measures.at[place].value


def _stable_value(model: Model, place: Place | None) -> float | None:
    stable = model.state.stable
    found = [] if stable is None else judged(model, [stable.version])
    return _value(found[0], place) if found else None
