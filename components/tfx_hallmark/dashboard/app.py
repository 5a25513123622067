"""The application: routes, and what stands before and behind all of them."""

import msgspec
from fastapi import Depends, FastAPI
from starlette.middleware import Middleware
from starlette.staticfiles import StaticFiles

import tfx_hallmark
from tfx_hallmark.dashboard import actions, signing_in
from tfx_hallmark.dashboard.api import answering, events, versions
from tfx_hallmark.dashboard.api import models as api_models
from tfx_hallmark.dashboard.errors import handle_errors
from tfx_hallmark.dashboard.head_requests import HeadRequests
from tfx_hallmark.dashboard.links import LiveLinks
from tfx_hallmark.dashboard.metrics.exposition import Exposition
from tfx_hallmark.dashboard.pages import audit, compare, deliveries, lineage, metrics, model, models, version
from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.security.attempts import Attempts
from tfx_hallmark.dashboard.security.body_limit import BodyLimit
from tfx_hallmark.dashboard.security.headers import SecurityHeaders
from tfx_hallmark.dashboard.security.hosts import KnownHosts
from tfx_hallmark.dashboard.security.same_origin import own_pages_only
from tfx_hallmark.dashboard.security.sessions import Sessions
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.dashboard.source import Source


def create_app(settings: Settings) -> FastAPI:
    """Make the application that serves the pages and the JSON API.

    Args:
        settings: What it serves, and to whom.

    Raises:
        NotFoundError: If the root is no registry.
    """
    app = FastAPI(
        title="hallmark",
        version=tfx_hallmark.__version__,
        # Their pages load scripts from elsewhere; the description itself is at /openapi.json.
        docs_url=None,
        redoc_url=None,
        # A redirect to the address without its slash fails over a query that is not UTF-8 (starlette's URL).
        redirect_slashes=False,
        dependencies=[Depends(own_pages_only)],
        middleware=[
            Middleware(SecurityHeaders),
            Middleware(KnownHosts, hosts=settings.hosts),
            Middleware(HeadRequests),
            Middleware(BodyLimit),
        ],
    )
    app.state.settings = settings
    app.state.source = Source(settings)
    app.state.links = LiveLinks(has_lineage=settings.metadata is not None)
    app.state.renderer = Renderer("layouts/live.html", app.state.links)
    app.state.sessions = Sessions()
    app.state.exposition = Exposition(app.state.source)
    for part in (models, model, version, compare, audit, deliveries, lineage, metrics):
        app.include_router(part.router, include_in_schema=False)
    _include_api(app, settings)
    if settings.token is not None:
        app.state.attempts = Attempts(settings.token)
        app.include_router(signing_in.router)
        app.include_router(actions.router)
    handle_errors(app)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app


def _include_api(app: FastAPI, settings: Settings) -> None:
    routers = [api_models.router, versions.router, events.router]
    more: tuple[type[msgspec.Struct], ...] = ()
    if settings.metadata is not None:
        # Only here: it loads ML Metadata, which not everybody has installed.
        from tfx_hallmark.dashboard.api import lineage as api_lineage

        routers.append(api_lineage.router)
        more = api_lineage.ANSWERS
    for router in routers:
        app.include_router(router, prefix="/api")
    app.openapi_schema = answering.description(app, more)
