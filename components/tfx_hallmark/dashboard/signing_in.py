"""Signing in and out, where actions are allowed at all."""

from typing import Annotated, cast

import msgspec
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from tfx_hallmark.dashboard.pages.page import page
from tfx_hallmark.dashboard.security.acting import acting
from tfx_hallmark.dashboard.security.attempts import Attempts, LockedError
from tfx_hallmark.dashboard.security.own_path import own_path
from tfx_hallmark.dashboard.security.sessions import COOKIE, LIFETIME_SECONDS, Session, Sessions

router = APIRouter(include_in_schema=False)
_LONGEST_NAME = 100


class SignInView(msgspec.Struct, frozen=True, kw_only=True):
    """What the sign-in page shows.

    Attributes:
        back: The page to go to afterwards.
        name: The name that was given before.
        error: What was wrong with the last try; empty for nothing.
    """

    back: str
    name: str = ""
    error: str = ""


@router.get("/sign-in")
def ask(request: Request, back: Annotated[str, Query()] = "/") -> Response:
    """Ask who is there."""
    return page(request, "sign_in.html", view=SignInView(back=own_path(back)))


@router.post("/sign-in")
def sign_in(
    request: Request,
    name: Annotated[str, Form()] = "",
    token: Annotated[str, Form()] = "",
    back: Annotated[str, Form()] = "/",
) -> Response:
    """Start a session for who knows the token."""
    name, back = name.strip(), own_path(back)
    attempts = cast(Attempts, request.app.state.attempts)
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        view = SignInView(back=back, error=f"give a name of 1 to {_LONGEST_NAME} printable characters")
        return page(request, "sign_in.html", status=400, view=view)
    try:
        right = attempts.check(token.strip())
    except LockedError as error:
        view = SignInView(back=back, name=name, error=str(error))
        answer: Response = page(request, "sign_in.html", status=429, view=view)
        answer.headers["Retry-After"] = str(error.seconds)
        return answer
    if not right:
        view = SignInView(
            back=back, name=name, error="this is not the token: it was printed when the server started"
        )
        return page(request, "sign_in.html", status=403, view=view)
    sessions = cast(Sessions, request.app.state.sessions)
    # A cookie that came with the request is never taken over: nobody can plant a session.
    sessions.end(request.cookies.get(COOKIE, ""))
    answer = RedirectResponse(back, 303)
    answer.set_cookie(
        COOKIE,
        sessions.start(name).id,
        max_age=LIFETIME_SECONDS,
        httponly=True,
        samesite="strict",
        # The browser says so itself; whether a proxy ends TLS before us is not known otherwise.
        secure=request.headers.get("origin", "").startswith("https://"),
    )
    return answer


@router.post("/sign-out")
def sign_out(request: Request, session: Annotated[Session, Depends(acting)]) -> Response:
    """End a session."""
    cast(Sessions, request.app.state.sessions).end(session.id)
    answer = RedirectResponse("/", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer
