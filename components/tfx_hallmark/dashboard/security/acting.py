"""Who may act: somebody signed in, by a form of ours."""

import hmac
from typing import Annotated

from fastapi import Form, HTTPException, Request

from tfx_hallmark.dashboard.pages.page import session_of
from tfx_hallmark.dashboard.security.sessions import Session


def acting(request: Request, csrf: Annotated[str, Form()] = "") -> Session:
    """Return the session on whose behalf a form was sent.

    Raises:
        HTTPException: 403, if nobody is signed in or the form is not one that we gave to them.
    """
    session = session_of(request)
    if session is None:
        raise HTTPException(403, "nobody is signed in: sign in first, with the token that the server printed")
    if not hmac.compare_digest(csrf.encode("utf-8", "replace"), session.csrf.encode()):
        raise HTTPException(403, "this form is out of date: go back, load the page again, and repeat")
    return session
