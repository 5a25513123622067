"""What differs between the files that are there and the files that should be."""

from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from tfx_hallmark.registry.tree import FileEntry


class Difference(msgspec.Struct, frozen=True):
    """One file that is not as it should be.

    Attributes:
        path: Relative to the model, with `/`.
        how: Whether it is missing, was added or was changed.
        detail: By what it can be told; may be empty.
    """

    path: str
    how: Literal["missing", "added", "changed"]
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.path} {'is' if self.how == 'missing' else 'was'} {self.how}"


def differences(found: Iterable[FileEntry], expected: Iterable[FileEntry]) -> Iterator[Difference]:
    """Yield every difference, by path.

    Args:
        found: The files that are there.
        expected: The files that should be, as a manifest lists them.
    """
    wanted = {file.path: file for file in expected}
    present = {file.path: file for file in found}
    for path in sorted(wanted.keys() | present.keys()):
        if path not in present:
            yield Difference(path, "missing")
        elif path not in wanted:
            yield Difference(path, "added")
        elif present[path] != wanted[path]:
            yield Difference(path, "changed", _change(present[path], wanted[path]))


def _change(found: FileEntry, expected: FileEntry) -> str:
    if found.size != expected.size:
        return f"it has {found.size:,} bytes, the published one {expected.size:,}"
    return "it has the same size and other content"
