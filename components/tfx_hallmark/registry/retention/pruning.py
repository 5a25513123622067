"""Deleting the files of versions that retention lets go: the event first, then the directories.

The decision is taken again on the state that each event follows, so a version that is promoted, rolled back
to or held meanwhile keeps its files. A crash after an event leaves directories that whoever opens the model
next deletes.
"""

from collections.abc import Callable, Iterable

import msgspec

from tfx_hallmark.registry.event_kinds import Pruned
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.examining.hashing import Progress, untold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.release_content import Reader
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.retention.freed_bytes import Freed
from tfx_hallmark.registry.retention.retention import Deletion, PrunePlan, RetentionRule, plan_prune
from tfx_hallmark.registry.retention.retiring import require_own, retire
from tfx_hallmark.registry.serving.following import ConfigFollower
from tfx_hallmark.registry.serving.server_config import config_file_of
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.settling import settle
from tfx_hallmark.registry.state import ModelState


class Pruning(msgspec.Struct, frozen=True, kw_only=True):
    """What retention would do to a model, or did.

    Attributes:
        plan: What goes and what stays.
        freed: What that gives back.
        events: What was committed, oldest first; none for a dry run.
    """

    plan: PrunePlan
    freed: Freed
    events: tuple[Event, ...] = ()


class Pruner:
    """Deletes files of a model's versions.

    Args:
        ledger: The model's records.
        directories: Its base path and staging area.
        settings: Gives what holds in the root.
    """

    def __init__(self, ledger: Ledger, directories: Releases, settings: Callable[[], Settings]) -> None:
        self._ledger = ledger
        self._directories = directories
        self._settings = settings
        self._serving = ConfigFollower(
            config_file_of(directories), ledger.refresh, settings, directories.is_there
        )

    def look(self, rule: RetentionRule) -> Pruning:
        """Return what `prune` would do, and change nothing."""
        state = self._ledger.refresh()
        plan = self._planner(rule).plan(state)
        self._require_own(plan.deletions, state)
        numbers = [number for deletion in plan.deletions for number in deletion.releases]
        return Pruning(plan=plan, freed=self._directories.freed_by(numbers))

    def prune(self, rule: RetentionRule, *, actor: str, reason: str, progress: Progress = untold) -> Pruning:
        """Delete what a rule lets go; see `Model.prune`."""
        settle(self._directories, self._ledger)
        planner = self._planner(rule)
        state = self._ledger.refresh()
        deletions = planner.plan(state).deletions
        # Of all of them before the first event: what stands in the way is told before anything is done.
        self._require_own(deletions, state, read=self._read(state))
        events: list[Event] = []
        freed = Freed(size=0, shared=0)
        for count, deletion in enumerate(deletions, 1):
            decide = self._if_own(planner.decider(deletion.version))
            event = self._ledger.commit(decide, actor=actor, reason=reason)
            if event is not None:
                planner.follow(event)
                events.append(event)
                freed = freed + self._retire(event)
            progress(count, len(deletions))
        planned = planner.first
        assert planned is not None
        return Pruning(plan=_carried_out(planned, events), freed=freed, events=tuple(events))

    def _planner(self, rule: RetentionRule) -> "_Planner":
        return _Planner(rule, self._settings(), self._directories.shown(), self._listed())

    def _listed(self) -> frozenset[int]:
        entry = self._serving.plan().present if self._serving.active else None
        return frozenset() if entry is None else frozenset((*entry.versions, *entry.labels.values()))

    def _require_own(
        self, going: Iterable[Deletion | Pruned], state: ModelState, *, read: Reader | None = None
    ) -> None:
        for number in (number for one in going for number in one.releases):
            require_own(self._directories, number, state, read=read)

    def _read(self, state: ModelState) -> Reader:
        """Return what reads a release and stamps it, so that it is read once."""
        return lambda number: self._directories.read(
            number, state.versions[state.releases[number].version].digest
        )

    def _if_own(self, decide: Callable[[ModelState], Pruned | None]) -> Callable[[ModelState], Pruned | None]:
        def decide_and_look(state: ModelState) -> Pruned | None:
            pruned = decide(state)
            if pruned is not None:
                self._require_own([pruned], state, read=self._read(state))
            return pruned

        return decide_and_look

    def _retire(self, event: Event) -> Freed:
        assert isinstance(event.data, Pruned)
        freed = self._directories.freed_by(event.data.releases)
        for number in event.data.releases:
            retire(self._directories, number, self._ledger.refresh())
        return freed


class _Planner:
    """Plans on any state by the same rule, and again only where something else happened meanwhile.

    Args:
        rule: What may go.
        settings: What holds in the root.
        present: The releases that are in the base path.
        listed: The releases that `models.config` lists.
    """

    def __init__(
        self, rule: RetentionRule, settings: Settings, present: frozenset[int], listed: frozenset[int]
    ) -> None:
        self._rule = rule
        self._settings = settings
        self._present = present
        self._listed = listed
        self._now = utc_now()
        self._seq = -1
        self.first: PrunePlan | None = None

    def plan(self, state: ModelState) -> PrunePlan:
        """Return what goes and what stays."""
        if state.seq != self._seq:
            self._plan = plan_prune(
                state, self._settings, self._rule, present=self._present, listed=self._listed, now=self._now
            )
            self._seq = state.seq
            self._going = {one.version: one.releases for one in self._plan.deletions}
            self.first = self.first or self._plan
        return self._plan

    def decider(self, version: str) -> Callable[[ModelState], Pruned | None]:
        """Return what decides on the files of one version, inside a commit."""

        def decide(state: ModelState) -> Pruned | None:
            self.plan(state)
            releases = self._going.get(version)
            return None if releases is None else Pruned(version=version, releases=releases)

        return decide

    def follow(self, event: Event) -> None:
        """Take note of an event of this pruning, which changes nothing for the versions to come."""
        self._seq = event.seq


def _carried_out(plan: PrunePlan, events: list[Event]) -> PrunePlan:
    """Return the part of a plan that became events."""
    done = {event.data.version: event.data.releases for event in events if isinstance(event.data, Pruned)}
    deletions = tuple(
        msgspec.structs.replace(one, releases=done[one.version])
        for one in plan.deletions
        if one.version in done
    )
    return msgspec.structs.replace(plan, deletions=deletions)
