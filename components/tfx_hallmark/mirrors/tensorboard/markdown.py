"""Markdown as TensorBoard renders it: Python-Markdown, which leaves most backslashes standing."""

import re
from collections.abc import Sequence

_MARKS = re.compile(r"[\\`*_{}\[\]<>&#|~!@$]")
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """Write a text so that it is shown as it is, on one line."""
    return _MARKS.sub(lambda found: f"&#{ord(found[0])};", _SPACES.sub(" ", text).strip())


def table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table of texts."""
    lines = [headers, ["---"] * len(headers), *([plain(text) or "-" for text in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
