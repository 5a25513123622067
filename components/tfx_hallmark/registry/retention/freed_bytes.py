"""How many bytes deleting directories gives back, where files have several names by hard links."""

import os
from collections.abc import Iterable
from pathlib import Path

import msgspec


class Freed(msgspec.Struct, frozen=True, kw_only=True):
    """What deleting releases gives back.

    Attributes:
        size: Bytes that are free then.
        shared: Bytes that are not, for other names lead to the same files: another release of the same
            version, or the copy that a pipeline keeps.
    """

    size: int
    shared: int

    def __add__(self, other: "Freed") -> "Freed":
        return Freed(size=self.size + other.size, shared=self.shared + other.shared)


class _File:
    """A file, with how many of its names go."""

    def __init__(self, status: os.stat_result) -> None:
        self.size = status.st_size
        self.names = status.st_nlink
        self.going = 0


def freed_by(directories: Iterable[Path]) -> Freed:
    """Return what deleting these directories would give back; what cannot be read counts for nothing.

    Args:
        directories: Directories, of which none lies within another. One that is not there is passed over.
    """
    files: dict[tuple[int, int], _File] = {}
    for directory in directories:
        for folder, _, names in os.walk(directory):
            for name in names:
                try:
                    status = Path(folder, name).lstat()
                except OSError:
                    continue
                files.setdefault((status.st_dev, status.st_ino), _File(status)).going += 1
    gone = sum(file.size for file in files.values() if file.going >= file.names)
    return Freed(size=gone, shared=sum(file.size for file in files.values()) - gone)
