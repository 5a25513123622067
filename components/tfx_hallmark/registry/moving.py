"""Moving a label to a version that was published before, under a new number where one is needed.

The order is that of a publish: check the bytes, make the release ready in staging, commit, expose by
one rename. So a crash before the commit leaves only staging, which is swept; one after it leaves a
committed release that whoever opens the model next exposes.
"""

from collections.abc import Callable

import msgspec

from tfx_hallmark.registry.errors import ChangedMeanwhileError
from tfx_hallmark.registry.events import Event, Promoted, RolledBack
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.linking import link_model, verify_release
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.plans import PromotionPlan, RollbackPlan
from tfx_hallmark.registry.releases import (
    ReleaseDirectories,
    ReleaseIdentity,
    finish_staging,
    settle,
    sweep,
)
from tfx_hallmark.registry.staging import StagingFolder, staging_folder
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.storage import explain_os_errors
from tfx_hallmark.registry.tree import ContentDigest

Move = RollbackPlan | PromotionPlan
Planner = Callable[[ModelState], Move]


class Moved(msgspec.Struct, frozen=True):
    """A move that was made.

    Attributes:
        plan: As it was carried out.
        event: What was committed.
    """

    plan: Move
    event: Event


class LabelMover:
    """Moves the labels of one model.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
    """

    def __init__(self, ledger: Ledger, directories: ReleaseDirectories) -> None:
        self._ledger = ledger
        self._directories = directories

    def check(self, move: Move) -> ContentDigest:
        """Make sure that a move can be made, without making it.

        Returns:
            What the version's newest release holds.

        Raises:
            NotFoundError: If that release's directory is gone.
            DigestMismatchError: If it holds anything but the version.
            ForeignEntryError: If the base path holds a number that is not hallmark's.
        """
        if self._directories.base.is_dir():
            self._directories.check_numbers(self._ledger)
        version = self._ledger.refresh().versions[move.version]
        return verify_release(
            self._directories.path(move.source),
            move.digest,
            version=f"{move.model}@{move.version}",
            files=lambda: self._ledger.objects.get(version.manifest, Manifest).files,
        )

    def move(self, planner: Planner, *, actor: str, reason: str) -> Moved:
        """Carry out a plan.

        Args:
            planner: Makes the plan from a state, or raises what stands against it. It is asked again
                on the state that the event follows.
            actor: Who moves the label.
            reason: Why.

        Returns:
            What was done; its release is exposed.

        Raises:
            ChangedMeanwhileError: If the label moved since the first plan, or the plan became another.
            NotFoundError: If the version's newest release is gone.
            DigestMismatchError: If it holds anything but the version.
            ForeignEntryError: If something else lies in the way.
            StorageError: If the release cannot be hard-linked, or the disk not be written.
        """
        settle(self._directories, self._ledger)
        plan = planner(self._ledger.refresh())
        content = self.check(plan)
        self._directories.prepare()
        if not plan.is_new:
            event = self._ledger.commit(
                lambda state: _event_without_number(_again(planner, plan, state)), actor=actor, reason=reason
            )
            if event is not None:
                return Moved(plan, event)
            # Its number stopped being the highest while its bytes were read.
        return self._move_to_new_number(planner, plan, content, actor=actor, reason=reason)

    def _move_to_new_number(
        self, planner: Planner, plan: Move, content: ContentDigest, *, actor: str, reason: str
    ) -> Moved:
        try:
            with staging_folder(self._directories.staging) as staging:
                self._stage(plan, content, staging)
                event = self._ledger.commit(
                    lambda state: _again(planner, plan, state).event(staging.name),
                    actor=actor,
                    reason=reason,
                )
                assert event is not None
                assert isinstance(event.data, RolledBack | Promoted)
                number = event.data.release
                self._directories.expose(number, self._ledger.refresh().releases[number])
                return Moved(msgspec.structs.replace(plan, release=number), event)
        finally:
            sweep(self._directories, self._ledger)

    def _stage(self, plan: Move, content: ContentDigest, staging: StagingFolder) -> None:
        source = self._directories.path(plan.source)
        version = self._ledger.refresh().versions[plan.version]
        identity = ReleaseIdentity(
            model=plan.model,
            version=plan.version,
            tag=version.tag,
            digest=plan.digest,
            manifest=version.manifest,
        )
        with explain_os_errors(f"linking {source} under {self._directories.staging}"):
            link_model(source, content, staging.model)
            finish_staging(staging, identity)


def _again(planner: Planner, plan: Move, state: ModelState) -> Move:
    """Plan once more, on the state that the event is to follow; it must come to the same."""
    if state.labels.get(plan.label) == plan.from_release:
        again = planner(state)
        if again.version == plan.version:
            return again
    now = state.labelled(plan.label)
    where = "nothing" if now is None else f"{now.version} (release {state.labels[plan.label]})"
    msg = (
        f"{plan.model} changed meanwhile, and {plan.label} is {where} now: "
        f"see 'hallmark log {plan.model}', then run the same again if it is still wanted"
    )
    raise ChangedMeanwhileError(msg)


def _event_without_number(plan: Move) -> RolledBack | Promoted | None:
    return None if plan.is_new else plan.event(None)
