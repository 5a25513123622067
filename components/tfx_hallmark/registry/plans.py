"""What an operation would do, worked out from a model's state alone: nothing here reads or writes a disk.

An operation carries out its plan, after making it once more on the state that its event follows; a dry
run shows it.
"""

import msgspec

from tfx_hallmark.registry.eligibility import (
    Objection,
    newest_release,
    no_objection,
    number_to_serve,
    objection_to_rollback,
    objection_to_serving,
    previous_good,
    served_release,
)
from tfx_hallmark.registry.errors import PromotionRefusedError, RollbackRefusedError
from tfx_hallmark.registry.event_kinds import Promoted, RolledBack
from tfx_hallmark.registry.gates import objection_to_promotion
from tfx_hallmark.registry.lookup import find_named
from tfx_hallmark.registry.names import check_label
from tfx_hallmark.registry.settings import ServingPolicy
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


def plan_rollback(
    state: ModelState, policy: ServingPolicy, to: str | None = None, *, demands: Objection = no_objection
) -> RollbackPlan:
    """Plan to go back to an earlier version.

    Args:
        state: The model's state.
        policy: The serving policy.
        to: What stands after the `@` of a reference; by default `previous_good`.
        demands: What the root demands of a version besides.

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
    target = previous_good(state, demands) if to is None else find_named(state, to)
    if target is None:
        unmet = (
            ", or are not signed as this registry demands"
            if any(map(demands, state.versions.values()))
            else ""
        )
        msg = (
            f"{state.model} has no earlier good version: all others that were stable are in quarantine, were "
            f"rolled back from or have lost their files{unmet}; name one with --to, see 'hallmark list {state.model}'"
        )
        raise RollbackRefusedError(msg)
    objection = objection_to_rollback(state, target, demands)
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
        release=number_to_serve(state, source, policy),
        from_version=stable.version,
        from_release=stable.release,
    )


def plan_promotion(
    state: ModelState,
    policy: ServingPolicy,
    version: str,
    label: str,
    verdict: Verdict | None,
    *,
    demands: Objection = no_objection,
) -> PromotionPlan:
    """Plan to move a label; `stable` only to a version that beat what is stable now.

    Args:
        state: The model's state.
        policy: The serving policy.
        version: Semantic version.
        label: The label.
        verdict: The gate's verdict on the version; None if it never decided.
        demands: What the root demands of a version besides.

    Raises:
        PromotionRefusedError: If the version may not have the label, or has it already.
        InvalidNameError: If the label is not a plain name.
    """
    plan = _plan_promotion(state, policy, version, label, demands)
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


def plan_promotion_unchecked(
    state: ModelState,
    policy: ServingPolicy,
    version: str,
    label: str,
    override: str,
    *,
    demands: Objection = no_objection,
) -> PromotionPlan:
    """Plan to move a label past the gate.

    Args:
        state: The model's state.
        policy: The serving policy.
        version: Semantic version.
        label: The label.
        override: Why the gate is passed over; kept where there is a gate, before `stable`.
        demands: What the root demands of a version besides; no override passes that over.

    Raises:
        PromotionRefusedError: If the version is in quarantine, has no release, or has the label already.
        InvalidNameError: If the label is not a plain name.
    """
    plan = _plan_promotion(state, policy, version, label, demands)
    return msgspec.structs.replace(plan, override=override) if label == STABLE else plan


def plan_quarantine(
    state: ModelState, policy: ServingPolicy, version: str, *, demands: Objection = no_objection
) -> QuarantinePlan:
    """Plan to bar a version from serving: what is good takes its place first, where there is anything.

    Under the policy `labels` a barred version serves no more in any case, for its labels come off it.

    Args:
        state: The model's state.
        policy: The serving policy.
        version: Semantic version.
        demands: What the root demands of a version that takes its place.
    """
    barred = state.versions[version]
    successor = _successor(state, policy, barred, demands)
    served = served_release(state, policy) if policy == "latest" else None
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


def _successor(
    state: ModelState, policy: ServingPolicy, barred: VersionState, demands: Objection
) -> RollbackPlan | PromotionPlan | None:
    stable = state.stable
    if stable is barred:
        return (
            None if previous_good(state, demands) is None else plan_rollback(state, policy, demands=demands)
        )
    if stable is None or served_release(state, policy) not in barred.releases or demands(stable) is not None:
        return None
    # Published last, under another label: what is stable must get the higher number.
    return _plan_promotion(state, policy, stable.version, STABLE, demands)


def _plan_promotion(
    state: ModelState, policy: ServingPolicy, version: str, label: str, demands: Objection
) -> PromotionPlan:
    check_label(label)
    promoted = state.versions[version]
    objection = objection_to_serving(state, promoted, demands)
    if objection is not None:
        msg = f"{state.model} {version} cannot become {label}: {objection}"
        raise PromotionRefusedError(msg)
    source = newest_release(state, promoted)
    release = number_to_serve(state, source, policy) if label == STABLE else source
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
