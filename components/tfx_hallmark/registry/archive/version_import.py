"""Importing one version: its content becomes a version here, and, past the gate, a release.

What another registry's gate has found is kept as its origin, and counts for nothing here: no comparison with
what is stable here was ever made. So a release that is made of it is an override, with a reason.
"""

import os
from collections.abc import Callable, Iterator

import msgspec

from tfx_hallmark.registry import event_kinds
from tfx_hallmark.registry.actor import check_reason
from tfx_hallmark.registry.additions import additions_to
from tfx_hallmark.registry.archive.arrived_version import ArrivedVersion, Fact, read_version
from tfx_hallmark.registry.archive.outcome import Imported
from tfx_hallmark.registry.archive.reader import Archive, Entry
from tfx_hallmark.registry.archive.restoring import check_files, open_to_all, restore_files
from tfx_hallmark.registry.decision import Decision
from tfx_hallmark.registry.errors import (
    ImportRefusedError,
    VersionExistsError,
)
from tfx_hallmark.registry.gates import PassedOver
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.releases import ReleaseDirectories
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.settling import settle
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.staged_directory import finish_staging
from tfx_hallmark.registry.staging import staging_folder, taken_back
from tfx_hallmark.registry.state import STABLE, ModelState

_BARRING = (event_kinds.Quarantined, event_kinds.Unquarantined)


class VersionImport:
    """Imports a version.

    Args:
        archive: The archive, of which the header alone was read.
        ledger: The model's records here.
        directories: Its base path and staging area.
        settings: What holds in the root.
    """

    def __init__(
        self, archive: Archive, ledger: Ledger, directories: ReleaseDirectories, settings: Settings
    ) -> None:
        self._archive = archive
        self._ledger = ledger
        self._directories = directories
        self._settings = settings

    def rehearse(self, label: str | None, *, reason: str) -> Imported:
        """Return what `run` would do, after reading and checking all of the archive; nothing is changed.

        Raises:
            HallmarkError: As `run` does, but for what the disk would have to say.
        """
        arrived, files = read_version(self._archive)
        known = self._known(arrived)
        if known is not None:
            return known
        self._check(arrived, label, reason)
        size = check_files(self._archive, files, arrived.places)
        return self._outcome(arrived, self._ledger.refresh().next_release, label, size)

    def run(self, label: str | None, *, reason: str, actor: str) -> Imported:
        """Import it, and make a release of it.

        Args:
            label: The label that moves to the release; None for none, where a number alone does not serve.
            reason: Why the gate is passed over.
            actor: Who does it.

        Raises:
            ImportRefusedError: If it would serve unasked, or is in quarantine there or here.
            VersionExistsError: If the number is taken by other content here, or the content has another number.
            ConfigError: If no reason is given.
            ArchiveError: If the archive is damaged.
            SignatureError: If the root requires signatures, and it has no good one.
            ForeignEntryError: If something else lies in the base path.
            StorageError: If it cannot be written.
        """
        arrived, files = read_version(self._archive)
        known = self._known(arrived)
        if known is not None:
            return known
        self._check(arrived, label, reason)
        staging_area = self._directories.staging
        with taken_back(staging_area.parent, staging_area):
            number, size = self._take_in(arrived, files, label, actor=actor, reason=reason)
        return self._outcome(arrived, number, label, size)

    def _take_in(
        self, arrived: ArrivedVersion, files: Iterator[Entry], label: str | None, *, actor: str, reason: str
    ) -> tuple[int, int]:
        """Return the number of the release, and how many bytes were read for it."""
        if self._ledger.refresh().seq or os.path.lexists(self._directories.base):
            # What is in the way is told before the files are read.
            self._directories.prepare()
            settle(self._directories, self._ledger)
            self._directories.check(self._ledger)
        try:
            with staging_folder(self._directories.staging) as staging:
                staging.model.mkdir()
                size = restore_files(self._archive, files, arrived.places, staging.model)
                open_to_all(staging.model)
                os.sync()  # one flush for all of it
                brought = ObjectStore(arrived.records)
                finish_staging(staging, additions_to(self._ledger.model, arrived.state, brought))
                # Not before all of the archive was read, for a damaged one is to leave nothing.
                self._directories.prepare()
                self._record(arrived, actor=actor, reason=reason)
                return self._publish(arrived, staging.name, label, actor=actor, reason=reason), size
        finally:
            self._directories.sweep(self._ledger)

    def _check(self, arrived: ArrivedVersion, label: str | None, reason: str) -> None:
        """Refuse what must not be published here, before anything is written."""
        policy = self._settings.serving_policy
        if policy == "latest" and label != STABLE:
            msg = (
                "under the serving policy 'latest' TF Serving serves a release as soon as it has a number: "
                "give --to stable, or set the policy 'labels' by 'hallmark config'"
            )
            raise ImportRefusedError(msg)
        barred = [event for event in arrived.told if isinstance(event.data, _BARRING)]
        if barred and isinstance(barred[-1].data, event_kinds.Quarantined):
            msg = (
                f"{self._name(arrived)} is in quarantine where it comes from ({barred[-1].reason}): "
                "lift that there, then export it anew"
            )
            raise ImportRefusedError(msg)
        check_reason(reason)
        rule = SignatureRule(self._settings, ObjectStore(arrived.records), self._ledger.model)
        rule.require(arrived.state)

    def _known(self, arrived: ArrivedVersion) -> Imported | None:
        """Compare with what is here; None if there is something left to do."""
        state = self._ledger.refresh()
        _check_conflict(state, arrived.data)
        known = state.versions.get(arrived.data.version)
        if known is None:
            return None
        if known.quarantined is not None:
            msg = f"{self._name(arrived)} is in quarantine here ({known.quarantined}): lift that first"
            raise ImportRefusedError(msg)
        number = state.serving_release(known)
        if number is None:
            return None
        outcome = self._outcome(arrived, number, None, 0)
        return msgspec.structs.replace(outcome, events=0, releases=(), already=True)

    def _record(self, arrived: ArrivedVersion, *, actor: str, reason: str) -> None:
        """Take in the version with all that is told of it, unless a crashed import has."""
        for name in arrived.records.keys("objects"):
            key = f"objects/{name}"
            self._ledger.storage.create(key, arrived.records.read(key) or b"")

        def bring(state: ModelState) -> event_kinds.Imported | None:
            _check_conflict(state, arrived.data)
            return None if arrived.data.version in state.versions else arrived.data

        self._ledger.commit(bring, actor=actor, reason=reason)
        for fact in arrived.facts:
            self._ledger.commit(_unless_known(fact), actor=actor, reason=reason)

    def _publish(
        self, arrived: ArrivedVersion, staging: str, label: str | None, *, actor: str, reason: str
    ) -> int:
        decision = Decision(self._ledger, arrived.data.version, PassedOver(reason))
        labels = () if label is None else (label,)
        self._ledger.commit(
            lambda state: decision.publication(state, staging=staging, labels=labels),
            actor=actor,
            reason=reason,
        )
        state = self._ledger.refresh()
        number = state.serving_release(state.versions[arrived.data.version])
        if number is None:
            msg = f"{self._name(arrived)} was put in quarantine meanwhile: see 'hallmark log {state.model}'"
            raise ImportRefusedError(msg)
        self._directories.expose(number, state.releases[number])
        return number

    def _outcome(self, arrived: ArrivedVersion, number: int, label: str | None, size: int) -> Imported:
        return Imported(
            path=self._archive.path,
            kind="version",
            model=self._archive.header.model,
            version=arrived.data.version,
            events=len(arrived.told),
            releases=(number,),
            labels=() if label is None else (label,),
            size=size,
        )

    def _name(self, arrived: ArrivedVersion) -> str:
        return f"{self._archive.header.model}@{arrived.data.version}"


def _check_conflict(state: ModelState, data: event_kinds.Imported) -> None:
    """Make sure that number and content are either both known together or both new."""
    mine = state.versions.get(data.version)
    if mine is not None and mine.digest != data.digest:
        msg = (
            f"{state.model}@{data.version} is other content here ({mine.digest[:15]}…, not {data.digest[:15]}…): "
            "a version number is used once; import into another root"
        )
        raise VersionExistsError(msg)
    for same in state.with_digest(data.digest):
        if same.version != data.version:
            msg = f"the content of {state.model}@{data.version} is {same.version} here already, for ever: use that"
            raise VersionExistsError(msg)


def _unless_known(
    data: Fact,
) -> Callable[[ModelState], Fact | None]:
    def decide(state: ModelState) -> Fact | None:
        version = state.versions[data.version]
        if isinstance(data, event_kinds.Evaluated):
            return None if data.evidence in version.evidence else data
        if isinstance(data, event_kinds.Reproduced):
            return None if data.report in version.reproductions else data
        if isinstance(data, event_kinds.Monitored):
            return None if data.report in version.monitorings else data
        return None if data.signature == version.signature else data

    return decide
