"""The pages of lineage: of a version, around an artifact, and what something went into."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from tfx_hallmark.dashboard.links import LiveLinks
from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.registry.errors import InvalidNameError, NotFoundError

if TYPE_CHECKING:
    from tfx_hallmark.lineage.graph import LineageGraph, Node

router = APIRouter()

# More cannot be told apart on a screen; what is left out is said.
MOST_NODES = 800
_LINKS = LiveLinks(has_lineage=True)

Direction = Literal["upstream", "downstream", "both"]


def _depth(depth: Annotated[str, Query(pattern="^[0-9]{0,3}$")] = "") -> int | None:
    """Read a number from a form, whose empty field is an empty text."""
    return int(depth) if depth else None


Depth = Annotated[int | None, Depends(_depth)]


@router.get("/lineage/drawing.css")
def drawing_style() -> Response:
    """Give the style of drawings, which files and notebooks have too."""
    from tfx_hallmark.lineage.drawing.style import RULES

    return Response(RULES, media_type="text/css")


@router.get("/models/{model}/versions/{which}/lineage")
def of_version(
    request: Request, model: str, which: str, depth: Depth, direction: Direction = "both"
) -> Response:
    """Show what a version was made from and what came of it."""
    source = source_of(request)
    with source.model(model) as opened:
        version = opened.version(which)
    graph = source.lineage().of(version, direction=direction, depth=depth, limit=MOST_NODES)
    trail = [
        ("Models", _LINKS.models()),
        (model, _LINKS.model(model)),
        (version.version, _LINKS.version(model, version.version)),
    ]
    return _show(request, graph, f"{model} {version.version}", trail, direction, depth)


@router.get("/lineage/artifacts/{number}")
def around_artifact(
    request: Request,
    number: Annotated[int, Path(ge=1, lt=2**63)],
    depth: Depth,
    direction: Direction = "both",
) -> Response:
    """Show what an artifact was made from and what was made from it."""
    lineage = source_of(request).lineage()
    graph = lineage.around(number, direction=direction, depth=depth, limit=MOST_NODES)
    trail = [("Models", _LINKS.models())]
    return _show(
        request, graph, f"{graph.nodes[graph.about[0]].type}, artifact {number}", trail, direction, depth
    )


@router.get("/impact")
def impact_of(request: Request, subject: Annotated[str, Query(max_length=4096)] = "") -> Response:
    """Show which versions were trained from something, and which of them serve."""
    from tfx_hallmark.dashboard.views.lineage_view import ImpactView, graph_view

    subject = subject.strip()
    lineage = source_of(request).lineage()
    if not subject:
        return page(request, "impact.html", view=ImpactView(subject=""))
    try:
        found = lineage.impact(subject)
    except (InvalidNameError, NotFoundError) as error:
        status = 404 if isinstance(error, NotFoundError) else 400
        return page(request, "impact.html", status=status, view=ImpactView(subject=subject, error=str(error)))
    graph = None if found.graph is None else graph_view(found.graph, _addresses)
    return page(request, "impact.html", view=ImpactView(subject=subject, impact=found, graph=graph))


def _show(
    request: Request,
    graph: "LineageGraph",
    title: str,
    trail: Sequence[tuple[str, str]],
    direction: Direction,
    depth: int | None,
) -> Response:
    from tfx_hallmark.dashboard.views.lineage_view import LineageView, graph_view

    view = LineageView(
        title=title, trail=trail, graph=graph_view(graph, _addresses), direction=direction, depth=depth
    )
    return page(request, "lineage.html", view=view)


def _addresses(node: "Node") -> list[tuple[str, str]]:
    found = []
    if node.version is not None:
        model, _, version = node.version.rpartition("@")
        found.append((f"Version {node.version}", _LINKS.version(model, version)))
    if node.kind == "artifact":
        query = urlencode({"subject": f"artifact:{node.id}"})
        found.append(("Impact of this artifact", f"/impact?{query}"))
        found.append(("Lineage around this artifact", f"/lineage/artifacts/{node.id}"))
    return found
