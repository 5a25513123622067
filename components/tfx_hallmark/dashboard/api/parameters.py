"""The parameters of the API: what is described here is what `registry.names` and the answers take.

They are checked there, for the commands too; a description alone does not refuse anything.
"""

from typing import Annotated, Any

from fastapi import Path, Query

from tfx_hallmark.answers.history import KINDS
from tfx_hallmark.answers.listing import STATUSES
from tfx_hallmark.answers.versions_table import SORTS

_NAME = "[A-Za-z0-9][A-Za-z0-9._-]{0,127}"
_LABEL = "[A-Za-z][A-Za-z0-9._-]{0,127}"
_REFERENCE = rf"[0-9]+\.[0-9]+\.[0-9]+|[1-9][0-9]{{0,17}}|{_LABEL}|b3:[0-9a-f]{{4,64}}"
_SUBJECT = r"artifact:[1-9][0-9]{0,17}|uri:[!-~]+|span:[0-9]{1,9}|(examples|schema|module):b3:[0-9a-f]{4,64}"


def _form(pattern: str) -> dict[str, Any]:
    return {"pattern": f"^({pattern})$"}


ModelName = Annotated[str, Path(json_schema_extra=_form(_NAME), description="Name of a model.")]
Reference = Annotated[
    str,
    Path(
        json_schema_extra=_form(_REFERENCE),
        description="A version `1.2.0`, a release `7`, a label such as `stable`, `latest`, or a digest `b3:…`.",
    ),
]
References = Annotated[
    list[str],
    Query(
        min_length=2,
        max_length=20,
        json_schema_extra={"items": {"type": "string", **_form(_REFERENCE)}},
        description="Two or more versions of the model, each as above.",
    ),
]
Status = Annotated[str, Query(json_schema_extra={"enum": ["", *STATUSES]}, description="Empty for all.")]
Sort = Annotated[
    str,
    Query(
        json_schema_extra={"enum": [f"{way}{key}" for key in SORTS for way in ("", "-")]},
        description="What to sort by; `-` for downwards.",
    ),
]
Kind = Annotated[str, Query(json_schema_extra={"enum": ["", *KINDS]}, description="Empty for all.")]
Subject = Annotated[
    str,
    Query(
        json_schema_extra=_form(_SUBJECT),
        description="`artifact:12`, `uri:/data/…`, `span:3`, `examples:b3:…`, `schema:b3:…` or `module:b3:…`.",
    ),
]
