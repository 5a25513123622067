"""Moving a label to a version that was published before, under a new number where one is needed.

The order is that of a publish: check the bytes, make the release ready in staging, commit, expose by
one rename. So a crash before the commit leaves only staging, which is swept; one after it leaves a
committed release that whoever opens the model next exposes.
"""

from collections.abc import Callable

import msgspec

from tfx_hallmark.registry.additions import additions_in_need
from tfx_hallmark.registry.errors import ChangedMeanwhileError, StorageError
from tfx_hallmark.registry.event_kinds import Promoted, RolledBack
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.plans import PromotionPlan, RollbackPlan
from tfx_hallmark.registry.release_content import Reader, known_or_read, verify_release
from tfx_hallmark.registry.release_storage import Releases, StagedRelease
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.settling import settle
from tfx_hallmark.registry.signatures import SignatureRule
from tfx_hallmark.registry.state import ModelState
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
        settings: Gives what holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        self._ledger = ledger
        self._directories = directories
        self._settings = settings

    def check(self, move: Move) -> ContentDigest:
        """Make sure that a move can be made, without making it.

        Returns:
            What the version's newest release holds.

        Raises:
            NotFoundError: If that release's directory is gone.
            DigestMismatchError: If it holds anything but the version.
            ForeignEntryError: If the base path holds a number that is not hallmark's.
            SignatureError: If the root requires signatures, and its own is not good; one without any has no plan.
        """
        return self._check(move, self._directories.digest)

    def _check(self, move: Move, read: Reader) -> ContentDigest:
        self._directories.check_numbers(self._ledger)
        version = self._ledger.refresh().versions[move.version]
        rule = SignatureRule(self._settings(), self._ledger.objects, move.model)
        rule.require(version)
        # Who asks for signatures trusts nothing that lies among the records.
        trusting = read if rule.required else known_or_read(self._directories, move.digest, read)
        return verify_release(
            self._directories,
            move.source,
            move.digest,
            read=trusting,
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
        content = self._check(plan, lambda number: self._directories.read(number, plan.digest))
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
            with self._directories.stage() as staging:
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
            self._directories.sweep(self._ledger)

    def _stage(self, plan: Move, content: ContentDigest, staging: StagedRelease) -> None:
        version = self._ledger.refresh().versions[plan.version]
        try:
            staging.repeat(plan.source, content)
        except StorageError as error:
            if self._directories.is_there(plan.source):
                raise
            msg = (
                f"{plan.model} changed meanwhile, and the files of {plan.version} (release {plan.source}) are gone: "
                f"see 'hallmark log {plan.model}', then choose another version"
            )
            raise ChangedMeanwhileError(msg) from error
        staging.finish(additions_in_need(plan.model, version, self._ledger.objects))


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
