"""One model of a registry: its versions, its releases, its history, and what may be done to it."""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tfx_hallmark.registry import auditing, gates, numbering, tagging, time_travel, verification
from tfx_hallmark.registry.actor import check_reason, current_actor
from tfx_hallmark.registry.dry_run import DryRun
from tfx_hallmark.registry.errors import ForeignEntryError, NotFoundError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.finding import Finding
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find
from tfx_hallmark.registry.names import check_label, parse_reference
from tfx_hallmark.registry.operations import Operation, Operations
from tfx_hallmark.registry.publisher import Publisher, Push
from tfx_hallmark.registry.releases import ReleaseDirectories, settle
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState
from tfx_hallmark.registry.verdict import Evaluation, VersionAt
from tfx_hallmark.registry.version import Version


class Model:
    """One model of a registry; get it from `Registry.model`.

    Opening it finishes whatever a crashed process left half-done.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
    """

    def __init__(self, ledger: Ledger, directories: ReleaseDirectories) -> None:
        self.name = ledger.model
        self._ledger = ledger
        self._directories = directories
        self._operations = Operations(ledger, directories)
        ledger.refresh()
        # Readers are not held up by what lies in a release's place; every push says so.
        with contextlib.suppress(ForeignEntryError):
            settle(directories, ledger)

    @property
    def state(self) -> ModelState:
        """Everything the log says, up to this moment."""
        return self._ledger.refresh()

    def state_at(self, time: str) -> ModelState:
        """Return everything the log said at a moment, as `time_travel.parse_time` returns it."""
        return time_travel.state_at(self._ledger, time)

    @property
    def path(self) -> Path:
        """The base path to give to TF Serving."""
        return self._directories.base

    @property
    def dry_run(self) -> DryRun:
        """What operations would do, without doing it."""
        return DryRun(self._ledger, self._directories)

    def versions(self) -> list[Version]:
        """Return every version ever tagged or adopted, oldest first."""
        return [self._version(state) for state in self.state.versions.values()]

    def version(self, which: str) -> Version:
        """Look up one version.

        Args:
            which: What stands after the `@` of a reference: `1.2.0`, `7` (release), `stable`, another
                label, `latest`, or `b3:ab12…` (digest or its beginning).

        Raises:
            InvalidNameError: If `which` is none of these.
            NotFoundError: If there is no such version, or a digest's beginning fits several.
        """
        return self._version(find(self.state, parse_reference(f"{self.name}@{which}")))

    def events(self) -> Iterator[Event]:
        """Read the log from its first event, checking the chain."""
        return self._ledger.events()

    def sealed_events(self, *, after: int = 0) -> Iterator[tuple[Event, str]]:
        """Read the log on from a position, each event with its seal (its file's SHA-256), checking the chain.

        Args:
            after: The last position that is not wanted; 0 for the whole log.

        Raises:
            CorruptLogError: If an event is damaged, missing, or does not follow the one before.
        """
        return self._ledger.sealed_events(after=after)

    def newest_first(self) -> Iterator[Event]:
        """Read the log back from its end, checking the chain."""
        return self._ledger.newest_first()

    def event(self, seq: int) -> Event:
        """Read one event by its position.

        Raises:
            CorruptLogError: If it is damaged or missing.
        """
        return self._ledger.event(seq)

    def stable(self) -> VersionAt | None:
        """Return what is stable now, with its release; None if nothing is."""
        return self.state.stable_at

    def release_path(self, release: int) -> Path:
        """Return the directory of a release.

        Raises:
            NotFoundError: If it is not on the disk.
        """
        path = self._directories.path(release)
        if not path.is_dir():
            msg = f"release {release} of {self.name} is gone from {path}: push its model again to restore it"
            raise NotFoundError(msg)
        return path

    def foreign_entries(self) -> list[ForeignEntryError]:
        """Return an error for each thing in the base path that is no release of this model; raise none.

        Raises:
            StorageError: If the base path cannot be listed.
        """
        return self._directories.foreign(self._ledger)

    def verify(self, which: str | None = None) -> tuple[Finding, ...]:
        """Return what differs from what was published: in all of it, or in a release or version after the `@`."""
        return verification.verify(self._ledger, self._directories, which)

    def audit(self) -> tuple[Finding, ...]:
        """Return all that is wrong with its log, the objects that this names, its checkpoint and its releases."""
        return auditing.audit(self._ledger.storage, self._directories, self.name).findings

    def tag(
        self,
        candidate: Path,
        *,
        provenance: tagging.Provenancer = tagging.unknown_provenance,
        number: numbering.Number | None = None,
        template: str = tagging.DEFAULT_TAG,
        actor: str | None = None,
        description: str = "",
        notes: Mapping[str, str] | None = None,
    ) -> Version:
        """Give a candidate its identity, or find the one that its content already has.

        Args:
            candidate: The SavedModel.
            provenance: Collects what it was made from, storing what is long; called only for new content.
            number: Chooses the version: `numbering.AtLevel(…)`, `numbering.Exactly(…)`; by default inferred.
            template: Template of the tag text, with the fields `model`, `version` and `date`.
            actor: Who tags; by default the current user and host.
            description: Free text.
            notes: Key-value notes.

        Raises:
            InvalidModelError: If the directory is not a servable SavedModel.
            VersionExistsError: If an explicit version is taken.
            ConfigError: If the template cannot be used.
        """
        state = tagging.tag(
            self._ledger,
            candidate,
            model=self.name,
            provenance=provenance,
            number=number or numbering.Inferred(),
            template=template,
            actor=actor or current_actor(),
            description=description,
            notes=notes or {},
        )
        return self._version(state)

    def push(
        self,
        candidate: Path,
        version: str,
        evaluation: Evaluation,
        *,
        actor: str | None = None,
        reason: str = "",
        label: str = STABLE,
    ) -> Push:
        """Publish a tagged candidate if its evaluation beats what is stable; else record why not.

        Args:
            candidate: The SavedModel that was tagged and evaluated.
            version: Its semantic version.
            evaluation: What the pipeline found out.
            actor: Who pushes; by default the current user and host.
            reason: On whose behalf.
            label: The label that moves to the release.

        Raises:
            NotFoundError: If the version was never tagged.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ForeignEntryError: If something else lies in the base path.
            StorageError: If the disk is full or may not be written.
        """
        return self._publish(candidate, version, gates.BeatsStable(evaluation), label, actor, reason)

    def push_unchecked(
        self, candidate: Path, version: str, *, reason: str, actor: str | None = None, label: str = STABLE
    ) -> Push:
        """Publish a tagged candidate past the gate; the override and its reason stay on record.

        Args:
            candidate: The SavedModel that was tagged.
            version: Its semantic version.
            reason: Why the gate is passed over.
            actor: Who pushes; by default the current user and host.
            label: The label that moves to the release.

        Raises:
            ConfigError: If no reason is given.
            NotFoundError: If the version was never tagged.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ForeignEntryError: If something else lies in the base path.
            StorageError: If the disk is full or may not be written.
        """
        check_reason(reason)
        return self._publish(candidate, version, gates.PassedOver(reason), label, actor, reason)

    def rollback(self, *, to: str | None = None, reason: str, actor: str | None = None) -> Operation:
        """Move `stable` back to a version that was stable before, under a new number; no byte is copied.

        Args:
            to: What stands after the `@` of a reference to that version; by default the last good one:
                not in quarantine, not rolled back from, with its bytes on disk.
            reason: Why.
            actor: Who does it; by default the current user and host.

        Raises:
            ConfigError: If no reason is given.
            NotFoundError: If there is no such version, or its directory is gone.
            RollbackRefusedError: If `stable` may not go back to it, or there is none to go back to.
            DigestMismatchError: If its release no longer holds what was published.
            ChangedMeanwhileError: If `stable` moved while this ran.
            ForeignEntryError: If something else in the base path has a number.
            StorageError: If the release cannot be hard-linked, or the disk not be written.
        """
        return self._operations.roll_back(to, **_responsible(actor, reason))

    def promote(self, which: str, label: str, *, reason: str, actor: str | None = None) -> Operation:
        """Move a label to a published version; `stable` only to one that beat exactly what is stable now.

        Args:
            which: What stands after the `@` of a reference.
            label: The label.
            reason: Why.
            actor: Who does it; by default the current user and host.

        Raises:
            PromotionRefusedError: If the version may not have the label, or has it already.
            InvalidNameError: If `which` is no reference, or the label is not a plain name.
            HallmarkError: Otherwise as `rollback` does.
        """
        version = self.version(which).version
        return self._operations.promote(version, label, **_responsible(actor, reason))

    def promote_unchecked(
        self, which: str, label: str, *, reason: str, actor: str | None = None
    ) -> Operation:
        """Move a label past the gate; the override and its reason stay on record. Otherwise as `promote`."""
        version = self.version(which).version
        return self._operations.promote_unchecked(version, label, **_responsible(actor, reason))

    def quarantine(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Bar a version from serving: labels come off it, and it is no baseline and no candidate.

        If it serves, `stable` first goes back to the last good version; without one, TF Serving goes on
        serving its directory, and the result says so in `still_served`. The arguments are as of `promote`.

        Raises:
            HallmarkError: As `rollback` does, if a good version cannot take its place.
        """
        version = self.version(which).version
        return self._operations.quarantine(version, **_responsible(actor, reason))

    def unquarantine(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Lift a quarantine; labels stay as they are.

        Raises:
            ConfigError: If no reason is given.
            NotFoundError: If there is no such version.
        """
        version = self.version(which).version
        return self._operations.unquarantine(version, **_responsible(actor, reason))

    def _publish(
        self, candidate: Path, version: str, gate: gates.Gate, label: str, actor: str | None, reason: str
    ) -> Push:
        publisher = Publisher(self._ledger, self._directories)
        labels = (check_label(label),)
        return publisher.publish(
            candidate, version, gate, labels=labels, actor=actor or current_actor(), reason=reason
        )

    def _version(self, state: VersionState) -> Version:
        return Version(self._ledger, self._directories, state)


def _responsible(actor: str | None, reason: str) -> dict[str, str]:
    return {"actor": actor or current_actor(), "reason": check_reason(reason)}
