"""What came of an export or an import."""

from pathlib import Path
from typing import Literal

import msgspec


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was written.

    Attributes:
        path: Where it is.
        kind: `history` or `version`.
        model: The model's name.
        version: The semantic version; None of a history.
        events: How many events are in it.
        objects: How many objects.
        files: How many files of releases, each content once.
        size: Bytes of the archive.
    """

    path: Path
    kind: Literal["history", "version"]
    model: str
    version: str | None
    events: int
    objects: int
    files: int
    size: int


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was imported, or would be.

    Attributes:
        path: The archive.
        kind: `history` or `version`.
        model: The model's name.
        version: The semantic version; None of a history.
        events: How many events were added.
        releases: The releases that were added, lowest number first.
        labels: The labels that the version got; of a history, all that it has.
        size: Bytes of the files that were written.
        already: Whether the registry held all of it, so that nothing was done.
    """

    path: Path
    kind: Literal["history", "version"]
    model: str
    version: str | None
    events: int
    releases: tuple[int, ...]
    labels: tuple[str, ...] = ()
    size: int = 0
    already: bool = False
