"""What the files of a release looked like to the file system when they were read, so as not to read them again.

A stamp says of every file its size, device, inode, modification time and change time (ctime), as git's index does,
and the digest of what was read. While the file system says the same of the same files, they hold what they held:
nobody can set a ctime (but by the machine's clock), so a write, a rename, a link or a changed mode shows, whatever
became of the modification time. A time is as coarse as the kernel's tick, and a write in the tick of the last change
would not show. So the clock is on the stamp as well, as it stood before the files were looked at, and every ctime
must be older than that (git: Documentation/technical/racy-git).

What does not show: a bit that rots on the disk, a write to the device past its file system, a write that a power cut
kept from being recorded, and, while a hard link is made, a write by somebody who also sets the modification time
back; for a link moves the ctime itself. `verify` and `audit` find these: they read. Nor is a stamp proof against
somebody who writes to the registry's own records, so nothing trusts one where signatures are required.

Stamps are a cache, never the truth: to delete them loses nothing, and one that is damaged is passed over.
"""

import contextlib
import os
import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError, StorageError
from tfx_hallmark.registry.storage import LocalStorage, make_directory
from tfx_hallmark.registry.tree import ContentDigest, FileEntry, combine, digest_tree, model_files

STAMP_FILE = "stamp.json"  # in a staging folder, beside the release that it is of

_CLOCK_REALTIME_COARSE = 5  # linux/time.h: what file times are taken from; the time module has no name for it
_TICKS = 10  # to wait for at most; the kernel's is 1 to 10 ms
_TICK = 0.002


class FileState(msgspec.Struct, frozen=True):
    """What the file system says of one file.

    Attributes:
        size: Bytes.
        device: `st_dev`.
        inode: `st_ino`.
        modified: `st_mtime_ns`, which anybody may set.
        changed: `st_ctime_ns`, which the kernel sets at each change of bytes, mode, name or links.
    """

    size: int
    device: int
    inode: int
    modified: int
    changed: int


class Look(msgspec.Struct, frozen=True):
    """All files of a release at one moment.

    Attributes:
        clock: The kernel's coarse clock before, in ns.
        files: By path.
    """

    clock: int
    files: Mapping[str, FileState]

    @property
    def is_settled(self) -> bool:
        """Whether a write since that moment would have given any file another ctime than the one seen."""
        return all(file.changed + _grain(file.changed) <= self.clock for file in self.files.values())


class Stamp(msgspec.Struct, frozen=True):
    """What a release was found to hold.

    Attributes:
        look: Its files then.
        entries: Their digests, sorted by path.
    """

    look: Look
    entries: tuple[FileEntry, ...]

    @property
    def content(self) -> ContentDigest:
        """What the release held."""
        return combine(self.entries)


def stamp_of(root: Path, content: ContentDigest) -> Stamp | None:
    """Stamp what this process alone has just written and read back.

    Returns:
        The stamp; None if the files cannot be told by it, as symbolic links, or are other ones.
    """
    return _stamp(_look(root), content)


def restamp(before: Stamp, root: Path) -> Stamp | None:
    """Stamp the files of an earlier stamp once more, after they were linked: only their ctime may have moved.

    Returns:
        The stamp; None if anything else differs.
    """
    look = _look(root)
    if look is None or _but_changed(look.files) != _but_changed(before.look.files):
        return None
    return Stamp(look, before.entries)


def read_and_stamp(root: Path) -> tuple[ContentDigest, Stamp | None]:
    """Read every byte of a release, and stamp it.

    Raises:
        InvalidModelError: As `tree.digest_tree` does.
    """
    look = _look(root)
    if look is not None:
        # Otherwise a process that has a file mapped could write to a page that is dirty already, unnoticed.
        _flush(root, look)
    content = digest_tree(root)
    return content, _stamp(look, content)


def save_beside(stamp: Stamp | None, staging: Path) -> None:
    """Leave the stamp of a staged release in its staging folder, for whoever exposes it."""
    if stamp is not None:
        with contextlib.suppress(OSError):
            (staging / STAMP_FILE).write_bytes(msgspec.json.encode(stamp))


class Stamps:
    """The stamps of one model's releases.

    Args:
        folder: Where they lie.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def holding(self, number: int, root: Path) -> Stamp | None:
        """Return the stamp of a release that is still true of it.

        Args:
            number: The release.
            root: Its directory.

        Returns:
            The stamp; None if there is none that can be trusted, and so its bytes must be read.
        """
        path = self._path(number)
        try:
            stamp = msgspec.json.decode(path.read_bytes(), type=Stamp)
            written = path.stat().st_ctime_ns
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None
        # A file server's clock may lag behind this machine's.
        if written < stamp.look.clock or not stamp.look.is_settled:
            return None
        return stamp if stamp.look.files == _states(root) else None

    def sharing(self, number: int, root: Path, path: Callable[[int], Path]) -> dict[int, Stamp]:
        """Return the stamps, still true, of the other releases that have a file in common with one.

        Args:
            number: The release.
            root: Its directory.
            path: Gives the directory of any release.
        """
        if not _has_links(root):
            return {}
        mine = {(state.device, state.inode) for state in (_states(root) or {}).values()}
        others = [int(file.stem) for file in self._folder.glob("*.json") if file.stem.isdigit()]
        held = {other: self.holding(other, path(other)) for other in others if other != number}
        return {
            other: stamp
            for other, stamp in held.items()
            if stamp is not None
            and not mine.isdisjoint((state.device, state.inode) for state in stamp.look.files.values())
        }

    def save(self, number: int, stamp: Stamp | None) -> None:
        """Keep the stamp of a release, if there is one and it may be written."""
        if stamp is not None:
            with contextlib.suppress(StorageError):
                LocalStorage(self._folder).replace(f"{number}.json", msgspec.json.encode(stamp))

    def take_over(self, number: int, staging: Path) -> None:
        """Keep the stamp that a staging folder has for what is release `number` now."""
        with contextlib.suppress(OSError):
            make_directory(self._folder)
            (staging / STAMP_FILE).replace(self._path(number))

    def forget(self, number: int) -> None:
        """Delete the stamp of a release that goes."""
        with contextlib.suppress(OSError):
            self._path(number).unlink(missing_ok=True)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"


def _look(root: Path) -> Look | None:
    """Look at a release as soon as the clock has moved on from its last change; None if that cannot be."""
    for _ in range(_TICKS):
        clock = time.clock_gettime_ns(_CLOCK_REALTIME_COARSE)
        files = _states(root)
        if files is None:
            return None
        look = Look(clock, files)
        if look.is_settled:
            return look
        time.sleep(_TICK)
    return None


def _states(root: Path) -> dict[str, FileState] | None:
    try:
        return {path: _state(root / path) for path in model_files(root)}
    except (InvalidModelError, OSError):
        # Also for a link, which is not followed. Who reads the release says what is wrong with it.
        return None


def _has_links(root: Path) -> bool:
    try:
        return any((root / path).lstat().st_nlink > 1 for path in model_files(root))
    except (InvalidModelError, OSError):
        return False  # another process takes it away


def _state(path: Path) -> FileState:
    # Opened, for only then a network file system asks its server how the file is now.
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    if not stat.S_ISREG(status.st_mode):
        raise OSError
    return FileState(status.st_size, status.st_dev, status.st_ino, status.st_mtime_ns, status.st_ctime_ns)


def _flush(root: Path, look: Look) -> None:
    for path in look.files:
        with contextlib.suppress(OSError):
            descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _stamp(look: Look | None, content: ContentDigest) -> Stamp | None:
    return Stamp(look, content.files) if look is not None and _is_of(look, content) else None


def _grain(moment: int) -> int:
    """Return how coarsely, in ns, the file system may keep a time; by its zeros, twice that, for FAT."""
    return next(2 * grain for grain in (10**9, 10**6, 10**3, 10**2, 1) if moment % grain == 0)


def _is_of(look: Look, content: ContentDigest) -> bool:
    return {file.path: file.size for file in content.files} == {
        path: file.size for path, file in look.files.items()
    }


def _but_changed(files: Mapping[str, FileState]) -> dict[str, FileState]:
    return {path: msgspec.structs.replace(file, changed=0) for path, file in files.items()}
