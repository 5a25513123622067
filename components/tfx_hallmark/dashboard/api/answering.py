"""How the API answers, and how it says so in its OpenAPI description."""

from collections.abc import Collection
from typing import Any

import msgspec
from fastapi import FastAPI, Response

from tfx_hallmark.answers.details import Details
from tfx_hallmark.answers.explanation import Explanation
from tfx_hallmark.answers.history import History
from tfx_hallmark.answers.listing import ListedModel, ModelList
from tfx_hallmark.answers.versions_table import VersionsTable
from tfx_hallmark.dashboard.errors import Failure
from tfx_hallmark.registry.comparison import VersionComparison

_SCHEMAS = "#/components/schemas/"
_ANSWERS = (
    ModelList,
    ListedModel,
    VersionsTable,
    Details,
    Explanation,
    History,
    VersionComparison,
    Failure,
)


def answer(value: msgspec.Struct) -> Response:
    """Answer with one JSON document; a number that JSON cannot write (NaN, infinity) becomes null."""
    return Response(msgspec.json.encode(value), media_type="application/json")


def documented(kind: type[msgspec.Struct]) -> dict[int | str, dict[str, Any]]:
    """Describe the answers of a route whose good answer is a `kind`, for FastAPI's `responses`."""
    failures = {
        400: "a name or value that cannot be",
        404: "no such thing",
        421: "addressed to a host name that this server does not answer to",
        422: "a parameter of the wrong type",
        503: "a registry or metadata store that cannot be read",
    }
    found: dict[int | str, dict[str, Any]] = {200: _described("the answer", kind)}
    found |= {status: _described(what, Failure) for status, what in failures.items()}
    found[421]["content"] = {"text/plain": {"schema": {"type": "string"}}}
    return found


def description(app: FastAPI, more: Collection[type[msgspec.Struct]]) -> dict[str, Any]:
    """Return the OpenAPI description of an application, with the forms of its answers.

    Args:
        app: The application, all its routes included.
        more: Answers that not every application has.
    """
    described = app.openapi()
    _, forms = msgspec.json.schema_components((*_ANSWERS, *more), ref_template=_SCHEMAS + "{name}")
    return {**described, "components": {"schemas": forms}}


def _described(what: str, kind: type[msgspec.Struct]) -> dict[str, Any]:
    schema = {"$ref": _SCHEMAS + kind.__name__}
    return {"description": what, "content": {"application/json": {"schema": schema}}}
