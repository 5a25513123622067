"""`/api/models/{model}/events`: what happened to a model."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tfx_hallmark.answers.history import History, tell
from tfx_hallmark.dashboard.api.answering import answer, documented
from tfx_hallmark.dashboard.api.parameters import Kind, ModelName
from tfx_hallmark.dashboard.pages.page import source_of

router = APIRouter()
_MOST = 1000


@router.get("/models/{model}/events", responses=documented(History))
def list_events(
    request: Request,
    model: ModelName,
    kind: Kind = "",
    actor: str = "",
    before: Annotated[int | None, Query(ge=1)] = None,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = 50,
) -> Response:
    """Tell what happened, newest first: of one kind, by one actor, before a position in the log."""
    with source_of(request).model(model) as found:
        newest = found.state.seq
    # Each is a file that never changes, so they are read after the next request has the model.
    events = map(found.event, range(newest if before is None else min(newest, before - 1), 0, -1))
    wanted = (event for event in events if kind in ("", event.kind) and actor in ("", event.actor))
    return answer(tell(model, wanted, limit=limit))
