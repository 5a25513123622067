"""Writing the files of an archive into releases, each content once, checked as it is written."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from tfx_hallmark.registry.archive.reader import Archive, Entry
from tfx_hallmark.registry.errors import ArchiveError
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.release_storage import Additions
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, FileEntry

# Where each content goes: paths relative to the folder that is restored into.
Places = dict[str, list[str]]


def places_of(archive: Archive, folder: str, files: Iterable[FileEntry]) -> Places:
    """Return where the files of one release go.

    Args:
        archive: Where they come from.
        folder: The release's folder, relative; empty for the folder that is restored into.
        files: What its manifest lists.

    Raises:
        ArchiveError: If a path leads out of the release, or is a file and a folder at once.
    """
    places: Places = {}
    paths: set[str] = set()
    folders: set[str] = set()
    for file in files:
        parts = PurePosixPath(file.path).parts
        plain = file.path == "/".join(parts) and not file.path.startswith("/") and "\0" not in file.path
        if not parts or not plain or ".." in parts or file.path == HALLMARK_FILE or file.path in paths:
            raise _impossible(archive, file.path)
        paths.add(file.path)
        folders |= {str(parent) for parent in PurePosixPath(file.path).parents}
        places.setdefault(file.digest, []).append(f"{folder}/{file.path}" if folder else file.path)
    for path in paths & folders:
        raise _impossible(archive, path)
    return places


def places_of_history(archive: Archive, state: ModelState, objects: ObjectStore) -> Places:
    """Return where the files of all releases go that were not pruned, each in a folder of its number.

    Raises:
        ArchiveError: As `places_of` does.
    """
    places: Places = {}
    for number, release in state.releases.items():
        version = state.versions[release.version]
        if number in version.pruned:
            continue
        files = objects.get(version.manifest, Manifest).files
        for digest, paths in places_of(archive, str(number), files).items():
            places.setdefault(digest, []).extend(paths)
    return places


def _impossible(archive: Archive, path: str) -> ArchiveError:
    return ArchiveError(
        f"{archive.path} is no archive of hallmark: no model has a file {path!r}; export it anew"
    )


def check_files(archive: Archive, entries: Iterable[Entry], places: Places) -> int:
    """Read all files of an archive, write none, and make sure that they are those that are needed.

    Returns:
        Their bytes.

    Raises:
        ArchiveError: If one is damaged, missing or needless.
    """
    seen: set[str] = set()
    size = 0
    for entry in entries:
        _expected(archive, entry, places)
        entry.copy(_forget)
        seen.add(entry.key)
        size += entry.size
    _complete(archive, places, seen)
    return size


def restore_files(archive: Archive, entries: Iterable[Entry], places: Places, folder: Path) -> int:
    """Write all files of an archive; one content in several places is written once and hard-linked.

    Nothing is made durable yet.

    Args:
        archive: Where they come from.
        entries: Its files.
        places: Where each content goes.
        folder: What the places are relative to; it is there.

    Returns:
        The bytes written.

    Raises:
        ArchiveError: If one is damaged, missing or needless.
        OSError: If one cannot be written.
    """
    seen: set[str] = set()
    size = 0
    for entry in entries:
        first, *others = [folder / place for place in _expected(archive, entry, places)]
        first.parent.mkdir(parents=True, exist_ok=True)
        # Buffered: a raw file may take less than it is given, and say so only by its return value.
        with first.open("xb") as file:
            entry.copy(file.write)
            # Whatever the umask: TF Serving often runs as another user.
            os.fchmod(file.fileno(), 0o444)
        for other in others:
            other.parent.mkdir(parents=True, exist_ok=True)
            other.hardlink_to(first)
        seen.add(entry.key)
        size += entry.size
    _complete(archive, places, seen)
    return size


def add_to(folder: Path, additions: Additions) -> None:
    """Add to a restored release what hallmark adds."""
    files = {HALLMARK_FILE: msgspec.json.encode(additions.identity)}
    if additions.warmup:
        files[WARMUP_FILE] = additions.warmup
    for name, data in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        file.chmod(0o444)


def open_to_all(folder: Path) -> None:
    """Let everybody read the directories of a release, whatever the umask."""
    for path, _, _ in os.walk(folder):
        Path(path).chmod(0o755)


def _expected(archive: Archive, entry: Entry, places: Mapping[str, list[str]]) -> list[str]:
    try:
        return places[entry.key]
    except KeyError:
        msg = f"{archive.path} is no archive of hallmark: no version has the file {entry.key}; export it anew"
        raise ArchiveError(msg) from None


def _complete(archive: Archive, places: Mapping[str, list[str]], seen: set[str]) -> None:
    missing = len(places.keys() - seen)
    if missing:
        msg = (
            f"{archive.path} is incomplete: {missing:,} of {len(places):,} files are not in it; copy it again"
        )
        raise ArchiveError(msg)


def _forget(_: bytes) -> None:
    """Keep nothing of what was read."""
