"""The seam between a model and where its releases lie: a base path on a file system, or a prefix in an object store.

What publishes, moves labels, prunes and verifies is written against this. The order is always the same: make
a release ready in staging, commit the event that claims its number, expose it. A crash before the commit
leaves only staging; after it, whoever opens the model next exposes the release.
"""

import datetime
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import msgspec

from tfx_hallmark.registry.errors import ForeignEntryError, InvalidModelError
from tfx_hallmark.registry.examining.hashing import Hasher
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import parse_release_number
from tfx_hallmark.registry.retention.freed_bytes import Freed
from tfx_hallmark.registry.state import Release
from tfx_hallmark.registry.tree import ContentDigest, FileEntry

_SERVING_NUMBER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)  # what absl::SimpleAtoi takes


class ReleaseIdentity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What `assets.extra/hallmark.json` in a release says about it.

    Attributes:
        model: The model's name.
        version: Semantic version.
        tag: Tag text.
        digest: Content digest of the model's own files.
        manifest: Digest of the manifest object.
        warmup: BLAKE3, 64 hex digits, of the warm-up file that hallmark added; None if it added none, so that one
            which is there is the model's own.
    """

    model: str
    version: str
    tag: str
    digest: str
    manifest: str
    warmup: str | None = None


class Additions(msgspec.Struct, frozen=True):
    """What hallmark adds to a release beside the model's own files.

    Attributes:
        identity: Which version it is.
        warmup: Requests that TensorFlow Serving sends to itself when it loads the release; empty for none.
    """

    identity: ReleaseIdentity
    warmup: bytes = b""


class Leftover(msgspec.Struct, frozen=True):
    """Staging that no committed release needs; whether its process still lives cannot be known.

    Attributes:
        name: Its name in the staging area.
        location: Where it lies.
        size: Bytes.
        modified: When something was last written to it.
    """

    name: str
    location: str
    size: int
    modified: datetime.datetime


class StagedRelease(Protocol):
    """A release that is being made ready by this process."""

    @property
    def name(self) -> str:
        """Its unique name in the staging area, which the event that claims its number carries."""

    def copy(self, candidate: Path) -> ContentDigest:
        """Put a candidate's files here; return the digest of what arrived.

        Raises:
            InvalidModelError: If the candidate holds what a model may not.
            StorageError: If it cannot be written.
        """

    def repeat(self, number: int, content: ContentDigest) -> None:
        """Put the files of an earlier release here, without a byte going through this process.

        Args:
            number: The release.
            content: What it holds.

        Raises:
            StorageError: If that cannot be done.
        """

    def finish(self, additions: Additions) -> None:
        """Add what hallmark adds: which version it is, and its warm-up; from here on it can be exposed.

        Raises:
            StorageError: If it cannot be written.
        """


class ReleaseFiles(Protocol):
    """The files of one release, to be held against its manifest."""

    @property
    def location(self) -> str:
        """Where it lies."""

    def walk(self) -> Iterator[tuple[str, InvalidModelError | None]]:
        """Yield each file's path, but that which says which version it is, and what speaks against it, if anything."""

    def is_link(self, relative: str) -> bool:
        """Tell whether a file is a symbolic link."""

    def submit(self, hasher: Hasher, relative: str) -> "Future[FileEntry]":
        """Start to hash a file; waiting for it raises InvalidModelError if it cannot be read."""

    def read_identity(self) -> bytes:
        """Return what the file says that says which version it is.

        Raises:
            InvalidModelError: If it is missing or cannot be read, with the reason alone.
        """

    def empty_folders(self) -> Iterator[str]:
        """Yield the paths of directories that hold nothing."""


class Releases(Protocol):
    """The releases of one model, and the staging area that feeds them."""

    @property
    def location(self) -> str:
        """What TF Serving is given as the model's base path."""

    def location_of(self, release: int) -> str:
        """Return where a release lies, or would lie."""

    @property
    def base(self) -> Path:
        """The base path as a directory.

        Raises:
            LocalRootError: If it is none.
        """

    @property
    def staging(self) -> Path:
        """The staging area as a directory.

        Raises:
            LocalRootError: If it is none.
        """

    def path(self, release: int) -> Path:
        """Return the directory of a release.

        Raises:
            LocalRootError: If it lies in no directory.
        """

    def prepare(self) -> None:
        """Make sure that releases can be staged and exposed here.

        Raises:
            StorageError: If they cannot.
        """

    def check(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but this model's releases.

        Raises:
            ForeignEntryError: If it holds anything else.
        """

    def check_numbers(self, ledger: Ledger) -> None:
        """Make sure that the base path holds nothing but releases that TF Serving would take for a version.

        Raises:
            ForeignEntryError: If it holds such a thing, which could outnumber a release.
        """

    def foreign(self, ledger: Ledger) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none."""

    def shown(self) -> frozenset[int]:
        """Return the numbers that are in the base path, whosever they are."""

    def is_there(self, release: int) -> bool:
        """Tell whether a release is in the base path, for TF Serving to load."""

    def digest(self, release: int) -> ContentDigest:
        """Read a release and return what it holds.

        Raises:
            InvalidModelError: If it cannot be read.
        """

    def read(self, release: int, digest: str) -> ContentDigest:
        """Read a release and return what it holds.

        Args:
            release: The number.
            digest: The content digest that it should have; if it has it, that may be noted for `known`.

        Raises:
            InvalidModelError: If it cannot be read.
        """

    def known(self, release: int) -> ContentDigest | None:
        """Return what a release holds if that can be told without reading it; None if it must be read."""

    def files(self, release: int) -> ReleaseFiles:
        """Return the files of a release, to be checked one by one."""

    def fetch(self, release: int, destination: Path) -> str | None:
        """Put a release's files into a directory of this machine, in place of whatever is there.

        Returns:
            The content digest of what was written; None if nothing had to be read, as with hard links.

        Raises:
            OSError: If the directory cannot be written.
            StorageError: If the release cannot be read.
        """

    def stage(self) -> AbstractContextManager[StagedRelease]:
        """Begin a release; unless an event has claimed a number for it when the block ends, it may be deleted.

        Raises:
            StorageError: If it cannot be begun.
        """

    def expose(self, number: int, release: Release) -> None:
        """Give a committed release its number, unless it has it.

        Any process may do this for any other, any number of times.

        Raises:
            ForeignEntryError: If something else took the place.
            StorageError: If it cannot be done otherwise.
        """

    def unexposed(self, releases: Mapping[int, Release]) -> dict[int, Release]:
        """Return those of some committed releases that wait in staging still."""

    def waiting(self, release: Release) -> str | None:
        """Return where a release waits to be exposed, if it does and no process is about to do it."""

    def retire(self, number: int) -> None:
        """Take a pruned release out of the base path and delete it; no error if it is gone.

        Any process may do this for any other, any number of times, once the pruning is committed.

        Raises:
            StorageError: If it cannot be done.
        """

    def undeleted(self, numbers: Collection[int]) -> set[int]:
        """Return those of some pruned releases that are in the base path still."""

    def freed_by(self, numbers: Iterable[int]) -> Freed:
        """Return what deleting these releases, all at once, would give back."""

    def sweep(self, ledger: Ledger) -> None:
        """Delete the staging whose owner is known to be gone and that no unexposed release needs."""

    def leftovers(self, ledger: Ledger, *, before: datetime.datetime) -> list[Leftover]:
        """Return the staging that no committed release needs, that `sweep` must leave, and that is old."""


def foreign_entry(name: str, location: str) -> ForeignEntryError:
    """Return the error that says that something in a base path is not hallmark's."""
    taken = parse_release_number(name) is None and would_serve(name)
    warning = f"TF Serving would take it for version {int(name)}; " if taken else ""
    return ForeignEntryError(
        f"{location} was not put there by hallmark: {warning}move it out of the base path"
    )


def would_serve(name: str) -> bool:
    """Tell whether TF Serving takes a name in a base path for a version."""
    return _SERVING_NUMBER.match(name) is not None
