"""Records the event log of a model in ML Metadata: every event as one execution, exactly once.

An operation never waits for this. Whenever it comes to it, from wherever, by however many processes at
once, killed and started again: what is there already is left, what is missing is added, in transactions
of some hundred events each.
"""

import datetime
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec
from ml_metadata import errors as mlmd_errors
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.pipeline_artifacts import artifacts_of
from tfx_hallmark.lineage.recording.conflicts import until_settled
from tfx_hallmark.lineage.recording.own_records import Records, Sentence, event_id
from tfx_hallmark.lineage.recording.recorded_types import register
from tfx_hallmark.lineage.recording.resolved_artifacts import ResolvedArtifacts
from tfx_hallmark.lineage.recording.roles import Role, roles
from tfx_hallmark.lineage.recording.writing import Writing
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

Sealed = tuple[Event, str]
Progress = Callable[[int, int], None]

BATCH = 100  # events in one transaction
# How long a running pipeline has to record what it tagged or pushed, before sync makes an artifact in its place.
PIPELINE_SECONDS = 3600.0
_SOURCE = "model"  # as VersionTagger calls what it reads
_SYNCED = "synced"
_HINT_EVERY = 1000  # events; what lies after it is looked at again after a kill, and that costs little


class Synced(msgspec.Struct, frozen=True, kw_only=True):
    """What a synchronisation found and did.

    Attributes:
        model: The model's name.
        events: How many events its log has.
        recorded: How many of them this synchronisation added to ML Metadata.
        mended: How many that were there before had lost artifacts, which they have again.
        waiting: Positions of events that are left for later, because a pipeline that is still running
            has not recorded its own artifacts of them yet.
    """

    model: str
    events: int
    recorded: int
    mended: int = 0
    waiting: tuple[int, ...] = ()


def synchronise(
    model: Model,
    store: MetadataStore,
    *,
    from_first: bool = False,
    sentence: Sentence | None = None,
    on_progress: Progress | None = None,
) -> Synced:
    """Add to ML Metadata what it lacks of a model's log.

    Args:
        model: The model.
        store: An open store.
        from_first: Whether to look at every event, and not only at those after the last one up to which,
            by the store's own word, all are there; lost artifacts are then made again too.
        sentence: Tells an event in a sentence, which becomes a property.
        on_progress: Called with the number of events dealt with so far, and that of all there are.

    Raises:
        CorruptLogError: If the log is damaged; what stands before the damage is recorded.
        StatusError: If ML Metadata fails; what was added stays.
    """
    first = next(model.sealed_events(), None)
    if first is None:
        return Synced(model=model.name, events=0, recorded=0)
    records = Records(register(store), model.root, model.name, log=first[1])
    recorder = _Recorder(model, store, records, sentence)
    done = reached = 0 if from_first else recorder.synced
    recorded, mended, waiting = 0, 0, []
    for batch in _batches(model.sealed_events(after=done)):
        if from_first:
            mended += recorder.mend(batch)
        added, left = recorder.record(batch)
        recorded += added
        waiting += left
        done = batch[-1][0].seq
        reached = reached if waiting else done
        if reached - recorder.synced >= _HINT_EVERY:
            recorder.synced = reached
        if on_progress:
            on_progress(done, max(done, model.state.seq))
    recorder.synced = reached
    return Synced(model=model.name, events=done, recorded=recorded, mended=mended, waiting=tuple(waiting))


def unrecorded(model: Model, store: MetadataStore) -> list[int]:
    """Return the positions of the events that ML Metadata does not have; writes nothing.

    Raises:
        CorruptLogError: If the log is damaged.
        StatusError: If ML Metadata fails.
    """
    missing = []
    for batch in _batches(model.sealed_events()):
        there = _recorded(store, batch)
        missing += [event.seq for event, _ in batch if event.seq not in there]
    return missing


class _Recorder:
    def __init__(
        self, model: Model, store: MetadataStore, records: Records, sentence: Sentence | None
    ) -> None:
        self._model = model
        self._store = store
        self._records = records
        self._sentence = sentence
        self._artifacts = ResolvedArtifacts(model, store, records)
        self._context = until_settled(self._find_or_make_context)

    @property
    def synced(self) -> int:
        """The last position up to which all events are there, by the store's own word; 0 for none.

        A hint that saves looking at them again. It lies in the store, so it is lost together with what
        it speaks of.
        """
        if _SYNCED not in self._context.custom_properties:
            return 0
        return min(int(self._context.custom_properties[_SYNCED].int_value), self._model.state.seq)

    @synced.setter
    def synced(self, seq: int) -> None:
        if seq > self.synced:
            self._context.custom_properties[_SYNCED].int_value = seq
            until_settled(lambda: self._store.put_contexts([self._context]))

    def record(self, batch: Sequence[Sealed]) -> tuple[int, list[int]]:
        """Record what is missing of some events; return how many, and the positions of those left for later."""
        return until_settled(lambda: self._try_to_record(batch))

    def mend(self, batch: Sequence[Sealed]) -> int:
        """Give executions that have lost artifacts theirs again; return how many there were."""
        return until_settled(lambda: self._try_to_mend(batch))

    def _try_to_record(self, batch: Sequence[Sealed]) -> tuple[int, list[int]]:
        there = _recorded(self._store, batch)
        parts = self._parts(event for event, _ in batch if event.seq not in there)
        unfinished = self._artifacts.find(role for part in parts.values() for role in part)
        sources = self._artifacts.sources(event for event, _ in batch if event.seq not in there)
        waiting = []
        writing = Writing()
        for event, seal in batch:
            if event.seq in there:
                continue
            if _is_recent(event) and not unfinished.isdisjoint(parts[event.seq]):
                waiting.append(event.seq)
                continue
            place = writing.add(self._records.execution(event, seal, self._sentence))
            for role in parts[event.seq]:
                writing.tie(place, role, self._artifacts.of(role))
            if event.seq in sources:
                writing.tie(place, Role(_SOURCE, False, event.data.version), sources[event.seq])
        writing.put(self._store, self._context)
        return len(parts) - len(waiting), waiting

    def _try_to_mend(self, batch: Sequence[Sealed]) -> int:
        there = _recorded(self._store, batch)
        kept = artifacts_of(self._store, there.values())
        parts = self._parts(event for event, _ in batch if event.seq in there)
        sources = self._artifacts.sources(event for event, _ in batch if event.seq in there)
        lost = {
            seq: part for seq, part in parts.items() if len(kept[there[seq]]) < len(part) + (seq in sources)
        }
        self._artifacts.find(role for part in lost.values() for role in part)
        writing = Writing()
        for seq, part in lost.items():
            whole = [(role, self._artifacts.of(role)) for role in part]
            if seq in sources:
                whole.append((Role(_SOURCE, False, part[0].version), sources[seq]))
            for role, artifact in whole:
                if not isinstance(artifact, int) or artifact not in kept[there[seq]]:
                    writing.tie_recorded(there[seq], role, artifact)
        writing.put(self._store, self._context)
        return len(lost)

    def _parts(self, events: Iterable[Event]) -> dict[int, list[Role]]:
        state = self._model.state
        return {event.seq: roles(event, state) for event in events}

    def _find_or_make_context(self) -> mlmd.Context:
        try:
            found = self._store.get_contexts_by_external_ids([self._records.context_id])
        except mlmd_errors.NotFoundError:
            self._store.put_contexts([self._records.context()])
            found = self._store.get_contexts_by_external_ids([self._records.context_id])
        return found[0]


def _recorded(store: MetadataStore, batch: Sequence[Sealed]) -> dict[int, int]:
    """Return the ids of the executions that are there, by the events' positions."""
    positions = {event_id(*sealed): sealed[0].seq for sealed in batch}
    try:
        there = store.get_executions_by_external_ids(list(positions))
    except mlmd_errors.NotFoundError:
        return {}
    return {positions[execution.external_id]: execution.id for execution in there}


def _batches(events: Iterator[Sealed]) -> Iterator[list[Sealed]]:
    while batch := list(itertools.islice(events, BATCH)):
        yield batch


def _is_recent(event: Event) -> bool:
    happened = datetime.datetime.fromisoformat(event.time.replace("Z", "+00:00"))
    age = datetime.datetime.now(datetime.timezone.utc) - happened
    return age.total_seconds() < PIPELINE_SECONDS
