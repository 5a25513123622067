"""Texts as every metadata store takes them.

ML Metadata 1.16 and 1.17 quote a text with a backslash wrongly for PostgreSQL, so that what follows is
read as SQL. What this package writes there has none, and what has one is not asked for.
"""

import json
import re
from collections.abc import Iterable


def is_safe(text: str) -> bool:
    """Return whether a metadata store may be asked for a text; one that may not be is in no store of PostgreSQL."""
    return "\\" not in text and "\0" not in text


def safe_text(text: str) -> str:
    """Return a text that every store takes, and takes as text.

    A backslash becomes a sign that only looks like one; PostgreSQL takes no zero byte either.
    """
    return text.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}").replace("\0", "\N{REPLACEMENT CHARACTER}")


def safe_json(texts: Iterable[str]) -> str:
    """Return a JSON list of texts, in which quotes and control characters give way to `'`.

    JSON has no way to write those without a backslash.
    """
    plain = [re.sub(r'["\\\x00-\x1f]', "'", text) for text in texts]
    return json.dumps(plain, ensure_ascii=False)
