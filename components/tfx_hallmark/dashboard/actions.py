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


class Action:
    """What every form says: the model, who acts and why, and the page to go back to."""

    def __init__(
        self, request: Request, model: str, session: Acting, reason: Text = "", back: Text = ""
    ) -> None:
        self._request = request
        self._name = model
        self._session = session
        self._back = back
        self.by = {"reason": reason, "actor": f"{session.name} (page)"}

    def take(self, operate: Callable[[Model], Operation]) -> Response:
        """Do it, tell the next page, and go back there; what is refused becomes an error page."""
        with source_of(self._request).model(self._name) as model:
            operation = operate(model)
        state = self._request.app.state
        cast(Settings, state.settings).committed(self._name)
        self._session.notice = _told(operation)
        links = cast(Links, state.links)
        return RedirectResponse(own_path(self._back, otherwise=links.model(self._name)), 303)


Given = Annotated[Action, Depends()]


@router.post("/promote")
def promote(action: Given, version: Text, label: Text) -> Response:
    """Move a label to a version."""
    return action.take(lambda model: model.promote(version, label, **action.by))


@router.post("/rollback")
def rollback(action: Given, version: Text = "") -> Response:
    """Make an earlier version stable: the last good one, unless another is named."""
    return action.take(lambda model: model.rollback(to=version or None, **action.by))


@router.post("/quarantine")
def quarantine(action: Given, version: Text) -> Response:
    """Bar a version from serving."""
    return action.take(lambda model: model.quarantine(version, **action.by))


@router.post("/unquarantine")
def unquarantine(action: Given, version: Text) -> Response:
    """Let a version serve again."""
    return action.take(lambda model: model.unquarantine(version, **action.by))


def _told(operation: Operation) -> str:
    told = "; ".join(f"{event.data.version}: {sentence(event)}" for event in operation.events)
    if operation.still_served is None:
        return told
    number = operation.still_served
    return f"{told}; TF Serving goes on serving it as release {number}, for nothing good has a higher number"
