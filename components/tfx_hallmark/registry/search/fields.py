"""How a field is written: `created`, `notes.team`, ``metrics.`auc@5` ``, `metrics.accuracy[sex:male]`."""

import re

import msgspec

from tfx_hallmark.registry.errors import SearchError

_WORD = r"[A-Za-z0-9_][A-Za-z0-9_-]*"
_QUOTED = r"`(?:[^`]|``)*`"
_PART = rf"(?:{_WORD}|{_QUOTED})"
# A name begins with a letter, so that it is never taken for a number.
FIELD = rf"[A-Za-z_][A-Za-z0-9_-]*(?:\.{_PART})*(?:\[(?: *{_QUOTED} *|[^\]`]*)\])?"

_FIELD = re.compile(FIELD)
_PARTS = re.compile(rf"\.?({_PART})")
_BARE = re.compile(_WORD)


class Field(msgspec.Struct, frozen=True):
    """What is asked about.

    Attributes:
        parts: The names between the dots; at least one.
        slice: The slice of a metric; None for all examples.
    """

    parts: tuple[str, ...]
    slice: str | None = None

    def __str__(self) -> str:
        first, *others = self.parts
        name = ".".join([first, *map(_written, others)])
        return name if self.slice is None else f"{name}[{_written_slice(self.slice)}]"


def field_from(text: str) -> Field:
    """Return the field that a text which `FIELD` matches is."""
    name, bracket, where = text, "", ""
    found = _PARTS.match(name)
    parts = []
    end = 0
    while found:
        parts.append(_bare(found[1]))
        end = found.end()
        found = _PARTS.match(name, end) if text[end : end + 1] == "." else None
    bracket, where = text[end : end + 1], text[end + 1 : -1]
    return Field(tuple(parts), _bare(where.strip()) if bracket else None)


def split_fields(text: str) -> list[tuple[str, Field, int]]:
    """Read fields that stand one after the other, with commas between them.

    Args:
        text: E.g. `version, metrics.accuracy` or `-created`.

    Returns:
        Of each what stands before it, `-` or nothing; the field; its column in the text, from 1.

    Raises:
        SearchError: If it is not of that form.
    """
    found = []
    at = 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip())
        sign = "-" if text.startswith("-", at) else ""
        match = _FIELD.match(text, at + len(sign))
        if match is None:
            rest = f"not {text[at:][:20]!r}" if text[at:] else "and the text ends"
            msg = (
                f"column {at + 1} of {text!r}: a field is expected, {rest}; write 'version,metrics.accuracy'"
            )
            raise SearchError(msg)
        found.append((sign, field_from(match[0]), match.start() + 1))
        at = match.end() + len(text[match.end() :]) - len(text[match.end() :].lstrip())
        if at == len(text):
            return found
        if text[at] != ",":
            msg = f"column {at + 1} of {text!r}: a comma or the end is expected, not {text[at:][:20]!r}"
            raise SearchError(msg)
        at += 1


def _bare(part: str) -> str:
    return part[1:-1].replace("``", "`") if part.startswith("`") else part


def _quoted(part: str) -> str:
    return "`" + part.replace("`", "``") + "`"


def _written(part: str) -> str:
    return part if _BARE.fullmatch(part) else _quoted(part)


def _written_slice(where: str) -> str:
    plain = where == where.strip() and not set(where) & set("`]")
    return where if plain else _quoted(where)
