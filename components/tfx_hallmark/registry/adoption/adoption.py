"""Taking over, in place, a directory of numbered releases that something else has filled, as TFX Pusher does.

No file in the base path is touched: each release stays where it is, under its number, and only the log comes
to know it. Releases are taken lowest number first, one event each, so an adoption that was cut short is
finished by the next one, with the same result.
"""

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import msgspec

from tfx_hallmark.registry.adoption.outcome import AdoptedRelease, Adoption, PushRecord, PushRecords
from tfx_hallmark.registry.adoption.rehearsal import Rehearsal
from tfx_hallmark.registry.adoption.release_time import time_of_number
from tfx_hallmark.registry.adoption.survey import Misfit, broken, outlook, survey
from tfx_hallmark.registry.bump import FIRST, infer_bump, next_version
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.event_kinds import Adopted, Evaluated
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.examining.hashing import Hasher, Progress, untold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.manifest import Manifest, Provenance
from tfx_hallmark.registry.numbering import Numbering
from tfx_hallmark.registry.savedmodel import SavedModelInfo, inspect_saved_model
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.state import STABLE, ModelState
from tfx_hallmark.registry.tagging import make_manifest
from tfx_hallmark.registry.tree import ContentDigest, FileEntry, combine, model_files

_AHEAD = 8  # releases whose files are being hashed while the lowest of them is waited for


class Adopter:
    """Adopts the releases of one model.

    Args:
        records: Where the events go: the model's ledger, or a rehearsal of it.
        base: The base path.
        policy: What makes TF Serving serve a release.
        pushes: Tells what is known from elsewhere of a number.
        actor: Who adopts.
        reason: Why.
    """

    def __init__(
        self,
        records: Ledger | Rehearsal,
        base: Path,
        *,
        policy: ServingPolicy,
        pushes: PushRecords,
        actor: str,
        reason: str,
    ) -> None:
        self._records = records
        self._base = base
        self._policy = policy
        self._pushes = pushes
        self._by = {"actor": actor, "reason": reason}
        self._events: list[Event] = []
        self._skipped: list[Misfit] = []

    def run(self, *, progress: Progress = untold) -> Adoption:
        """Take in every whole release that is not on record, lowest number first.

        Args:
            progress: Told the bytes read and expected, from any thread.

        Raises:
            AdoptionRefusedError: If the base path cannot be adopted.
            StorageError: If an event cannot be written.
        """
        state = self._records.refresh()
        self._newest = outlook(self._base, state.releases, self._policy).check()
        found = survey(self._base)
        self._skipped += found.misfits
        known = tuple(number for number in found.numbers if number in state.releases)
        new = [number for number in found.numbers if number not in state.releases]
        evaluated = tuple(
            number
            for number in known
            if not _is_evaluated(state, number) and self._evaluate(number, self._pushes(number))
        )
        adopted = tuple(self._take(number, content) for number, content in self._contents(new, progress))
        return Adoption(
            model=self._records.model,
            base=self._base,
            adopted=tuple(self._as_it_ended(release) for release in adopted if release is not None),
            known=known,
            evaluated=evaluated,
            skipped=tuple(self._skipped),
            events=tuple(self._events),
        )

    def _as_it_ended(self, release: AdoptedRelease) -> AdoptedRelease:
        labels = self._records.refresh().labels.items()
        return msgspec.structs.replace(
            release, labels=tuple(label for label, number in labels if number == release.number)
        )

    def _contents(self, numbers: list[int], progress: Progress) -> Iterator[tuple[int, ContentDigest]]:
        """Hash releases, several files at a time, and yield each in turn; skip what cannot be read."""
        total = sum(_size(self._base / str(number)) for number in numbers)
        begun: deque[tuple[int, list[tuple[str, Future[FileEntry]]]]] = deque()
        with Hasher(total, progress) as hasher:
            for number in numbers:
                begun.append((number, self._begin(number, hasher)))
                if len(begun) > _AHEAD:
                    yield from self._end(*begun.popleft())
            while begun:
                yield from self._end(*begun.popleft())

    def _begin(self, number: int, hasher: Hasher) -> list[tuple[str, Future[FileEntry]]]:
        path = self._base / str(number)
        try:
            return [(file, hasher.submit(path, file)) for file in model_files(path)]
        except InvalidModelError:
            return []  # whoever looks into it says what is wrong

    def _end(
        self, number: int, files: list[tuple[str, Future[FileEntry]]]
    ) -> Iterator[tuple[int, ContentDigest]]:
        try:
            # The same bytes may have been hashed under another name.
            hashed = [msgspec.structs.replace(future.result(), path=file) for file, future in files]
            yield number, combine(hashed)
        except InvalidModelError as error:
            self._skipped.append(broken(self._base, number, error))

    def _take(self, number: int, content: ContentDigest) -> AdoptedRelease | None:
        try:
            info = inspect_saved_model(self._base / str(number))
        except InvalidModelError as error:
            self._skipped.append(broken(self._base, number, error))
            return None
        record = self._pushes(number)
        taken: list[AdoptedRelease] = []

        def decide(state: ModelState) -> Adopted | None:
            taken.clear()
            if number in state.releases:
                return None
            manifest, release = self._identify(state, number, content, info, record)
            taken.append(release)
            return Adopted(
                version=release.version,
                digest=content.digest,
                release=number,
                manifest=manifest,
                size=content.size,
                labels=release.labels,
            )

        event = self._records.commit(decide, **self._by)
        if event is None:
            return None
        self._events.append(event)
        return msgspec.structs.replace(taken[0], evidence=self._evaluate(number, record))

    def _identify(
        self,
        state: ModelState,
        number: int,
        content: ContentDigest,
        info: SavedModelInfo,
        record: PushRecord,
    ) -> tuple[str, AdoptedRelease]:
        """Find the version that content has already, or give it one; return its manifest too."""
        created = time_of_number(number, before=utc_now())
        for same in state.with_digest(content.digest):
            return same.manifest, AdoptedRelease(
                number=number,
                version=same.version,
                same_as=max(same.releases, default=None),
                created=created,
                labels=self._labels(state, number, barred=same.quarantined is not None),
            )
        numbering = self._number(state, number, info, record.provenance)
        manifest = make_manifest(
            self._records.model,
            numbering,
            content,
            info,
            tag="",
            created=created or utc_now(),
            provenance=record.provenance,
            notes={
                "created": "as the directory's number says" if created else "when it was adopted",
                **record.notes,
            },
        )
        return self._records.objects.put(manifest), AdoptedRelease(
            number=number,
            version=numbering.version,
            bump=numbering.bump,
            reasons=numbering.reasons,
            created=created,
            labels=self._labels(state, number, barred=False),
        )

    def _number(
        self, state: ModelState, number: int, info: SavedModelInfo, provenance: Provenance
    ) -> Numbering:
        """Compare with the release before it: what its clients were served until then."""
        before = max((known for known in state.releases if known < number), default=None)
        base = state.latest if before is None else state.versions[state.releases[before].version]
        if base is None:
            return Numbering(FIRST, "first", ("first version of this model",), None, override=False)
        previous = self._records.objects.get(base.manifest, Manifest)
        if provenance.run is None:
            # Settings that nobody has told are not settings that were dropped.
            previous = msgspec.structs.replace(previous, provenance=Provenance())
        bump = infer_bump(info, provenance, previous)
        version = next_version(base.version, bump.level, state.versions)
        return Numbering(version, bump.level, bump.reasons, base.version, override=False)

    def _labels(self, state: ModelState, number: int, *, barred: bool) -> tuple[str, ...]:
        """Call stable what TF Serving served from then on: that makes the line that a rollback goes back."""
        highest = number > max(state.releases, default=0)
        serves = highest if self._policy == "latest" else number == self._newest and state.stable is None
        return (STABLE,) if serves and not barred else ()

    def _evaluate(self, number: int, record: PushRecord) -> bool:
        """Record an evaluation of a release's version, unless it is on record."""
        if record.evidence is None:
            return False
        evidence = self._records.objects.put(record.evidence)

        def decide(state: ModelState) -> Evaluated | None:
            version = state.versions[state.releases[number].version]
            if evidence in version.evidence:
                return None
            return Evaluated(version=version.version, evidence=evidence, summary=record.summary)

        event = self._records.commit(decide, **self._by)
        if event is not None:
            self._events.append(event)
        return event is not None


def _is_evaluated(state: ModelState, number: int) -> bool:
    version = state.versions[state.releases[number].version]
    return bool(version.evidence) or version.verdict is not None


def _size(folder: Path) -> int:
    """Return about how many bytes a directory holds: for telling how far a reading has come."""
    return sum((Path(path) / name).lstat().st_size for path, _, names in os.walk(folder) for name in names)
