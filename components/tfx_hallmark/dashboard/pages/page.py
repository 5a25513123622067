"""What every page is made with."""

from typing import Any, cast

from fastapi import Request
from fastapi.responses import HTMLResponse

from tfx_hallmark.dashboard.security.sessions import COOKIE, Session, Sessions
from tfx_hallmark.dashboard.source import Source


def page(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a page for whoever asks.

    Args:
        request: Their request.
        template: Path of the template under `templates/`.
        status: HTTP status.
        context: What the template is given. Beside it: `session` (None, or `.name` and `.csrf` of who is
            signed in), `actions` (whether anybody may act at all), `path` (of the page, not escaped) and `notice`
            (what is told once, may be empty).
    """
    state = request.app.state
    session = session_of(request)
    html = state.renderer.render(
        template,
        session=session,
        actions=state.settings.token is not None,
        path=request.scope["path"],
        notice="" if session is None else state.sessions.take_notice(session),
        **context,
    )
    return HTMLResponse(html, status_code=status)


def session_of(request: Request) -> Session | None:
    """Return who is signed in; None for nobody."""
    sessions: Sessions = request.app.state.sessions
    return sessions.find(request.cookies.get(COOKIE))


def source_of(request: Request) -> Source:
    """Return what the pages read."""
    return cast(Source, request.app.state.source)
