"""One release held against its manifest: every file, the one that hallmark adds, and nothing besides.

What counts are the bytes and the names. Modes and times do not: a backup may change them, and TF Serving
does not ask. An empty directory does count, though TF Serving passes it over: a release is made read-only
and without one, so somebody has been in it.
"""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path, PurePosixPath

import msgspec

from tfx_hallmark.registry.difference import differences
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.finding import Finding
from tfx_hallmark.registry.hashing import Hasher
from tfx_hallmark.registry.releases import ReleaseIdentity
from tfx_hallmark.registry.tree import HALLMARK_FILE, FileEntry, combine, walk

_REPAIR = "restore it from a backup, or move the release's directory away and push the same model again"
_ADDED = "move it out of the release"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a release should be.

    Attributes:
        where: Its version and number, as `penguin@1.2.0 release 7`.
        path: Its directory.
        digest: Content digest of the version.
        files: The version's files; None if its manifest cannot be had.
        identity: What `assets.extra/hallmark.json` must say; None for an adopted directory, which stands as
            something else made it: it may lack that file, and may hold links and empty directories.
    """

    where: str
    path: Path
    digest: str
    files: tuple[FileEntry, ...] | None
    identity: ReleaseIdentity | None


class ReleaseCheck:
    """The check of one release, which is there; making it starts the hashing of its files.

    Args:
        expected: What it should be.
        hasher: Hashes its files.
    """

    def __init__(self, expected: Expected, hasher: Hasher) -> None:
        self._expected = expected
        self._unfit: dict[str, str] = {}
        self._hashed: dict[str, Future[FileEntry]] = {}
        for relative, error in walk(expected.path):
            path = expected.path / relative
            if error is not None:
                self._unfit[relative] = _without_advice(error)
            elif expected.identity is not None and path.is_symlink():
                self._unfit[relative] = f"{path} is a symbolic link, and no release is made of such"
            else:
                self._hashed[relative] = hasher.submit(expected.path, relative)

    def end(self) -> tuple[list[FileEntry], list[Finding]]:
        """Wait for the hashing; return the files that could be read, and what is wrong."""
        files = []
        for relative, future in self._hashed.items():
            try:
                files.append(msgspec.structs.replace(future.result(), path=relative))
            except InvalidModelError as error:
                self._unfit[relative] = _without_advice(error)
        findings = [self._finding("file-unfit", *unfit) for unfit in sorted(self._unfit.items())]
        findings += self._content(files)
        findings += self._identity()
        findings += self._empty_directories()
        return files, findings

    def _content(self, files: list[FileEntry]) -> Iterator[Finding]:
        expected = self._expected
        if not self._unfit and combine(files).digest == expected.digest:
            return
        told = bool(self._unfit)
        for found in differences(files, expected.files or ()) if expected.files is not None else ():
            if found.how == "missing" and self._lies_in_unfit(found.path):
                continue
            told = True
            detail = f": {found.detail}" if found.detail else ""
            repair = _ADDED if found.how == "added" else _REPAIR
            yield self._finding(f"file-{found.how}", found.path, f"{found}{detail}", repair)
        if not told:
            known = (
                "its manifest is of another digest" if expected.files is not None else "without its manifest"
            )
            yield Finding(
                code="release-changed",
                where=expected.where,
                what=f"{expected.path} does not hold what was published; {known}, so the file cannot be named",
                repair=_REPAIR,
            )

    def _lies_in_unfit(self, path: str) -> bool:
        return (
            any(str(part) in self._unfit for part in (path, *PurePosixPath(path).parents))
            or "" in self._unfit
        )

    def _identity(self) -> Iterator[Finding]:
        if self._expected.identity is None:
            return
        problem = identity_problem(self._expected.path / HALLMARK_FILE, self._expected.identity)
        if problem is not None:
            yield self._finding("identity-wrong", HALLMARK_FILE, problem)

    def _empty_directories(self) -> Iterator[Finding]:
        if self._expected.identity is None:
            return
        for folder, folders, names in os.walk(self._expected.path):
            relative = Path(folder).relative_to(self._expected.path).as_posix()
            # An unreadable one is told of already, and so is one that lacks the file that hallmark adds.
            known = relative in self._unfit or relative == str(PurePosixPath(HALLMARK_FILE).parent)
            if not folders and not names and not known and relative != ".":
                what = f"{relative}/ was added: an empty directory, which TF Serving passes over"
                yield self._finding("directory-added", f"{relative}/", what, _ADDED)

    def _finding(self, code: str, relative: str, what: str, repair: str = _REPAIR) -> Finding:
        where = f"{self._expected.where}: {relative}" if relative else self._expected.where
        return Finding(code=code, where=where, what=what, repair=repair)


def identity_problem(path: Path, expected: ReleaseIdentity) -> str | None:
    """Return what is wrong with the file that says which version a release is; None if it is as written.

    Args:
        path: The file.
        expected: What it must say, in exactly the form that hallmark writes.
    """
    try:
        # Looked at first: opening a pipe would wait for ever.
        if not stat.S_ISREG(path.lstat().st_mode):
            return f"{HALLMARK_FILE} is no regular file"
        data = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return f"{HALLMARK_FILE} is missing"
    except OSError as error:
        return f"{HALLMARK_FILE} cannot be read: {error.strerror}"
    if data == msgspec.json.encode(expected):
        return None
    try:
        found = msgspec.json.decode(data, type=ReleaseIdentity)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return f"{HALLMARK_FILE} was changed: it cannot be understood"
    for field in ReleaseIdentity.__struct_fields__:
        says, should = getattr(found, field), getattr(expected, field)
        if says != should:
            return f"{HALLMARK_FILE} was changed: it says {field} {says!r} instead of {should!r}"
    return f"{HALLMARK_FILE} was changed: it says the same in another form"


def _without_advice(error: InvalidModelError) -> str:
    """Return what is wrong; what to do about it is another matter in a release than in a candidate."""
    return str(error).rpartition("; ")[0]
