"""What an archive is: a plain tar of a header, events, objects and files, in this order; see docs/archives.md.

Every name but the header's is a position or a digest, so nothing in an archive says where a byte is to be
written. It is not compressed: weights hardly shrink, and what compresses may write other bytes for the same
input tomorrow.
"""

import re
from typing import Literal

import msgspec

FORMAT = 1
HEADER = "hallmark-archive.json"
MAX_RECORD = 64 * 1024 * 1024  # bytes of one event or object; they are read into memory
BLOCK = 8 * 1024 * 1024

Part = Literal["header", "log", "objects", "files"]
PARTS: tuple[Part, ...] = ("header", "log", "objects", "files")
_NAMES: dict[Part, re.Pattern[str]] = {
    "header": re.compile(re.escape(HEADER)),
    "log": re.compile(r"log/(?P<key>[0-9]{20})\.json"),
    "objects": re.compile(r"objects/(?P<key>[0-9a-f]{64})"),
    "files": re.compile(r"files/(?P<key>[0-9a-f]{64})"),
}


class Header(msgspec.Struct, frozen=True, kw_only=True):
    """The first entry of an archive.

    Attributes:
        format: Version of this form.
        kind: `history`, the whole log of a model with all it names; or `version`, one version of it.
        model: The model's name.
        version: The semantic version; None of a history.
        events: How many events there are.
        seal: The last one's seal.
    """

    format: int = FORMAT
    kind: Literal["history", "version"]
    model: str
    version: str | None = None
    events: int
    seal: str


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Where an imported version comes from.

    Attributes:
        model: The model's name there.
        version: Its semantic version there.
        events: The events about it there, as they were written, seals included.
    """

    model: str
    version: str
    events: tuple[str, ...]


def name_of(part: Part, key: str) -> str:
    """Return the name of an entry: of an event by its position, of the rest by its digest in hex."""
    return f"{part}/{key}.json" if part == "log" else f"{part}/{key}"


def parse_name(name: str) -> tuple[Part, str] | None:
    """Return which part an entry belongs to, and its key; None if no archive has such an entry."""
    for part, pattern in _NAMES.items():
        found = pattern.fullmatch(name)
        if found:
            return part, found.groupdict().get("key", "")
    return None
