"""One release held against its manifest: every file, the one that hallmark adds, and nothing besides.

What counts are the bytes and the names. Modes and times do not: a backup may change them, and TF Serving
does not ask. An empty directory does count, though TF Serving passes it over: a release is made read-only
and without one, so somebody has been in it.
"""

from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import PurePosixPath

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.examining.difference import differences
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.hashing import Hasher
from tfx_hallmark.registry.release_storage import ReleaseFiles, ReleaseIdentity
from tfx_hallmark.registry.tree import HALLMARK_FILE, WARMUP_FILE, FileEntry, combine

_REPAIR = "restore it from a backup, or move the release's directory away and push the same model again"
_ADDED = "move it out of the release"


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """What a release should be.

    Attributes:
        where: Its version and number, as `penguin@1.2.0 release 7`.
        digest: Content digest of the version.
        files: The version's files; None if its manifest cannot be had.
        identity: What `assets.extra/hallmark.json` must say; None for an adopted directory, which stands as
            something else made it: it may lack that file, and may hold links and empty directories.
        warmup: Digest of the warm-up file that hallmark added; None if it added none.
    """

    where: str
    digest: str
    files: tuple[FileEntry, ...] | None
    identity: ReleaseIdentity | None
    warmup: str | None = None


class ReleaseCheck:
    """The check of one release, which is there; making it starts the hashing of its files.

    Args:
        expected: What it should be.
        found: Its files.
        hasher: Hashes them.
    """

    def __init__(self, expected: Expected, found: ReleaseFiles, hasher: Hasher) -> None:
        self._expected = expected
        self._found = found
        self._unfit: dict[str, str] = {}
        self._hashed: dict[str, Future[FileEntry]] = {}
        for relative, error in found.walk():
            if error is not None:
                self._unfit[relative] = _without_advice(error)
            elif expected.identity is not None and found.is_link(relative):
                what = f"{found.location}/{relative} is a symbolic link, and no release is made of such"
                self._unfit[relative] = what
            else:
                self._hashed[relative] = found.submit(hasher, relative)
        # Held against a digest of its own, for it is none of the model's files.
        self._warmup = self._hashed.pop(WARMUP_FILE, None) if expected.warmup is not None else None

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
        findings += self._warmup_requests()
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
                what=f"{self._found.location} does not hold what was published; {known}, so the file cannot be named",
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
        problem = identity_problem(self._found, self._expected.identity)
        if problem is not None:
            yield self._finding("identity-wrong", HALLMARK_FILE, problem)

    def _warmup_requests(self) -> Iterator[Finding]:
        """Yield what is wrong with the warm-up file that was added; an unfit one is told of already."""
        if self._expected.warmup is None or self._lies_in_unfit(WARMUP_FILE):
            return
        problem = f"{WARMUP_FILE} is missing"
        if self._warmup is not None:
            try:
                if self._warmup.result().digest == self._expected.warmup:
                    return
                problem = f"{WARMUP_FILE} was changed"
            except InvalidModelError as error:
                problem = _without_advice(error)
        yield self._finding("warmup-wrong", WARMUP_FILE, problem)

    def _empty_directories(self) -> Iterator[Finding]:
        if self._expected.identity is None:
            return
        for relative in self._found.empty_folders():
            # An unreadable one is told of already, and so is one that lacks the file that hallmark adds.
            if relative not in self._unfit and relative != str(PurePosixPath(HALLMARK_FILE).parent):
                what = f"{relative}/ was added: an empty directory, which TF Serving passes over"
                yield self._finding("directory-added", f"{relative}/", what, _ADDED)

    def _finding(self, code: str, relative: str, what: str, repair: str = _REPAIR) -> Finding:
        where = f"{self._expected.where}: {relative}" if relative else self._expected.where
        return Finding(code=code, where=where, what=what, repair=repair)


def identity_problem(found: ReleaseFiles, expected: ReleaseIdentity) -> str | None:
    """Return what is wrong with the file that says which version a release is; None if it is as written.

    Args:
        found: The release's files.
        expected: What it must say, in exactly the form that hallmark writes.
    """
    try:
        data = found.read_identity()
    except InvalidModelError as error:
        return str(error)
    if data == msgspec.json.encode(expected):
        return None
    try:
        said = msgspec.json.decode(data, type=ReleaseIdentity)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return f"{HALLMARK_FILE} was changed: it cannot be understood"
    for field in ReleaseIdentity.__struct_fields__:
        says, should = getattr(said, field), getattr(expected, field)
        if says != should:
            return f"{HALLMARK_FILE} was changed: it says {field} {says!r} instead of {should!r}"
    return f"{HALLMARK_FILE} was changed: it says the same in another form"


def _without_advice(error: InvalidModelError) -> str:
    """Return what is wrong; what to do about it is another matter in a release than in a candidate."""
    return str(error).rpartition("; ")[0]
