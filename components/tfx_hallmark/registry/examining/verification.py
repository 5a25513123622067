"""Whether the releases of a model are still, byte for byte, what was published; nothing is changed."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator

import msgspec

from tfx_hallmark.registry.additions import added_warmup, identity_of
from tfx_hallmark.registry.errors import HallmarkError, InvalidModelError, NotFoundError
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.hashing import Hasher, Progress, untold
from tfx_hallmark.registry.examining.record_findings import foreign_entries, object_unusable, release_missing
from tfx_hallmark.registry.examining.release_check import Expected, ReleaseCheck
from tfx_hallmark.registry.examining.signature_findings import UNDEMANDING, signature_findings
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.release_storage import ReleaseFiles, Releases
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.state import ModelState, VersionState
from tfx_hallmark.registry.tree import FileEntry, said_warmup

_AHEAD = 8  # releases whose files are being hashed while the oldest of them is waited for


class VerifiedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the verification of one release.

    Attributes:
        model: The model's name.
        release: The number.
        version: Its semantic version.
        location: Where it lies.
        files: How many files of the model could be read.
        size: Bytes in them.
        findings: What is wrong; empty if it is as it was published.
    """

    model: str
    release: int
    version: str
    location: str
    files: int
    size: int
    findings: tuple[Finding, ...]


def verify(
    ledger: Ledger, directories: Releases, which: str | None = None, *, settings: Settings = UNDEMANDING
) -> tuple[Finding, ...]:
    """Verify a model, or the releases of one version, and return all that is wrong; see `Model.verify`."""
    verification = Verification(ledger.refresh, ledger.objects, directories, settings)
    numbers = releases_of(ledger.refresh(), which)
    found = [finding for release in verification.run(numbers) for finding in release.findings]
    if which is None:
        found += base_path_findings(ledger, directories)
    return tuple(dict.fromkeys(found))


def base_path_findings(ledger: Ledger, directories: Releases) -> Iterator[Finding]:
    """Yield what is wrong with the base path beside its releases: entries that the log does not know."""
    return foreign_entries(ledger.model, lambda: directories.foreign(ledger))


def releases_of(state: ModelState, which: str | None) -> list[int]:
    """Return the releases to verify, in their order.

    Args:
        state: What the log says.
        which: What stands after the `@` of a reference: a number names that release, anything else a
            version with all its releases; None names all there are, pruned ones too, which must be gone.

    Raises:
        InvalidNameError: If `which` is no reference.
        NotFoundError: If there is no such version, or none of its releases is left to verify.
    """
    if which is None:
        return sorted(state.releases)
    reference = parse_reference(f"{state.model}@{which}")
    version = find(state, reference)
    numbers = [int(reference.value)] if reference.kind == "release" else version.releases
    left = sorted(set(numbers) - set(version.pruned))
    if not left:
        why = "was pruned" if numbers else f"has no release: it is {version.status}"
        msg = f"{reference} {why}; there is nothing to verify, see 'hallmark list {state.model}'"
        raise NotFoundError(msg)
    return left


class Verification:
    """Verifies releases of one model.

    Args:
        state: Gives what the log says at the moment.
        objects: The model's objects.
        directories: Its base path and staging area.
        settings: Say what signatures are demanded, and with which keys they are checked.
    """

    def __init__(
        self,
        state: Callable[[], ModelState],
        objects: ObjectStore,
        directories: Releases,
        settings: Settings = UNDEMANDING,
    ) -> None:
        self._state = state
        self._objects = objects
        self._directories = directories
        self._settings = settings

    def run(self, numbers: Iterable[int], *, progress: Progress = untold) -> Iterator[VerifiedRelease]:
        """Verify releases, several files at a time, and yield each in turn.

        Args:
            numbers: Their numbers. Of a pruned one it is only made sure that it is gone; then it is not
                yielded, nor is one that another process is about to expose.
            progress: Told the bytes read and expected, from any thread.
        """
        state = self._state()
        numbers = list(numbers)
        total = sum(_version(state, number).size for number in numbers if not _is_pruned(state, number))
        begun: deque[tuple[int, ReleaseCheck | None, list[Finding]]] = deque()
        with Hasher(total, progress) as hasher:
            for number in numbers:
                begun.append((number, *self._begin(state, number, hasher)))
                if len(begun) > _AHEAD:
                    yield from self._end(*begun.popleft())
            while begun:
                yield from self._end(*begun.popleft())

    def _begin(
        self, state: ModelState, number: int, hasher: Hasher
    ) -> tuple[ReleaseCheck | None, list[Finding]]:
        version = _version(state, number)
        where = f"{state.model}@{version.version} release {number}"
        if _is_pruned(state, number):
            left = self._directories.undeleted({number})
            return None, [_not_deleted(where, self._directories.location_of(number))] if left else []
        # Looked at twice: meanwhile its push may have exposed it.
        findings = [] if self._directories.is_there(number) else self._absent(state, number)
        if findings or not self._directories.is_there(number):
            return None, findings
        manifest = None
        try:
            manifest = self._objects.get(version.manifest, Manifest)
        except HallmarkError as error:
            findings = [object_unusable(f"{state.model}@{version.version} manifest", error)]
        rule = SignatureRule(self._settings, self._objects, state.model)
        findings += signature_findings(rule, version)
        # Only a directory that was adopted has no staging folder.
        made = bool(state.releases[number].staging)
        found = self._directories.files(number)
        warmup = added_warmup(manifest) if made and manifest is not None else _said_warmup(found)
        expected = Expected(
            where=where,
            digest=version.digest,
            files=None if manifest is None else manifest.files,
            identity=identity_of(state.model, version, warmup) if made else None,
            warmup=warmup,
        )
        return ReleaseCheck(expected, found, hasher), findings

    def _absent(self, state: ModelState, number: int) -> list[Finding]:
        release = state.releases[number]
        where = f"{state.model}@{release.version}"
        staged = self._directories.waiting(release)
        if staged is not None:
            return [_not_exposed(state.model, f"{where} release {number}", staged)]
        if self._directories.unexposed({number: release}):
            return []  # its push is about to expose it
        return [release_missing(where, number, self._directories.location_of(number))]

    def _end(
        self, number: int, check: ReleaseCheck | None, findings: list[Finding]
    ) -> Iterator[VerifiedRelease]:
        files: list[FileEntry] = []
        if check is not None:
            files, wrong = check.end()
            findings = [*findings, *wrong]
        state = self._state()
        # What was pruned while it was read is no finding.
        gone = not findings if check is None else _is_pruned(state, number)
        if gone:
            return
        yield VerifiedRelease(
            model=state.model,
            release=number,
            version=_version(state, number).version,
            location=self._directories.location_of(number),
            files=len(files),
            size=sum(file.size for file in files),
            findings=tuple(findings),
        )


def _said_warmup(found: ReleaseFiles) -> str | None:
    try:
        return said_warmup(found.read_identity())
    except InvalidModelError:
        return None


def _version(state: ModelState, number: int) -> VersionState:
    return state.versions[state.releases[number].version]


def _is_pruned(state: ModelState, number: int) -> bool:
    return number in _version(state, number).pruned


def _not_deleted(where: str, location: str) -> Finding:
    return Finding(
        code="release-not-deleted",
        where=where,
        what=f"the log says that it was pruned, but {location} is there, and TF Serving may serve it",
        repair="move the directory out of the base path",
    )


def _not_exposed(model: str, where: str, staged: str) -> Finding:
    return Finding(
        code="release-not-exposed",
        where=where,
        what=f"it was committed, but lies in {staged} still: the process that published it was killed",
        repair=f"hallmark live {model}",
    )
