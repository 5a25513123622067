"""The page of a version."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from tfx_hallmark.dashboard.links import LiveLinks
from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.version_view import version_view

router = APIRouter()


@router.get("/models/{model}/versions/{which}")
def show(request: Request, model: str, which: str) -> Response:
    """Show one version; any other reference to it than its semantic version leads there."""
    with source_of(request).model(model) as opened:
        version = opened.version(which).version
        view = version_view(opened, version) if version == which else None
    if view is None:
        # What `stable` is changes: not a permanent redirect.
        return RedirectResponse(LiveLinks(has_lineage=False).version(model, version), 307)
    return page(request, "version.html", view=view)
