"""The page of a model."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.answers.versions_table import MAX_SIZE
from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.model_view import Asked, model_view

router = APIRouter()


@router.get("/models/{model}")
def show(
    request: Request,
    model: str,
    q: str = "",
    status: str = "",
    label: str = "",
    sort: str = "-created",
    number: Annotated[int, Query(alias="page", ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_SIZE)] = 25,
    metric: str = "",
    slice_: Annotated[str, Query(alias="slice")] = "",
    before: Annotated[int, Query(ge=0)] = 0,
) -> HTMLResponse:
    """Show one model: what serves, its versions, its metrics over time, its events."""
    asked = Asked(
        q=q,
        status=status,
        label=label,
        sort=sort,
        page=number,
        size=size,
        metric=metric,
        slice=slice_,
        before=before,
    )
    with source_of(request).model(model) as opened:
        view = model_view(opened, asked)
    return page(request, "model.html", view=view)
