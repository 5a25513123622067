"""What a person who is signed in may do: the operations of `hallmark promote`, `rollback` and so on.

Each is one form with a reason, recorded under the name that they signed in with. Included only where
actions are allowed.
"""

from collections.abc import Callable
from typing import Annotated, cast

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.dashboard.links import Links
from tfx_hallmark.dashboard.pages.page import source_of
from tfx_hallmark.dashboard.security.acting import acting
from tfx_hallmark.dashboard.security.own_path import own_path
from tfx_hallmark.dashboard.security.sessions import Session
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.operations import Operation

router = APIRouter(prefix="/models/{model}/actions", include_in_schema=False)

Acting = Annotated[Session, Depends(acting)]
Text = Annotated[str, Form()]


@router.post("/promote")
def promote(
    request: Request,
    model: str,
    session: Acting,
    version: Text,
    label: Text,
    reason: Text = "",
    back: Text = "",
) -> Response:
    """Move a label to a version."""
    return _act(
        request,
        model,
        session,
        lambda found, actor: found.promote(version, label, reason=reason, actor=actor),
        back=back,
    )


@router.post("/rollback")
def rollback(
    request: Request, model: str, session: Acting, version: Text = "", reason: Text = "", back: Text = ""
) -> Response:
    """Make an earlier version stable: the last good one, unless another is named."""
    return _act(
        request,
        model,
        session,
        lambda found, actor: found.rollback(to=version or None, reason=reason, actor=actor),
        back=back,
    )


@router.post("/quarantine")
def quarantine(
    request: Request, model: str, session: Acting, version: Text, reason: Text = "", back: Text = ""
) -> Response:
    """Bar a version from serving."""
    return _act(
        request,
        model,
        session,
        lambda found, actor: found.quarantine(version, reason=reason, actor=actor),
        back=back,
    )


@router.post("/unquarantine")
def unquarantine(
    request: Request, model: str, session: Acting, version: Text, reason: Text = "", back: Text = ""
) -> Response:
    """Let a version serve again."""
    return _act(
        request,
        model,
        session,
        lambda found, actor: found.unquarantine(version, reason=reason, actor=actor),
        back=back,
    )


def _act(
    request: Request,
    name: str,
    session: Session,
    act: Callable[[Model, str], Operation],
    *,
    back: str,
) -> Response:
    """Do it, tell the next page, and go back there; what is refused becomes an error page."""
    with source_of(request).model(name) as model:
        operation = act(model, f"{session.name} (page)")
    cast(Settings, request.app.state.settings).committed(name)
    session.notice = _told(operation)
    links = cast(Links, request.app.state.links)
    return RedirectResponse(own_path(back, otherwise=links.model(name)), 303)


def _told(operation: Operation) -> str:
    told = "; ".join(f"{event.data.version}: {sentence(event)}" for event in operation.events)
    if operation.still_served is None:
        return told
    number = operation.still_served
    return f"{told}; TF Serving goes on serving it as release {number}, for nothing good has a higher number"
