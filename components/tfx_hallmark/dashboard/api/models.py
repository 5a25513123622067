"""`/api/models`: the models."""

from fastapi import APIRouter, Request, Response

from tfx_hallmark.answers.listing import ListedModel, ModelList, model_in_brief
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.dashboard.api.answering import answer, documented
from tfx_hallmark.dashboard.api.parameters import ModelName
from tfx_hallmark.dashboard.pages.page import source_of

router = APIRouter()


@router.get("/models", responses=documented(ModelList))
def list_models(request: Request) -> Response:
    """List the models."""
    source = source_of(request)
    listed = []
    for name in source.names():
        with source.model(name) as found:
            listed.append(model_in_brief(found.state))
    return answer(ModelList(root=as_text(source.registry.root), models=listed))


@router.get("/models/{model}", responses=documented(ListedModel))
def show_model(request: Request, model: ModelName) -> Response:
    """Tell about one model in brief."""
    with source_of(request).model(model) as found:
        return answer(model_in_brief(found.state))
