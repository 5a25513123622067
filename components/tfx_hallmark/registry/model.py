"""One model of a registry: its versions, its releases, its history, and what may be done to it."""

import contextlib
import getpass
import os
import socket
from collections.abc import Iterator, Mapping
from pathlib import Path

from tfx_hallmark.registry import gates, numbering, tagging
from tfx_hallmark.registry.errors import ConfigError, ForeignEntryError, NotFoundError
from tfx_hallmark.registry.events import Data, Event, Quarantined, Unquarantined
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find
from tfx_hallmark.registry.names import check_label, parse_reference
from tfx_hallmark.registry.publisher import Publisher, Push
from tfx_hallmark.registry.releases import ReleaseDirectories, settle
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState
from tfx_hallmark.registry.verdict import Evaluation, VersionAt
from tfx_hallmark.registry.version import Version


def current_actor() -> str:
    """Return who is acting: HALLMARK_ACTOR if it is set, else `user@host`."""
    named = os.environ.get("HALLMARK_ACTOR")
    if named:
        return named
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a user id that has no name.
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


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
        ledger.refresh()
        # Readers are not held up by what lies in a release's place; every push says so.
        with contextlib.suppress(ForeignEntryError):
            settle(directories, ledger)

    @property
    def state(self) -> ModelState:
        """Everything the log says, up to this moment."""
        return self._ledger.refresh()

    @property
    def path(self) -> Path:
        """The base path to give to TF Serving."""
        return self._directories.base

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
        _check_reason(reason)
        return self._publish(candidate, version, gates.PassedOver(reason), label, actor, reason)

    def quarantine(self, which: str, *, reason: str, actor: str | None = None) -> Event:
        """Bar a version from serving: labels come off it, and it is no baseline and no candidate.

        Raises:
            ConfigError: If no reason is given.
            NotFoundError: If there is no such version.
        """
        version = self.version(which).version
        return self._record(Quarantined(version=version), actor, reason)

    def unquarantine(self, which: str, *, reason: str, actor: str | None = None) -> Event:
        """Lift a quarantine; labels stay as they are.

        Raises:
            ConfigError: If no reason is given.
            NotFoundError: If there is no such version.
        """
        version = self.version(which).version
        return self._record(Unquarantined(version=version), actor, reason)

    def _record(self, data: Data, actor: str | None, reason: str) -> Event:
        _check_reason(reason)
        event = self._ledger.commit(lambda _: data, actor=actor or current_actor(), reason=reason)
        assert event is not None
        return event

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


def _check_reason(reason: str) -> None:
    if not reason.strip():
        msg = "no reason is given: say why, it stays on record"
        raise ConfigError(msg)
