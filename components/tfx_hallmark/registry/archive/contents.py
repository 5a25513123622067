"""What goes into an archive of a model or of one of its versions."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from tfx_hallmark.registry.archive.layout import Header
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.examining.object_audit import Reference, named_by, referred
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import event_key
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.state import ModelState, VersionState


class SourceFile(msgspec.Struct, frozen=True):
    """A file of a release: where it lies, and its bytes."""

    path: Path
    size: int


class Contents(msgspec.Struct, frozen=True):
    """The entries of an archive; what is long is not read yet.

    Attributes:
        header: The first entry.
        events: Positions of the events.
        objects: Digests of the objects, 64 hex digits, sorted.
        files: One place for each content, by its digest, sorted.
    """

    header: Header
    events: tuple[int, ...]
    objects: tuple[str, ...]
    files: dict[str, SourceFile]

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(file.size for file in self.files.values())


def history(ledger: Ledger, directories: ReleaseDirectories) -> Contents:
    """Return all that there is of a model.

    Raises:
        NotFoundError: If an object or a release's directory is missing.
        CorruptLogError: If the log is damaged.
    """
    state = ledger.refresh()
    found = [event for event, _ in ledger.sealed_events(after=0) if event.seq <= state.seq]
    header = Header(kind="history", model=state.model, events=len(found), seal=_seal(ledger, found))
    return _contents(header, ledger, directories, found, list(state.versions.values()))


def one_version(ledger: Ledger, directories: ReleaseDirectories, version: VersionState) -> Contents:
    """Return all that there is of a version.

    Raises:
        NotFoundError: If it has no release on the disk, or an object is missing.
        CorruptLogError: If the log is damaged.
    """
    state = ledger.refresh()
    if state.serving_release(version) is None:
        msg = (
            f"{state.model}@{version.version} has no release on the disk: it is {version.status}; "
            f"its records are in an archive of the whole history, 'hallmark export {state.model}'"
        )
        raise NotFoundError(msg)
    found = [event for event, _ in ledger.sealed_events(after=0) if event.data.version == version.version]
    header = Header(
        kind="version",
        model=state.model,
        version=version.version,
        events=len(found),
        seal=_seal(ledger, found),
    )
    return _contents(header, ledger, directories, found, [version])


def _seal(ledger: Ledger, events: list[Event]) -> str:
    return next(seal for _, seal in ledger.sealed_events(after=events[-1].seq - 1))


def _contents(
    header: Header,
    ledger: Ledger,
    directories: ReleaseDirectories,
    events: list[Event],
    versions: list[VersionState],
) -> Contents:
    named = {digest.removeprefix("b3:") for digest in objects_of(events, ledger.objects)}
    files: dict[str, SourceFile] = {}
    for version in versions:
        for digest, file in _files(ledger.refresh(), ledger.objects, directories, version):
            files.setdefault(digest, file)
    return Contents(
        header=header,
        events=tuple(event.seq for event in events),
        objects=tuple(sorted(named)),
        files=dict(sorted(files.items())),
    )


def objects_of(events: Iterable[Event], objects: ObjectStore) -> set[str]:
    """Return the digests of the objects that events name, and of those that these name in turn.

    Raises:
        NotFoundError: If one is missing.
        DigestMismatchError: If one was changed.
    """
    found: set[str] = set()
    pending: list[Reference] = [reference for event in events for reference in referred(event)]
    while pending:
        reference = pending.pop()
        if reference.digest not in found:
            found.add(reference.digest)
            pending += named_by(objects.get(reference.digest, reference.form), reference.where)
    return found


def _files(
    state: ModelState, objects: ObjectStore, directories: ReleaseDirectories, version: VersionState
) -> Iterator[tuple[str, SourceFile]]:
    number = state.serving_release(version)
    if number is None:
        return
    path = directories.path(number)
    if not path.is_dir():
        msg = f"release {number} of {state.model} is gone from {path}: push its model again, then export"
        raise NotFoundError(msg)
    for file in objects.get(version.manifest, Manifest).files:
        yield file.digest, SourceFile(path / file.path, file.size)


def raw_event(ledger: Ledger, seq: int) -> bytes:
    """Return an event's file as it is.

    Raises:
        NotFoundError: If it is gone.
    """
    data = ledger.storage.read(event_key(seq))
    if data is None:
        msg = f"event {seq} of {ledger.model} is gone: restore it from a backup of the registry root"
        raise NotFoundError(msg)
    return data
