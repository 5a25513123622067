"""What a report holds: the models, the newest versions of each, and how what serves came to be."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from tfx_hallmark.answers.versions_table import MAX_SIZE
from tfx_hallmark.dashboard.report_links import PageKey
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.dashboard.views.model_view import Asked, ModelView, model_view
from tfx_hallmark.dashboard.views.models_view import ModelsView, models_view
from tfx_hallmark.dashboard.views.version_view import VersionView, version_view
from tfx_hallmark.lineage.errors import MetadataError
from tfx_hallmark.lineage.graph import Node
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.state import ModelState

_MOST_NODES = 150  # of a lineage graph: more cannot be taken in on a page that does not move


class ErrorView(msgspec.Struct, frozen=True):
    """What stands in the place of a page that cannot be made.

    Attributes:
        title: What it would show.
        line: What is wrong, in a line.
    """

    title: str
    line: str


class LineageView(msgspec.Struct, frozen=True, kw_only=True):
    """The lineage of what serves.

    Attributes:
        model: The model's name.
        version: What serves.
        drawing: The graph as SVG.
        nodes: Its artifacts and executions.
        cut: Whether there is more.
    """

    model: str
    version: str
    drawing: str
    nodes: list[Node]
    cut: bool


class ReportPage(msgspec.Struct, frozen=True):
    """One page.

    Attributes:
        key: Which one.
        template: Its template under `templates/`, and under `templates/bodies/`.
        view: What it shows.
    """

    key: PageKey
    template: str
    view: Any


def choose(source: Source, *, model: str | None, newest: int) -> list[PageKey]:
    """Return the pages of a report, in their order. A model whose records are damaged has none of its own.

    Args:
        source: The registry.
        model: The only model to report on; None for all.
        newest: How many versions of each model have a page; what a label points to always has one.

    Raises:
        NotFoundError: If there is no such model.
        InvalidNameError: If the name cannot be a model's.
        CorruptLogError: If that model's log is damaged.
    """
    keys = [PageKey("models")]
    for name in source.names() if model is None else [model]:
        try:
            with source.model(name) as opened:
                state = opened.state
                keys.append(PageKey("model", name))
                if source.has_lineage and state.stable is not None:
                    keys.append(PageKey("lineage", name, state.stable.version))
                keys += [PageKey("version", name, version) for version in _versions(state, newest)]
        except HallmarkError:
            # The list of models says what is wrong with it.
            if model is not None:
                raise
    return keys


def _versions(state: ModelState, newest: int) -> list[str]:
    """Return which versions have a page, newest first."""
    wanted = set(list(state.versions)[-newest:])
    wanted |= {state.releases[release].version for release in state.labels.values()}
    return [version for version in reversed(state.versions) if version in wanted]


def pages(source: Source, keys: Sequence[PageKey], *, model: str | None) -> Iterator[ReportPage]:
    """Make the pages, one by one; what cannot be shown says why in its place.

    Args:
        source: The registry.
        keys: Which ones.
        model: The only model to report on; None for all.

    Raises:
        MetadataError: If ML Metadata cannot be used.
    """
    for key in keys:
        try:
            if key.kind == "models":
                yield ReportPage(key, "models.html", _models(source, model))
            elif key.kind == "lineage":
                yield ReportPage(key, "report_lineage.html", _lineage(source, key))
            else:
                yield ReportPage(key, f"{key.kind}.html", _recorded(source, key))
        except MetadataError:
            raise
        except HallmarkError as error:
            what = "lineage of " if key.kind == "lineage" else ""
            yield ReportPage(
                key, "error.html", ErrorView(f"{what}{key.model} {key.version}".strip(), str(error))
            )


def _models(source: Source, model: str | None) -> ModelsView:
    view = models_view(source)
    if model is None:
        return view
    return msgspec.structs.replace(
        view, models=[one for one in view.models if one.name == model], unreadable=[]
    )


def _recorded(source: Source, key: PageKey) -> ModelView | VersionView:
    with source.model(key.model) as opened:
        if key.kind == "version":
            return version_view(opened, key.version)
        return model_view(opened, Asked(size=MAX_SIZE))


def _lineage(source: Source, key: PageKey) -> LineageView:
    from tfx_hallmark.lineage.drawing.svg import svg

    with source.model(key.model) as opened:
        graph = source.lineage().of(opened.version(key.version), limit=_MOST_NODES)
    return LineageView(
        model=key.model,
        version=key.version,
        drawing=svg(graph),
        nodes=list(graph.nodes.values()),
        cut=bool(graph.cut),
    )
