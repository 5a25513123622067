"""What an operation would do: its plan, after every check that comes before its first write."""

from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lookup import find
from tfx_hallmark.registry.moving import LabelMover, Move
from tfx_hallmark.registry.names import parse_reference
from tfx_hallmark.registry.operations import gated_promotion
from tfx_hallmark.registry.plans import (
    QuarantinePlan,
    plan_promotion_unchecked,
    plan_quarantine,
    plan_rollback,
)
from tfx_hallmark.registry.releases import ReleaseDirectories


class DryRun:
    """Plans operations on one model, and changes nothing; get it from `Model.dry_run`.

    Each method raises what the operation of the same name would raise on the same state.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
    """

    def __init__(self, ledger: Ledger, directories: ReleaseDirectories) -> None:
        self._ledger = ledger
        self._mover = LabelMover(ledger, directories)

    def rollback(self, *, to: str | None = None) -> Move:
        """Return what `Model.rollback` would do."""
        return self._checked(plan_rollback(self._ledger.refresh(), to))

    def promote(self, which: str, label: str) -> Move:
        """Return what `Model.promote` would do."""
        return self._checked(gated_promotion(self._ledger, self._named(which), label)(self._ledger.refresh()))

    def promote_unchecked(self, which: str, label: str, *, reason: str) -> Move:
        """Return what `Model.promote_unchecked` would do."""
        return self._checked(
            plan_promotion_unchecked(self._ledger.refresh(), self._named(which), label, reason)
        )

    def quarantine(self, which: str) -> QuarantinePlan:
        """Return what `Model.quarantine` would do."""
        plan = plan_quarantine(self._ledger.refresh(), self._named(which))
        if plan.successor is not None:
            self._checked(plan.successor)
        return plan

    def _named(self, which: str) -> str:
        reference = parse_reference(f"{self._ledger.model}@{which}")
        return find(self._ledger.refresh(), reference).version

    def _checked(self, plan: Move) -> Move:
        self._mover.check(plan)
        return plan
