"""The files of a model directory: which there are, and the content digest over them.

The digest names a model's own bytes. What hallmark adds to a release is left out, so that a release and
the candidate it was copied from have one digest: `HALLMARK_FILE`, and `WARMUP_FILE` where the former says
that it was added. A warm-up file that came with the model is one of its own.
"""

import mmap
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from blake3 import blake3

from tfx_hallmark.registry.errors import InvalidModelError

HALLMARK_FILE = "assets.extra/hallmark.json"
WARMUP_FILE = "assets.extra/tf_serving_warmup_requests"  # servables/tensorflow/saved_model_warmup_util.h
BLOCK = 8 * 1024 * 1024
THREADS = min(8, os.cpu_count() or 1)
LARGE = 16 * 1024 * 1024  # bytes from which one file is hashed by several threads
_WINDOW = 64 * 1024 * 1024
_MADV_POPULATE_READ = 22  # linux/mman.h, since Linux 5.14; the mmap module has no name for it


class FileEntry(msgspec.Struct, frozen=True):
    """One file of a model.

    Attributes:
        path: Relative to the model, with `/`.
        size: Bytes.
        digest: BLAKE3 of the content, 64 hex digits.
    """

    path: str
    size: int
    digest: str


class ContentDigest(msgspec.Struct, frozen=True):
    """What a model directory holds.

    Attributes:
        digest: `b3:` and 64 hex digits over every file's path, size and digest.
        size: Bytes in all.
        files: Sorted by path.
    """

    digest: str
    size: int
    files: tuple[FileEntry, ...]


def walk(root: Path) -> Iterator[tuple[str, InvalidModelError | None]]:
    """Go through the files of a model or release but `HALLMARK_FILE`, and on after what no model may hold.

    Links to files inside the model are given as the files they lead to.

    Yields:
        Each file's path, relative, and what speaks against it, if anything: that it leads out of the model,
        is no file, or has a name that is not UTF-8. Also each directory that cannot be read, with the error.
    """
    inside = root.resolve()
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(root / folder))
        except OSError as error:
            msg = f"{root / folder} cannot be read: {error.strerror}; check the path and its permissions"
            yield folder, InvalidModelError(msg)
            continue
        for entry in entries:
            relative = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                pending.append(relative)
            elif relative != HALLMARK_FILE:
                yield relative, _unfit(entry, relative, inside)


def model_files(root: Path) -> list[str]:
    """List the files of a model, relative and sorted, without what hallmark adds.

    Raises:
        InvalidModelError: If the directory cannot be read, or holds a link that leads out of it or
            to a directory, a device, a socket or a pipe, or a name that is not UTF-8.
    """
    found = []
    for relative, error in walk(root):
        if error is not None:
            raise error
        found.append(relative)
    if WARMUP_FILE in found and _warmup_is_added(root):
        found.remove(WARMUP_FILE)
    return sorted(found)


class _Added(msgspec.Struct):
    warmup: str | None = None


def said_warmup(identity: bytes) -> str | None:
    """Return the digest of the warm-up file that was added to a release; None if none was.

    Args:
        identity: What its `HALLMARK_FILE` says.
    """
    try:
        return msgspec.json.decode(identity, type=_Added).warmup
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _warmup_is_added(root: Path) -> bool:
    path = root / HALLMARK_FILE
    try:
        # Looked at first: opening a pipe would wait for ever.
        return stat.S_ISREG(path.lstat().st_mode) and said_warmup(path.read_bytes()) is not None
    except OSError:
        return False


def _unfit(entry: "os.DirEntry[str]", relative: str, inside: Path) -> InvalidModelError | None:
    if entry.is_symlink():
        target = Path(os.path.realpath(entry.path))
        if not target.is_relative_to(inside):
            return InvalidModelError(
                f"{entry.path} links out of the model, to {target}; put the file itself there"
            )
    try:
        mode = entry.stat().st_mode
        relative.encode()
    except OSError as error:
        return InvalidModelError(f"{entry.path} cannot be read: {error.strerror}; put a readable file there")
    except UnicodeEncodeError:
        return InvalidModelError(f"{os.fsencode(entry.path)!r} has a name that is not UTF-8; rename it")
    if not stat.S_ISREG(mode):
        return InvalidModelError(f"{entry.path} is no regular file; a model holds files and directories only")
    return None


def combine(files: Iterable[FileEntry]) -> ContentDigest:
    """Make one digest of many files'; the order given does not matter."""
    ordered = sorted(files, key=lambda file: file.path)
    whole = blake3()
    for file in ordered:
        # The NUL cannot stand in a path, so no two lists of files read alike.
        whole.update(f"{file.path}\0{file.size}\0{file.digest}\n".encode())
    return ContentDigest(f"b3:{whole.hexdigest()}", sum(file.size for file in ordered), tuple(ordered))


def _heedless(_: int) -> None:
    """Take no notice of what was read."""


def digest_file(root: Path, relative: str, *, on_read: Callable[[int], None] = _heedless) -> FileEntry:
    """Hash one file in blocks, so that memory stays flat whatever its size.

    Args:
        root: The model.
        relative: The file.
        on_read: Told the bytes of each block; what it raises ends the reading.

    Raises:
        InvalidModelError: If it cannot be read.
    """
    # One thread for each file: BLAKE3's own pool would hang in a process forked after its first use.
    hasher = blake3()
    size = 0
    block = bytearray(BLOCK)
    view = memoryview(block)
    try:
        with (root / relative).open("rb", buffering=0) as file:
            while count := file.readinto(block):
                hasher.update(view[:count])
                size += count
                on_read(count)
    except OSError as error:
        msg = f"{root / relative} cannot be read: {error.strerror}; check its permissions and the disk"
        raise InvalidModelError(msg) from error
    return FileEntry(relative, size, hasher.hexdigest())


def digest_tree(root: Path) -> ContentDigest:
    """Hash every file of a model directory: several files at a time, and a large one by several threads.

    Raises:
        InvalidModelError: As `model_files` and `digest_file` do.
    """
    files = model_files(root)
    with ThreadPoolExecutor(THREADS) as pool:
        return combine(list(pool.map(lambda relative: _digest_fast(root, relative), files)))


def _digest_fast(root: Path, relative: str) -> FileEntry:
    try:
        with (root / relative).open("rb", buffering=0) as file:
            size = os.fstat(file.fileno()).st_size
            if size >= LARGE:
                return FileEntry(relative, size, _digest_mapped(file.fileno(), size))
    except (OSError, ValueError):
        # A kernel that cannot map it safely, a bad disk, or a file that has just shrunk: reading tells which.
        pass
    return digest_file(root, relative)


def _digest_mapped(descriptor: int, size: int) -> str:
    """Hash a file by several threads, without copying it into the process.

    A mapped page that cannot be had, for the disk is bad or the file was cut off, kills a process that
    touches it (SIGBUS). So each window's pages are asked for by a call that fails with OSError instead,
    while the window before is hashed. What is cut off in the instant between would still kill it; releases
    are read-only, and nothing cuts them off.
    """
    with (
        ThreadPoolExecutor(1) as ahead,
        mmap.mmap(descriptor, size, access=mmap.ACCESS_READ) as mapped,
        memoryview(mapped) as view,
    ):
        # With a number of its own, BLAKE3 makes a pool for this file; its common one hangs in a forked process.
        hasher = blake3(max_threads=THREADS)
        mapped.madvise(mmap.MADV_SEQUENTIAL)
        starts = range(0, size, _WINDOW)
        fetched = [
            ahead.submit(mapped.madvise, _MADV_POPULATE_READ, start, min(_WINDOW, size - start))
            for start in starts
        ]
        for start, there in zip(starts, fetched, strict=True):
            there.result()
            with view[start : start + _WINDOW] as window:
                hasher.update(window)
        return hasher.hexdigest()
