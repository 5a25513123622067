"""What is done to versions that were published before: rollback, promotion, quarantine."""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.eligibility import Objection
from tfx_hallmark.registry.errors import ChangedMeanwhileError
from tfx_hallmark.registry.event_kinds import Quarantined
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lifting import lift_quarantine
from tfx_hallmark.registry.moving import LabelMover, Move, Moved, Planner
from tfx_hallmark.registry.plans import (
    QuarantinePlan,
    plan_promotion,
    plan_promotion_unchecked,
    plan_quarantine,
    plan_rollback,
)
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.settings import ServingPolicy, Settings
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.store_url import local_path
from tfx_hallmark.registry.verdict import Verdict


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an operation.

    Attributes:
        model: The model's name.
        kind: The kind of its last event: `rolled_back`, `promoted`, `quarantined` or `unquarantined`.
        version: The version that it was about: that the label moved to, or that is in quarantine or out.
        label: The label that moved; None if none did.
        release: What that label points to now.
        location: Where that release lies.
        from_version: The version that the label pointed to before; None for nothing.
        from_release: The release that it pointed to before; None for nothing.
        successor: Of a quarantine, the version that took the place of the barred one.
        still_served: Of a quarantine, the number under which TF Serving goes on serving the version,
            for nothing good has a higher one; None if it serves no more.
        events: What was committed, oldest first.
        serving: How far `models.config` has followed; None under the policy `latest`.
    """

    model: str
    kind: str
    version: str
    label: str | None = None
    release: int | None = None
    location: str | None = None
    from_version: str | None = None
    from_release: int | None = None
    successor: str | None = None
    still_served: int | None = None
    events: tuple[Event, ...]
    serving: Following | None = None

    @property
    def path(self) -> Path | None:
        """That release's directory; None if there is none, for it lies in an object store."""
        return local_path(self.location)

    @property
    def event(self) -> Event:
        """The last event."""
        return self.events[-1]


def gated_promotion(
    ledger: Ledger, policy: ServingPolicy, version: str, label: str, demands: Objection
) -> Planner:
    """Return what plans a promotion by the verdict on record.

    Args:
        ledger: The model's records.
        policy: The serving policy.
        version: Semantic version.
        label: The label.
        demands: What the root demands of a version besides.
    """

    def plan(state: ModelState) -> Move:
        digest = state.versions[version].verdict
        verdict = None if digest is None else ledger.objects.get(digest, Verdict)
        return plan_promotion(state, policy, version, label, verdict, demands=demands)

    return plan


class Operations:
    """Operates on the versions of one model.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: Gives what holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        self._ledger = ledger
        self._directories = directories
        self._settings = settings
        self._mover = LabelMover(ledger, directories, settings)

    def roll_back(self, to: str | None, *, actor: str, reason: str) -> Operation:
        """Move `stable` back; see `Model.rollback`."""
        policy, demands = self._rules()
        return self._move(lambda state: plan_rollback(state, policy, to, demands=demands), actor, reason)

    def promote(self, version: str, label: str, *, actor: str, reason: str) -> Operation:
        """Move a label if the gate lets it; see `Model.promote`."""
        policy, demands = self._rules()
        return self._move(gated_promotion(self._ledger, policy, version, label, demands), actor, reason)

    def promote_unchecked(self, version: str, label: str, *, actor: str, reason: str) -> Operation:
        """Move a label past the gate; see `Model.promote_unchecked`."""
        policy, demands = self._rules()
        return self._move(
            lambda state: plan_promotion_unchecked(state, policy, version, label, reason, demands=demands),
            actor,
            reason,
        )

    def quarantine(self, version: str, *, actor: str, reason: str) -> Operation:
        """Bar a version, and let a good one take its place first; see `Model.quarantine`."""
        moves: list[Moved] = []
        policy, demands = self._rules()

        def plan(state: ModelState) -> QuarantinePlan:
            return plan_quarantine(state, policy, version, demands=demands)

        while True:
            # First the label, then the quarantine: a crash in between leaves something good stable.
            if plan(self._ledger.refresh()).successor is not None:
                with contextlib.suppress(ChangedMeanwhileError):
                    moves.append(self._mover.move(_succession(plan), actor=actor, reason=reason))
            event = self._ledger.commit(
                lambda state: Quarantined(version=version) if plan(state).successor is None else None,
                actor=actor,
                reason=reason,
            )
            if event is not None:
                return self._quarantined(plan(self._ledger.refresh()), moves, event)

    def unquarantine(self, version: str, *, actor: str, reason: str) -> Operation:
        """Lift a quarantine; see `Model.unquarantine`."""
        event = self._ledger.commit(lambda state: lift_quarantine(state, version), actor=actor, reason=reason)
        assert event is not None
        return Operation(model=self._ledger.model, kind=event.kind, version=version, events=(event,))

    def _move(self, planner: Planner, actor: str, reason: str) -> Operation:
        moved = self._mover.move(planner, actor=actor, reason=reason)
        return Operation(
            model=self._ledger.model,
            kind=moved.event.kind,
            version=moved.plan.version,
            events=(moved.event,),
            **self._where(moved.plan),
        )

    def _rules(self) -> tuple[ServingPolicy, Objection]:
        settings = self._settings()
        rule = SignatureRule(settings, self._ledger.objects, self._ledger.model)
        return settings.serving_policy, rule.objection

    def _quarantined(self, plan: QuarantinePlan, moves: list[Moved], event: Event) -> Operation:
        last = moves[-1].plan if moves else None
        return Operation(
            model=self._ledger.model,
            kind=event.kind,
            version=plan.version,
            still_served=plan.still_served,
            successor=None if last is None else last.version,
            events=(*(moved.event for moved in moves), event),
            **({} if last is None else self._where(last)),
        )

    def _where(self, plan: Move) -> dict[str, Any]:
        return {
            "label": plan.label,
            "release": plan.release,
            "location": self._directories.location_of(plan.release),
            "from_version": plan.from_version,
            "from_release": plan.from_release,
        }


def _succession(quarantine: Callable[[ModelState], QuarantinePlan]) -> Planner:
    def plan(state: ModelState) -> Move:
        planned = quarantine(state)
        if planned.successor is None:
            msg = f"{planned.version} has no successor any more"
            raise ChangedMeanwhileError(msg)
        return planned.successor

    return plan
