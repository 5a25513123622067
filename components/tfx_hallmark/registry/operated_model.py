"""What may be done to the published versions of a model; `Model` is one."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry.actor import current_actor, responsible
from tfx_hallmark.registry.dry_run import DryRun
from tfx_hallmark.registry.examining.hashing import Progress, untold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.operations import Operation, Operations
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.released_model import ReleasedModel
from tfx_hallmark.registry.retention.pruning import Pruner, Pruning
from tfx_hallmark.registry.retention.retention import RetentionRule
from tfx_hallmark.registry.serving.following import ConfigFollower
from tfx_hallmark.registry.serving.server_config import config_file_of
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.signatures import SignatureRule, open_signer

if TYPE_CHECKING:
    from tfx_hallmark.registry.archive.outcome import Exported
    from tfx_hallmark.registry.signing.signer import Signing


class OperatedModel(ReleasedModel):
    """The operations on a model, each on record with its actor and reason.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: Gives what holds in the root.

    Attributes:
        serving: What `models.config` says of the model, and how that follows its labels.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        super().__init__(ledger, directories, settings)
        self._operations = Operations(ledger, directories, settings)
        self.serving = ConfigFollower(
            config_file_of(directories), ledger.refresh, settings, directories.is_there
        )

    @property
    def settings(self) -> Settings:
        """What holds in the registry root now."""
        return self._settings()

    @property
    def dry_run(self) -> DryRun:
        """What operations would do, without doing it."""
        return DryRun(self._ledger, self._directories, self._settings())

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
            RollbackRefusedError: If `stable` may not go back to it, as when it is not signed and the root requires
                signatures, or there is none to go back to.
            SignatureError: If the root requires signatures, and it has one that is not good.
            DigestMismatchError: If its release no longer holds what was published.
            ChangedMeanwhileError: If `stable` moved while this ran.
            ForeignEntryError: If something else in the base path has a number.
            StorageError: If the release cannot be hard-linked, or the disk not be written.
        """
        return self._followed(lambda: self._operations.roll_back(to, **responsible(actor, reason)))

    def promote(self, which: str, label: str, *, reason: str, actor: str | None = None) -> Operation:
        """Move a label to a published version; `stable` only to one that beat exactly what is stable now.

        Args:
            which: What stands after the `@` of a reference.
            label: The label.
            reason: Why.
            actor: Who does it; by default the current user and host.

        Raises:
            PromotionRefusedError: If the version may not have the label, as when it is not signed and the root
                requires signatures, or has it already.
            InvalidNameError: If `which` is no reference, or the label is not a plain name.
            HallmarkError: Otherwise as `rollback` does.
        """
        version = self._named(which)
        return self._followed(lambda: self._operations.promote(version, label, **responsible(actor, reason)))

    def promote_unchecked(
        self, which: str, label: str, *, reason: str, actor: str | None = None
    ) -> Operation:
        """Move a label past the gate; the override and its reason stay on record. Otherwise as `promote`."""
        version = self._named(which)
        return self._followed(
            lambda: self._operations.promote_unchecked(version, label, **responsible(actor, reason))
        )

    def quarantine(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Bar a version from serving: labels come off it, and it is no baseline and no candidate.

        If it serves, `stable` first goes back to the last good version; without one, TF Serving goes on
        serving its directory, and the result says so in `still_served`. The arguments are as of `promote`.

        Raises:
            HallmarkError: As `rollback` does, if a good version cannot take its place.
        """
        version = self._named(which)
        return self._followed(lambda: self._operations.quarantine(version, **responsible(actor, reason)))

    def unquarantine(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Lift a quarantine; labels stay as they are.

        Raises:
            NothingToLiftError: If the version is not in quarantine.
            ConfigError: If no reason is given.
            NotFoundError: If there is no such version.
        """
        version = self._named(which)
        return self._followed(lambda: self._operations.unquarantine(version, **responsible(actor, reason)))

    def prune(
        self,
        *,
        keep_last: int | None = None,
        keep_days: float | None = None,
        quarantined_too: bool = False,
        reason: str,
        actor: str | None = None,
        progress: Progress = untold,
    ) -> Pruning:
        """Delete the files of old versions; what is known of them stays.

        Kept in any case: labelled versions, the next rollback targets, held versions, those in quarantine,
        what TF Serving serves or `models.config` lists, and what is not in the base path; see `retention`.

        Args:
            keep_last: Keep so many versions, those released last.
            keep_days: Keep what was released, or stopped being stable, within so many days.
            quarantined_too: Whether the files of versions in quarantine may go as well.
            reason: Why.
            actor: Who does it; by default the current user and host.
            progress: Told how many versions are done, and of how many.

        Raises:
            ConfigError: If neither limit is given, or no reason.
            ForeignEntryError: If something else took the place of a release.
            StorageError: If a directory cannot be moved away.
        """
        rule = RetentionRule(keep_last=keep_last, keep_days=keep_days, quarantined_too=quarantined_too)
        pruner = Pruner(self._ledger, self._directories, self._settings)
        pruning = pruner.prune(rule, progress=progress, **responsible(actor, reason))
        self.serving.follow_after("the pruning")
        return pruning

    def withdraw(self, label: str, *, reason: str, actor: str | None = None) -> Operation:
        """Take a label off whatever it points to; never `stable`.

        Args:
            label: The label.
            reason: Why.
            actor: Who does it; by default the current user and host.

        Raises:
            WithdrawalRefusedError: If the label is `stable`.
            NotFoundError: If it points to nothing.
            ChangedMeanwhileError: If it moved while this ran.
            ConfigError: If no reason is given.
        """
        policy = self._settings().serving_policy
        return self._followed(lambda: self._annotator.withdraw(label, policy, **responsible(actor, reason)))

    def sign(
        self,
        which: str,
        private_key: Path,
        *,
        candidate: Path | None = None,
        reason: str = "",
        actor: str | None = None,
    ) -> "Signing":
        """Sign a version, after making sure that its files are its own; nothing is done if it is signed so.

        Args:
            which: What stands after the `@` of a reference.
            private_key: PEM file of the key; `HALLMARK_SIGNING_KEY_PASSWORD` opens an encrypted one.
            candidate: A directory that holds the version; by default its newest release.
            reason: Why; may be empty.
            actor: Who signs; by default the current user and host.

        Raises:
            SigningKeyError: If the key cannot sign.
            NotFoundError: If there is no such version, or nothing to read.
            DigestMismatchError: If what is read is not the version.
            ConfigError: If the extra `[signing]` is not installed.
        """
        signer = open_signer(self._ledger, self._directories, self._settings(), private_key)
        return signer.sign(self._named(which), candidate, actor=actor or current_actor(), reason=reason)

    def export(
        self, path: Path, which: str | None = None, *, overwrite: bool = False, progress: Progress = untold
    ) -> "Exported":
        """Write one archive of all that there is of the model, or of a version; see docs/archives.md.

        Args:
            path: The file to make.
            which: What stands after the `@` of a reference; None for the whole history.
            overwrite: Whether a file that is there may be replaced.
            progress: Told the bytes read and expected.

        Raises:
            NotFoundError: If there is no such version, or something of it is missing.
            DigestMismatchError: If a file is not what was published.
            StorageError: If the file is there already, or cannot be written.
        """
        from tfx_hallmark.registry.archive.exporting import export

        return export(self._ledger, self._directories, path, which, overwrite=overwrite, progress=progress)

    @property
    def signatures(self) -> SignatureRule:
        """What is demanded of signatures now; its `check` says of a version's state whether its own is good."""
        return SignatureRule(self._settings(), self._ledger.objects, self._ledger.model)

    def _followed(self, operate: Callable[[], Operation]) -> Operation:
        """Operate, and let `models.config` follow: that it can is made sure of before."""
        self.serving.check()
        operation = operate()
        following = self.serving.follow_after(f"event {operation.event.seq} ({operation.kind})")
        return msgspec.structs.replace(operation, serving=following)
