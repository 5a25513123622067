"""`/api/models/{model}/versions` and `/compare`: the versions of a model."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from tfx_hallmark.answers.details import Details, describe
from tfx_hallmark.answers.explanation import Explanation, explain
from tfx_hallmark.answers.versions_table import MAX_SIZE, VersionsTable, find_versions
from tfx_hallmark.dashboard.api.answering import answer, documented
from tfx_hallmark.dashboard.api.parameters import ModelName, Reference, References, Sort, Status
from tfx_hallmark.dashboard.pages.page import source_of
from tfx_hallmark.registry.comparison import VersionComparison, compare

router = APIRouter()


@router.get("/models/{model}/versions", responses=documented(VersionsTable))
def list_versions(
    request: Request,
    model: ModelName,
    q: str = "",
    status: Status = "",
    label: str = "",
    sort: Sort = "-created",
    page: Annotated[int, Query(ge=1)] = 1,
    size: Annotated[int, Query(ge=1, le=MAX_SIZE)] = 50,
) -> Response:
    """Search, filter and sort the versions of a model; one page of them."""
    with source_of(request).model(model) as found:
        return answer(
            find_versions(found, query=q, status=status, label=label, sort=sort, page=page, size=size)
        )


@router.get("/models/{model}/versions/{ref}", responses=documented(Details))
def show_version(request: Request, model: ModelName, ref: Reference) -> Response:
    """Tell everything recorded about a version: `1.2.0`, `7` (release), a label, `latest` or `b3:…`."""
    with source_of(request).model(model) as found:
        return answer(describe(found, ref))


@router.get("/models/{model}/versions/{ref}/verdict", responses=documented(Explanation))
def explain_verdict(request: Request, model: ModelName, ref: Reference) -> Response:
    """Explain the gate's last verdict on a version."""
    with source_of(request).model(model) as found:
        return answer(explain(found, ref))


@router.get("/models/{model}/compare", responses=documented(VersionComparison))
def compare_versions(
    request: Request,
    model: ModelName,
    version: References,
) -> Response:
    """Set versions side by side, in the order given."""
    with source_of(request).model(model) as found:
        return answer(compare([found.version(ref) for ref in version]))
