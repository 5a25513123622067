"""What goes wrong, as a page or, under /api, as `{"error": "…"}`: one plain line and a status."""

from http import HTTPStatus
from typing import Any

import msgspec
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse
from starlette.exceptions import HTTPException as StarletteHTTPException

from tfx_hallmark.dashboard.pages.page import page
from tfx_hallmark.dashboard.security.headers import HEADERS
from tfx_hallmark.lineage.errors import MetadataError
from tfx_hallmark.registry import errors

# A refusal by the registry is the default, 409. What only a person at the server can mend is 503.
_STATUS: dict[type[errors.HallmarkError], int] = {
    errors.InvalidNameError: 400,
    errors.ConfigError: 400,
    errors.NotComparableError: 400,
    errors.NotFoundError: 404,
    errors.CorruptLogError: 503,
    errors.NewerSchemaError: 503,
    errors.DigestMismatchError: 503,
    errors.StorageError: 503,
    MetadataError: 503,
}
_CONFLICT = 409
_NOT_ALLOWED = 405
_LINES = {404: "there is nothing at this address", 405: "this address does not take such a request"}


class Failure(msgspec.Struct, frozen=True):
    """What the API answers when something is wrong.

    Attributes:
        error: What, in one line.
    """

    error: str


class ErrorView(msgspec.Struct, frozen=True):
    """What the error page shows.

    Attributes:
        status: HTTP status.
        title: Its name.
        line: What is wrong.
    """

    status: int
    title: str
    line: str


def handle_errors(app: FastAPI) -> None:
    """Make an application answer every error in our form."""
    app.add_exception_handler(errors.HallmarkError, _hallmark_error)
    app.add_exception_handler(StarletteHTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _defect)


def _hallmark_error(request: Request, error: Exception) -> Response:
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), _CONFLICT)
    return _answer(request, status, str(error))


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, StarletteHTTPException)
    said = str(error.detail)
    line = _LINES.get(error.status_code, said) if said == HTTPStatus(error.status_code).phrase else said
    answer = _answer(request, error.status_code, line)
    answer.headers.update(error.headers or {})
    if error.status_code == _NOT_ALLOWED:
        # RFC 9110 wants it, and Starlette's static files leave it out.
        answer.headers.setdefault("Allow", "GET, HEAD")
    return answer


def _invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return _answer(request, 422, "; ".join(map(_complaint, error.errors())))


def _complaint(found: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0])
    return f"{where}: {found['msg'][:1].lower()}{found['msg'][1:]}"


def _defect(request: Request, error: Exception) -> Response:
    """Answer where nothing of ours can be relied upon any more; the server logs the traceback."""
    return PlainTextResponse(
        "something is wrong in hallmark itself: see its log\n",
        500,
        headers={**HEADERS, "Cache-Control": "no-store"},
    )


def _answer(request: Request, status: int, line: str) -> Response:
    # Not `request.url`, which cannot be made of every query.
    if f"{request.scope['path']}/".startswith("/api/"):
        return Response(msgspec.json.encode(Failure(line)), status, media_type="application/json")
    view = ErrorView(status, HTTPStatus(status).phrase, line)
    return page(request, "error.html", status=status, view=view)
