"""`/api/models/{model}/versions/{ref}/lineage` and `/api/impact`: what ML Metadata knows, where it is given."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tfx_hallmark.dashboard.api.answering import answer, documented
from tfx_hallmark.dashboard.api.parameters import ModelName, Reference, Subject
from tfx_hallmark.dashboard.pages.page import source_of
from tfx_hallmark.lineage.graph import LineageGraph
from tfx_hallmark.lineage.lineage import Direction
from tfx_hallmark.lineage.reading.impact import Impact

router = APIRouter()
ANSWERS = (LineageGraph, Impact)


@router.get("/models/{model}/versions/{ref}/lineage", responses=documented(LineageGraph))
def show_lineage(
    request: Request,
    model: ModelName,
    ref: Reference,
    direction: Direction = "both",
    depth: Annotated[int | None, Query(ge=0, le=1000)] = None,
) -> Response:
    """Tell what a version was made from and what became of it."""
    source = source_of(request)
    with source.model(model) as found:
        version = found.version(ref)
    return answer(source.lineage().of(version, direction=direction, depth=depth))


@router.get("/impact", responses=documented(Impact))
def show_impact(request: Request, subject: Subject) -> Response:
    """Tell which versions rest on data, a schema or a module: `span:3`, `artifact:12`, `uri:/…`, `module:b3:…`."""
    return answer(source_of(request).lineage().impact(subject))
