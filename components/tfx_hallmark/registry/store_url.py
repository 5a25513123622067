"""Roots that lie in an object store are named by URLs; here is what such a name is, and nothing that needs a client."""

import os
from pathlib import Path
from typing import TypeAlias

from tfx_hallmark.registry.errors import ConfigError

ROOT_EXAMPLES = "s3://bucket/prefix, gs://bucket/prefix or az://container/prefix"
SCHEMES = frozenset(
    {"s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "adl"}
)  # what obstore takes, of stores with conditional writes


class StoreUrl:
    """The URL of a root or of something under it; immutable, and with `/` as paths have it.

    Args:
        text: The URL: `s3://bucket/prefix`.

    Raises:
        ConfigError: If it names no bucket.
    """

    def __init__(self, text: str) -> None:
        scheme, separator, rest = text.partition("://")
        scheme = scheme.lower()
        parts = [part for part in rest.split("/") if part]
        if not separator or not scheme or (not parts and scheme != "memory") or {".", ".."} & set(parts):
            msg = f"{text} is no root in an object store: give one like {ROOT_EXAMPLES}"
            raise ConfigError(msg)
        self._text = f"{scheme}://{'/' if scheme == 'memory' else ''}{'/'.join(parts)}"

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return f"StoreUrl({self._text!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StoreUrl) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __truediv__(self, key: str) -> "StoreUrl":
        return StoreUrl(f"{self._text}/{key}")

    @property
    def parent(self) -> "StoreUrl":
        """What it lies in."""
        return StoreUrl(self._text.rpartition("/")[0])

    @property
    def scheme(self) -> str:
        """What stands before `://`."""
        return self._text.partition("://")[0]


Root: TypeAlias = Path | StoreUrl


def is_url(text: str) -> bool:
    """Tell whether a text names a place in an object store rather than a directory."""
    return "://" in text


def parse_root(text: str | Path | StoreUrl) -> Root:
    """Return the root that a text names.

    Raises:
        ConfigError: If it is a URL that can be no root.
    """
    if isinstance(text, StoreUrl):
        return text
    # Not every byte of a path is text.
    if not is_url(os.fsdecode(text)):
        return Path(text)
    if {"?", "#"} & set(str(text)):
        # The client would take what follows for a query, and keep the records in another place than is shown.
        msg = f"{text} cannot be a root: it must be without '?' and '#', like {ROOT_EXAMPLES}"
        raise ConfigError(msg)
    return StoreUrl(str(text))


def local_path(location: str | None) -> Path | None:
    """Return a location as a path; None for one in an object store, or for none at all."""
    return None if location is None or is_url(location) else Path(location)


def absolute_root(text: str | Path | StoreUrl) -> Root:
    """Return the root that a text names, the same from whatever working directory.

    Raises:
        ConfigError: If it is a URL that can be no root.
    """
    root = parse_root(text)
    return root.absolute() if isinstance(root, Path) else root
