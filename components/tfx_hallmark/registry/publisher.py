"""Publishing: stage, verify, commit, expose.

The order is the guarantee. A crash before the commit leaves only staging, which is swept; a crash
after it leaves a committed release that whoever opens the model next exposes. The gate decides
inside the commit, on the very state that the commit follows, so what was stable when it decided is
what was stable when the event was written.
"""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.additions import additions_to
from tfx_hallmark.registry.admission import Admission
from tfx_hallmark.registry.decision import Decision, find_tagged, published_release
from tfx_hallmark.registry.errors import ChangedMeanwhileError, DigestMismatchError
from tfx_hallmark.registry.event_kinds import Published
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.gates import Gate
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.release_storage import Releases, StagedRelease
from tfx_hallmark.registry.retention.retiring import retire
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.settling import settle
from tfx_hallmark.registry.state import Release, VersionState
from tfx_hallmark.registry.store_url import local_path
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.verdict import Verdict


class Push(msgspec.Struct, frozen=True):
    """What came of pushing a candidate.

    Attributes:
        verdict: The gate's decision.
        release: The release that holds the version; None if it was refused.
        location: Where that release lies.
        already: Whether the version had been published before, so that nothing was done.
        serving: How far `models.config` has followed; None under the policy `latest`.
    """

    verdict: Verdict
    release: int | None
    location: str | None
    already: bool = False
    serving: Following | None = None

    @property
    def path(self) -> Path | None:
        """That release's directory; None if there is none, for it was refused or lies in an object store."""
        return local_path(self.location)


class Publisher:
    """Publishes versions of one model.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        admission: What a version must have before a byte of it is copied.
    """

    def __init__(self, ledger: Ledger, directories: Releases, admission: Admission) -> None:
        self._ledger = ledger
        self._directories = directories
        self._admission = admission

    def publish(
        self,
        candidate: Path,
        version: str,
        gate: Gate,
        *,
        labels: tuple[str, ...],
        actor: str,
        reason: str = "",
    ) -> Push:
        """Publish a tagged version if the gate lets it through; else record the refusal.

        Pushing what is published already changes nothing, but restores a release whose directory
        somebody deleted.

        Args:
            candidate: The SavedModel that was tagged.
            version: Its semantic version.
            gate: Decides.
            labels: Labels that move to the new release.
            actor: Who pushes.
            reason: Why.

        Raises:
            NotFoundError: If the version was never tagged.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ForeignEntryError: If something else lies in the base path.
            SignatureError: If the root requires signatures, and it has no good one.
            ChangedMeanwhileError: If retention deleted the version's files while this ran.
            StorageError: If the disk is full or may not be written.
        """
        tagged = find_tagged(self._ledger.refresh(), version)
        self._directories.prepare()
        settle(self._directories, self._ledger)
        self._directories.check(self._ledger)
        decision = Decision(self._ledger, version, gate)
        state = self._ledger.refresh()
        release = published_release(state, tagged)
        if release is not None:
            decision.look(state)
            self._admission.sign(candidate, version, actor=actor, reason=reason)
            return self._published_before(candidate, tagged, release, decision.verdict)
        if not decision.look(state).passed:
            # Most refusals end here: the candidate is read, but not a byte is copied.
            _check_digest(candidate, tagged, digest_tree(candidate).digest)
            self._ledger.commit(decision.refusal, actor=actor, reason=reason)
            if not decision.verdict.passed:
                return Push(decision.verdict, None, None)
        self._admission.sign(candidate, version, actor=actor, reason=reason)
        self._admission.require(version)
        try:
            with self._directories.stage() as staging:
                self._stage(candidate, tagged, staging)
                self._directories.check(self._ledger)
                event = self._ledger.commit(
                    lambda state: decision.publication(state, staging=staging.name, labels=labels),
                    actor=actor,
                    reason=reason,
                )
                return self._outcome(decision.verdict, version, event)
        finally:
            self._directories.sweep(self._ledger)

    def _outcome(self, verdict: Verdict, version: str, event: Event | None) -> Push:
        """Expose what was committed: by this push, or by another of the same version that was first."""
        if not verdict.passed:
            return Push(verdict, None, None)
        state = self._ledger.refresh()
        # Its own release, whatever has come after: a quarantine takes the label off, not the directory away.
        mine = event.data.release if event is not None and isinstance(event.data, Published) else None
        number = mine or state.serving_release(find_tagged(state, version))
        if number is None:
            return Push(verdict, None, None)
        self._directories.expose(number, state.releases[number])
        return Push(verdict, number, self._directories.location_of(number), already=mine is None)

    def _published_before(self, candidate: Path, tagged: VersionState, number: int, verdict: Verdict) -> Push:
        _check_digest(candidate, tagged, digest_tree(candidate).digest)
        # Another process may be between its commit and its exposure.
        self._directories.expose(number, self._ledger.refresh().releases[number])
        if not self._directories.is_there(number):
            self._restore(candidate, tagged, number)
        return Push(verdict, number, self._directories.location_of(number), already=True)

    def _restore(self, candidate: Path, tagged: VersionState, number: int) -> None:
        self._admission.require(tagged.version)
        try:
            with self._directories.stage() as staging:
                self._stage(candidate, tagged, staging)
                self._directories.expose(number, Release(tagged.version, "", staging.name))
        finally:
            self._directories.sweep(self._ledger)
        if number in self._ledger.refresh().versions[tagged.version].pruned:
            retire(self._directories, number, self._ledger.refresh())
            msg = (
                f"the files of release {number} of {self._ledger.model} {tagged.version} were deleted by retention "
                "while it was pushed: push it again, and it gets a new release"
            )
            raise ChangedMeanwhileError(msg)

    def _stage(self, candidate: Path, tagged: VersionState, staging: StagedRelease) -> None:
        copied = staging.copy(candidate)
        _check_digest(candidate, tagged, copied.digest)
        staging.finish(additions_to(self._ledger.model, tagged, self._ledger.objects))


def _check_digest(candidate: Path, tagged: VersionState, digest: str) -> None:
    if digest != tagged.digest:
        msg = (
            f"{candidate} is not what was tagged as {tagged.version}: its digest is {digest[:15]}…, "
            f"the tagged one {tagged.digest[:15]}…; run the pipeline again from Trainer"
        )
        raise DigestMismatchError(msg)
