"""The first page: all models."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.models_view import models_view

router = APIRouter()


@router.get("/")
def show(request: Request) -> HTMLResponse:
    """Show every model in brief."""
    return page(request, "models.html", view=models_view(source_of(request)))
