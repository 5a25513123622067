"""The page that sets versions side by side."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.compare_view import compare_view

router = APIRouter()


@router.get("/models/{model}/compare")
def show(
    request: Request,
    model: str,
    version: Annotated[list[str] | None, Query()] = None,
    changed: bool = False,
    code: bool = False,
) -> HTMLResponse:
    """Show versions side by side; `changed=1` leaves out what is the same in all of them, `code=1` adds diffs."""
    # An empty choice in the list of versions to add arrives as an empty text.
    wanted = [one for one in version or [] if one]
    with source_of(request).model(model) as opened:
        view = compare_view(opened, wanted, only_changed=changed, code=code)
    return page(request, "compare.html", view=view)
