"""What an operation would do: its plan, after every check that comes before its first write."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_hallmark.registry.event_kinds import Annotated, Held, Unheld, Unquarantined, Withdrawn
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lifting import lift_hold, lift_quarantine
from tfx_hallmark.registry.lookup import find_named
from tfx_hallmark.registry.moving import LabelMover, Move
from tfx_hallmark.registry.notes import annotation, hold, withdrawal
from tfx_hallmark.registry.operations import gated_promotion
from tfx_hallmark.registry.plans import (
    QuarantinePlan,
    plan_promotion_unchecked,
    plan_quarantine,
    plan_rollback,
)
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.retention.pruning import Pruner, Pruning
from tfx_hallmark.registry.retention.retention import RetentionRule
from tfx_hallmark.registry.settings import ServingPolicy, Settings
from tfx_hallmark.registry.signatures import SignatureRule, open_signer

if TYPE_CHECKING:
    from tfx_hallmark.registry.signing.signer import Signing


class DryRun:
    """Plans operations on one model, and changes nothing; get it from `Model.dry_run`.

    Each method raises what the operation of the same name would raise on the same state.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: What holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Settings) -> None:
        self._ledger = ledger
        self._directories = directories
        self._settings = settings
        self._policy: ServingPolicy = settings.serving_policy
        self._demands = SignatureRule(settings, ledger.objects, ledger.model).objection
        self._mover = LabelMover(ledger, directories, lambda: settings)

    def rollback(self, *, to: str | None = None) -> Move:
        """Return what `Model.rollback` would do."""
        return self._checked(plan_rollback(self._ledger.refresh(), self._policy, to, demands=self._demands))

    def promote(self, which: str, label: str) -> Move:
        """Return what `Model.promote` would do."""
        planner = gated_promotion(self._ledger, self._policy, self._named(which), label, self._demands)
        return self._checked(planner(self._ledger.refresh()))

    def promote_unchecked(self, which: str, label: str, *, reason: str) -> Move:
        """Return what `Model.promote_unchecked` would do."""
        version = self._named(which)
        return self._checked(
            plan_promotion_unchecked(
                self._ledger.refresh(), self._policy, version, label, reason, demands=self._demands
            )
        )

    def quarantine(self, which: str) -> QuarantinePlan:
        """Return what `Model.quarantine` would do."""
        version = self._named(which)
        plan = plan_quarantine(self._ledger.refresh(), self._policy, version, demands=self._demands)
        if plan.successor is not None:
            self._checked(plan.successor)
        return plan

    def unquarantine(self, which: str) -> Unquarantined:
        """Return the event of `Model.unquarantine`."""
        return lift_quarantine(self._ledger.refresh(), self._named(which))

    def prune(
        self,
        *,
        keep_last: int | None = None,
        keep_days: float | None = None,
        quarantined_too: bool = False,
    ) -> Pruning:
        """Return what `Model.prune` would do."""
        rule = RetentionRule(keep_last=keep_last, keep_days=keep_days, quarantined_too=quarantined_too)
        return Pruner(self._ledger, self._directories, lambda: self._settings).look(rule)

    def hold(self, which: str) -> Held:
        """Return the event of `Model.hold`."""
        return hold(self._ledger.refresh(), self._named(which))

    def unhold(self, which: str) -> Unheld:
        """Return the event of `Model.unhold`."""
        return lift_hold(self._ledger.refresh(), self._named(which))

    def annotate(
        self, which: str, *, description: str | None = None, notes: Mapping[str, str] | None = None
    ) -> Annotated:
        """Return the event of `Model.annotate`."""
        return annotation(self._named(which), description, notes or {})

    def withdraw(self, label: str) -> Withdrawn:
        """Return the event of `Model.withdraw`."""
        return withdrawal(self._ledger.refresh(), label)

    def sign(self, which: str, private_key: Path, *, candidate: Path | None = None) -> "Signing":
        """Return what would come of `Model.sign`; the files are read and held against the version."""
        signer = open_signer(self._ledger, self._directories, self._settings, private_key)
        return signer.rehearse(self._named(which), candidate)

    def _named(self, which: str) -> str:
        return find_named(self._ledger.refresh(), which).version

    def _checked(self, plan: Move) -> Move:
        release = self._ledger.refresh().releases[plan.source]
        # What a killed process committed was checked before that; the operation itself would first expose it.
        if self._directories.is_there(plan.source) or not self._directories.unexposed({plan.source: release}):
            self._mover.check(plan)
        return plan
