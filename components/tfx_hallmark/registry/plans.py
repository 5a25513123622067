"""What an operation would do, worked out from a model's state alone: nothing here reads or writes a disk.

An operation carries out its plan, after making it once more on the state that its event follows; a dry
run shows it.
"""

import msgspec

from tfx_hallmark.registry.eligibility import (
    newest_release,
    number_to_serve,
    objection_to_rollback,
    objection_to_serving,
    previous_good,
)
from tfx_hallmark.registry.errors import PromotionRefusedError, RollbackRefusedError
from tfx_hallmark.registry.events import Promoted, RolledBack
from tfx_hallmark.registry.gates import objection_to_promotion
from tfx_hallmark.registry.lookup import find
from tfx_hallmark.registry.names import check_label, parse_reference
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState
from tfx_hallmark.registry.verdict import Verdict


class LabelMove(msgspec.Struct, frozen=True, kw_only=True):
    """A label that moves to a version.

    Attributes:
        model: The model's name.
        label: The label.
        version: The version that it moves to.
        digest: That version's content digest.
        source: The version's newest release on disk.
        release: What the label will point to: `source`, or a new number for the same bytes.
        from_version: The version that the label points to now; None for nothing.
        from_release: The release that it points to now; None for nothing.
    """

    model: str
    label: str
    version: str
    digest: str
    source: int
    release: int
    from_version: str | None
    from_release: int | None

    @property
    def is_new(self) -> bool:
        """Whether the release gets a new number."""
        return self.release != self.source


class RollbackPlan(LabelMove, frozen=True, kw_only=True):
    """`stable` goes back to an earlier version."""

    from_version: str
    from_release: int

    def event(self, staging: str | None) -> RolledBack:
        """Return the event; `staging` names the folder of the release, if its number is new."""
        return RolledBack(
            version=self.version,
            release=self.release,
            from_release=self.from_release,
            staging=staging if self.is_new else None,
        )


class PromotionPlan(LabelMove, frozen=True, kw_only=True):
    """A label moves to a version that is published.

    Attributes:
        override: Why the gate is passed over; None if it is not.
    """

    override: str | None = None

    def event(self, staging: str | None) -> Promoted:
        """Return the event; `staging` names the folder of the release, if its number is new."""
        return Promoted(
            version=self.version,
            release=self.release,
            label=self.label,
            override=self.override,
            staging=staging if self.is_new else None,
        )


class QuarantinePlan(msgspec.Struct, frozen=True, kw_only=True):
    """A version is barred from serving.

    Attributes:
        model: The model's name.
        version: The version.
        successor: What takes its place first; None if it does not serve, or nothing good is left.
        labels: Labels that come off it then.
        still_served: The number under which TF Serving goes on serving it, for nothing good has a
            higher one; None if it serves no more.
    """

    model: str
    version: str
    successor: RollbackPlan | PromotionPlan | None
    labels: tuple[str, ...]
    still_served: int | None


def plan_rollback(state: ModelState, to: str | None = None) -> RollbackPlan:
    """Plan to go back to an earlier version.

    Args:
        state: The model's state.
        to: What stands after the `@` of a reference; by default `previous_good`.

    Raises:
        RollbackRefusedError: If nothing is stable, nothing good is left, or `to` may not be gone back to.
        InvalidNameError: If `to` is no reference.
        NotFoundError: If there is no such version.
    """
    stable = state.stable_at
    if stable is None:
        msg = (
            f"nothing of {state.model} is stable, so there is nothing to roll back: "
            f"'hallmark promote {state.model}@VERSION --to stable' makes a version stable"
        )
        raise RollbackRefusedError(msg)
    target = previous_good(state) if to is None else find(state, parse_reference(f"{state.model}@{to}"))
    if target is None:
        msg = (
            f"{state.model} has no earlier good version: all others that were stable are in quarantine, were "
            f"rolled back from or have lost their files; name one with --to, see 'hallmark list {state.model}'"
        )
        raise RollbackRefusedError(msg)
    objection = objection_to_rollback(state, target)
    if objection is not None:
        msg = f"{state.model} cannot roll back to {target.version}: {objection}"
        raise RollbackRefusedError(msg)
    source = newest_release(state, target)
    return RollbackPlan(
        model=state.model,
        label=STABLE,
        version=target.version,
        digest=target.digest,
        source=source,
        release=number_to_serve(state, source),
        from_version=stable.version,
        from_release=stable.release,
    )


def plan_promotion(state: ModelState, version: str, label: str, verdict: Verdict | None) -> PromotionPlan:
    """Plan to move a label; `stable` only to a version that beat what is stable now.

    Args:
        state: The model's state.
        version: Semantic version.
        label: The label.
        verdict: The gate's verdict on the version; None if it never decided.

    Raises:
        PromotionRefusedError: If the version may not have the label, or has it already.
        InvalidNameError: If the label is not a plain name.
    """
    plan = _plan_promotion(state, version, label)
    # The version that is stable already may always be given a higher number.
    if label == STABLE and plan.from_version != version:
        objection = objection_to_promotion(verdict, state.stable_at)
        if objection is not None:
            msg = (
                f"{state.model} {version} may not become stable: {objection}; have a pipeline evaluate it against "
                "what is stable, or use --force, which stays on record"
            )
            raise PromotionRefusedError(msg)
    return plan


def plan_promotion_unchecked(state: ModelState, version: str, label: str, override: str) -> PromotionPlan:
    """Plan to move a label past the gate.

    Args:
        state: The model's state.
        version: Semantic version.
        label: The label.
        override: Why the gate is passed over; kept where there is a gate, before `stable`.

    Raises:
        PromotionRefusedError: If the version is in quarantine, has no release, or has the label already.
        InvalidNameError: If the label is not a plain name.
    """
    plan = _plan_promotion(state, version, label)
    return msgspec.structs.replace(plan, override=override) if label == STABLE else plan


def plan_quarantine(state: ModelState, version: str) -> QuarantinePlan:
    """Plan to bar a version from serving: what is good takes its place first, where there is anything."""
    barred = state.versions[version]
    successor = _successor(state, barred)
    served = state.served_release
    return QuarantinePlan(
        model=state.model,
        version=version,
        successor=successor,
        labels=tuple(
            label
            for label, release in state.labels.items()
            if release in barred.releases and not (successor and label == STABLE)
        ),
        still_served=served if successor is None and served in barred.releases else None,
    )


def _successor(state: ModelState, barred: VersionState) -> RollbackPlan | PromotionPlan | None:
    stable = state.stable
    if stable is barred:
        return None if previous_good(state) is None else plan_rollback(state)
    if stable is not None and state.served_release in barred.releases:
        # Published last, under another label: what is stable must get the higher number.
        return _plan_promotion(state, stable.version, STABLE)
    return None


def _plan_promotion(state: ModelState, version: str, label: str) -> PromotionPlan:
    check_label(label)
    promoted = state.versions[version]
    objection = objection_to_serving(state, promoted)
    if objection is not None:
        msg = f"{state.model} {version} cannot become {label}: {objection}"
        raise PromotionRefusedError(msg)
    source = newest_release(state, promoted)
    release = number_to_serve(state, source) if label == STABLE else source
    before = state.labelled(label)
    if state.labels.get(label) == release:
        msg = f"{state.model} {version} is {label} already, as release {release}: there is nothing to do"
        raise PromotionRefusedError(msg)
    return PromotionPlan(
        model=state.model,
        label=label,
        version=version,
        digest=promoted.digest,
        source=source,
        release=release,
        from_version=None if before is None else before.version,
        from_release=state.labels.get(label),
    )
