"""Texts as every metadata store takes them.

ML Metadata 1.16 and 1.17 quote a text with a backslash wrongly for PostgreSQL, so that what follows is
read as SQL. What this package writes there has none, and what has one is not asked for. They also index
texts there, and a row of an index holds 2,704 bytes: of the text, its property's name and 16 more. What is
longer than `LONGEST` is cut in every store, for one may be moved into another.
"""

import bisect
import json
import re
from collections.abc import Iterable

LONGEST = 2_600  # bytes of UTF-8; leaves room for the name
_CUT = "…"


def is_safe(text: str) -> bool:
    """Return whether a metadata store may be asked for a text; one that may not be is in no store of PostgreSQL."""
    return "\\" not in text and "\0" not in text


def safe_text(text: str) -> str:
    """Return a text that every store takes, and takes as text.

    A backslash becomes a sign that only looks like one; PostgreSQL takes no zero byte either. What is too long
    ends in `…`.
    """
    plain = text.replace("\\", "\N{REVERSE SOLIDUS OPERATOR}").replace("\0", "\N{REPLACEMENT CHARACTER}")
    return _cut(plain, LONGEST)


def safe_json(texts: Iterable[str]) -> str:
    """Return a JSON list of texts, in which quotes and control characters give way to `'`.

    JSON has no way to write those without a backslash. Of a list that is too long the last texts are left out, and
    one more says how many.
    """
    plain = [re.sub(r'["\\\x00-\x1f]', "'", text) for text in texts]
    # At least one text is kept, however long it is.
    shorter = [_cut(text, LONGEST // 2) for text in plain]
    for whole in (plain, shorter):
        if _size(_json(whole)) <= LONGEST:
            return _json(whole)
    count = bisect.bisect_right(
        range(1, len(plain)), LONGEST, key=lambda count: _size(_first(shorter, count))
    )
    return _first(shorter, count)


def _first(texts: list[str], count: int) -> str:
    return _json([*texts[:count], f"{_CUT} and {len(texts) - count} more"])


def _json(texts: list[str]) -> str:
    return json.dumps(texts, ensure_ascii=False)


def _cut(text: str, longest: int) -> str:
    if _size(text) <= longest:
        return text
    room = longest - _size(_CUT)
    return _encoded(text)[:room].decode(errors="ignore") + _CUT


def _size(text: str) -> int:
    return len(_encoded(text))


def _encoded(text: str) -> bytes:
    return text.encode(errors="surrogatepass")  # a store refuses surrogates itself, if there are any
