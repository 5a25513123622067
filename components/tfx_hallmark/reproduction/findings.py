"""What is found here of the things that a training needs."""

from collections.abc import Mapping
from typing import Literal

import msgspec


class FoundInput(msgspec.Struct, frozen=True, kw_only=True):
    """What lies where an input lay.

    Attributes:
        uris: Where it was looked for.
        there: Whether all of that is.
        digest: Digest of its content, as the manifest counts it; None if it was not read.
        splits: Splits of an Examples artifact.
        properties: Properties of an Examples artifact that say how it is read.
        problem: Why it was not read, if so.
    """

    uris: tuple[str, ...]
    there: bool
    digest: str | None = None
    splits: tuple[str, ...] = ()
    properties: Mapping[str, str] = msgspec.field(default_factory=dict)
    problem: str = ""


class FoundModule(msgspec.Struct, frozen=True, kw_only=True):
    """Where the code that trained can be had from.

    Attributes:
        source: The source as it was then; None if it cannot be had.
        origin: Where that comes from: `registry`, a `file` that is given or still there, or the `wheel` that TFX made.
        file: The file of that name here; None if there is none.
        same: Whether that holds the same source; None if there is none, or that cannot be told.
        files: Source of the module's neighbours, which TFX packs with it, by name, as far as it can be had.
        lost: Names of those whose source cannot be had.
        wheel: The wheel that TFX made of them all; None if it is not here.
    """

    source: str | None = None
    origin: Literal["registry", "file", "wheel"] | None = None
    file: str | None = None
    same: bool | None = None
    files: Mapping[str, str] = msgspec.field(default_factory=dict)
    lost: tuple[str, ...] = ()
    wheel: str | None = None
