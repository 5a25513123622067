"""The page of what goes to mirrors, webhooks and people."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.deliveries_view import deliveries_view

router = APIRouter()


@router.get("/deliveries")
def show(request: Request) -> HTMLResponse:
    """Show what waits for which destination, and what the last attempts came to."""
    return page(request, "deliveries.html", view=deliveries_view(source_of(request)))
