"""The page of all models' events."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.dashboard.pages.page import page, source_of
from tfx_hallmark.dashboard.views.audit_filter import AuditFilter
from tfx_hallmark.dashboard.views.audit_view import audit_view

router = APIRouter()


@router.get("/audit")
def show(
    request: Request,
    model: str = "",
    kind: str = "",
    actor: str = "",
    since: str = "",
    until: str = "",
    before: str = "",
    check: bool = False,
) -> HTMLResponse:
    """Show what happened to all models, newest first; `check=1` checks each log from its first event."""
    wanted = AuditFilter(model=model, kind=kind, actor=actor, since=since, until=until, before=before)
    return page(request, "audit.html", view=audit_view(source_of(request), wanted, check=check))
