"""`/metrics`: what a monitoring system scrapes."""

from typing import cast

from fastapi import APIRouter, Request, Response

from tfx_hallmark.dashboard.metrics.exposition import Exposition

router = APIRouter()


@router.get("/metrics")
def show(request: Request) -> Response:
    """Tell about every model in the text format of Prometheus, or in OpenMetrics where that is asked for."""
    exposition = cast(Exposition, request.app.state.exposition)
    text, media_type = exposition.answer(request.headers.get("accept", ""))
    return Response(text, headers={"Content-Type": media_type})
