"""Text that Markdown shows as it is."""

import re

from tfx_hallmark.answers.text import escape

# What GitHub makes something of within a line: https://github.github.com/gfm/, and its mathematics. An underscore
# within a word is none of it.
_MARKS = re.compile(r"[\\`*\[\]<>|~$&@]|(?<![^\W_])_|_(?![^\W_])")
_LEADING = re.compile(r"^(?:(?=#|=|--|[+-](?:\s|$))|(\d+)(?=[.)](?:\s|$)))")  # headings, lists, rules
# Of addresses, which become links, and of GitHub's pictures, as :bug:
_COLONS = re.compile(r"\b((?:https?|ftp|mailto|xmpp)):|(?<!\d)():(?=[\w+-]+:)", re.IGNORECASE)
_WWW = re.compile(r"\b(www)\.", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def plain(text: str) -> str:
    """Escape whatever Markdown or HTML would make of a text, and keep it on one line."""
    text = _MARKS.sub(r"\\\g<0>", escape(_SPACES.sub(" ", text).strip()))
    text = _LEADING.sub(lambda found: f"{found[1] or ''}\\", text)
    text = _COLONS.sub(lambda found: f"{found[1] or ''}\\:", text)
    return _WWW.sub(r"\1\\.", text)


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each escaped: what an empty line parts stays parted."""
    return [plain(part) for part in re.split(r"\n\s*\n", text) if part.strip()]


def code(text: str) -> str:
    """Write a text as code, within a fence of marks longer than any in it."""
    line = escape(_SPACES.sub(" ", text).strip())
    fence = "`" * (max((len(run) for run in re.findall(r"`+", line)), default=0) + 1)
    pad = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{pad}{line}{pad}{fence}"
