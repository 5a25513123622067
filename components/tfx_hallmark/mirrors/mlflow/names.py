"""Names and values as MLflow permits them."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

KEY_LENGTH = 250
PARAM_LENGTH = 6000
TAG_LENGTH = 5000  # the least that any of its stores takes
IN = "\0"  # in a name: what stands before it is the folder of what stands after it
_FORBIDDEN = re.compile(r"[^\w.\- :]")
_RESERVED_ALIAS = re.compile(r"(latest|v[0-9]+)\Z", re.IGNORECASE)


def keys_of(names: Iterable[str]) -> dict[str, str]:
    """Return the key of each name: the name itself where MLflow permits it.

    Of what it does not permit, and of `/`, each character becomes `_`. Names that are too long, or would share a
    key with another, end with 8 hex digits made from the whole name.
    """
    wanted = {name: _plain(name) for name in dict.fromkeys(names)}
    counts: dict[str, int] = {}
    for key in wanted.values():
        counts[key] = counts.get(key, 0) + 1
    return {
        name: key
        if len(key) <= KEY_LENGTH and (counts[key] == 1 or key == name)
        else f"{key[: KEY_LENGTH - 9]}-{_short(name)}"
        for name, key in wanted.items()
    }


def _plain(name: str) -> str:
    # They are paths in a file store: none of their parts may be empty, `.` or `..`, and no file a folder too.
    parts = (_FORBIDDEN.sub("_", part) for part in name.split(IN))
    return "/".join("_" if part in ("", ".", "..") else part for part in parts)


def _short(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]


def alias_of(label: str) -> str:
    """Return the alias for a label: the label itself but where MLflow reserves it or has no `.` in it."""
    if _RESERVED_ALIAS.match(label):
        return f"label-{label}"
    return label if "." not in label else f"{label.replace('.', '-')}-{_short(label)}"


def shortened(text: str, limit: int) -> str:
    """Return a text that is at most so long, and ends with … where something was cut off."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def flattened(values: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Return JSON values as texts, the names of what lies in an object joined by dots."""
    found: dict[str, str] = {}
    for name, value in values.items():
        if isinstance(value, Mapping) and value:
            found |= flattened(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value if isinstance(value, str) else json.dumps(value, default=str)
    return found
