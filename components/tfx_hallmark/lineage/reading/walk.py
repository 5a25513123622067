"""Walks from artifacts to what they were made from, and to what was made from them, level by level.

An execution that the cache stood in for (CACHED) is passed over: it made nothing, and the execution that did
has read the very same artifacts.
"""

import posixpath
from collections.abc import Callable, Collection, Iterable

import msgspec
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import INPUTS, OUTPUTS, artifact_key, execution_key

# How many of the executions that claim to have written an artifact are looked at together.
_CLAIMS = 50


def every(_: mlmd.Artifact | mlmd.Execution) -> bool:
    """Let a walk go everywhere."""
    return True


class Part(msgspec.Struct):
    """The part of a store that was walked through.

    Attributes:
        artifacts: By id.
        executions: By id.
        events: Every event of every one of these executions, also such that lead out of this part.
        beyond: For the key of a node, the ids of those beside it that a limit kept out.
    """

    artifacts: dict[int, mlmd.Artifact] = msgspec.field(default_factory=dict)
    executions: dict[int, mlmd.Execution] = msgspec.field(default_factory=dict)
    events: dict[int, list[mlmd.Event]] = msgspec.field(default_factory=dict)
    beyond: dict[str, set[int]] = msgspec.field(default_factory=dict)

    @property
    def size(self) -> int:
        """Number of nodes."""
        return len(self.artifacts) + len(self.executions)

    @property
    def cut(self) -> list[str]:
        """Keys of the nodes beyond which there is more, sorted."""
        kept_out = {
            "a": lambda number: number not in self.executions,
            "e": lambda number: number not in self.artifacts,
        }
        return sorted(key for key, ids in self.beyond.items() if any(map(kept_out[key[0]], ids)))

    def inner_events(self) -> list[mlmd.Event]:
        """Return the events between nodes of this part, in the order of the executions."""
        return [
            event
            for execution in sorted(self.executions)
            for event in self.events.get(execution, [])
            if event.artifact_id in self.artifacts and event.type in INPUTS | OUTPUTS
        ]


class Limits(msgspec.Struct, frozen=True):
    """How far a walk goes.

    Attributes:
        depth: Executions in a row; None for no limit.
        nodes: Nodes in all; None for no limit.
    """

    depth: int | None = None
    nodes: int | None = None


def walk_up(reader: Reader, part: Part, starts: Collection[int], limits: Limits) -> None:
    """Add what artifacts were made from: for each its producer, what that read, and so on.

    Args:
        reader: The store.
        part: Holds the artifacts to start from; is added to.
        starts: Their ids.
        limits: How far to go.
    """
    level, seen, depth = set(starts), set(starts), 0
    while level:
        made_by = producers(reader, [part.artifacts[number] for number in level])
        reached = {execution.id: execution for execution in made_by.values()}
        for number, made in made_by.items():
            part.beyond.setdefault(artifact_key(number), set()).add(made.id)
        if limits.depth is not None and depth >= limits.depth:
            return
        taken = _take(reader, part, reached, limits)
        level = _fetch(reader, part, _artifacts(part, taken, INPUTS) - seen, limits)
        seen |= level
        depth += 1


def walk_down(
    reader: Reader,
    part: Part,
    starts: Collection[int],
    limits: Limits,
    *,
    onward: Callable[[mlmd.Artifact], bool] = every,
    through: Callable[[mlmd.Execution], bool] = every,
) -> None:
    """Add what was made from artifacts: whatever read them, what that wrote, and so on.

    Args:
        reader: The store.
        part: Holds the artifacts to start from; is added to.
        starts: Their ids.
        limits: How far to go. The newest executions go first.
        onward: Whether to go on from an artifact.
        through: Whether to take an execution.
    """
    level, seen, depth = set(starts), set(starts), 0
    known: dict[int, mlmd.Execution | None] = {}
    while level:
        readers = _readers(reader, level, through, known)
        for number, found in readers.items():
            part.beyond.setdefault(artifact_key(number), set()).update(one.id for one in found)
        if limits.depth is not None and depth >= limits.depth:
            return
        reached = {execution.id: execution for found in readers.values() for execution in found}
        taken = _take(reader, part, reached, limits)
        new = _fetch(reader, part, _artifacts(part, taken, OUTPUTS) - seen, limits)
        seen |= new
        level = {number for number in new if onward(part.artifacts[number])}
        depth += 1


def producers(reader: Reader, artifacts: Iterable[mlmd.Artifact]) -> dict[int, mlmd.Execution]:
    """Return the execution that really wrote each artifact, by the artifact's id.

    An artifact that later runs had from the cache has an output event of each of those runs. TFX ends an
    artifact's uri with the id of the execution that writes it (tfx/orchestration/portable/outputs_utils.py), so
    that one is asked first; its own events must confirm it.
    """
    by_id = {artifact.id: artifact for artifact in artifacts}
    hints = {number: hint for number, artifact in by_id.items() if (hint := _hint(artifact.uri)) is not None}
    candidates = _uncached(reader, hints.values())
    confirmed = {
        (event.artifact_id, event.execution_id)
        for event in reader.events_of_executions(list(candidates))
        if event.type in OUTPUTS
    }
    found = {number: candidates[hint] for number, hint in hints.items() if (number, hint) in confirmed}
    return {**found, **_searched(reader, by_id.keys() - found.keys())}


def _hint(uri: str) -> int | None:
    last = posixpath.basename(uri.rstrip("/"))
    # Ids are int64; what is longer is something else.
    return int(last) if last.isascii() and last.isdigit() and len(last) < 19 else None


def _searched(reader: Reader, artifacts: Collection[int]) -> dict[int, mlmd.Execution]:
    """Return the earliest execution that wrote each artifact and was not from the cache."""
    claims: dict[int, list[int]] = {}
    for event in reader.events_of_artifacts(artifacts):
        if event.type in OUTPUTS:
            claims.setdefault(event.artifact_id, []).append(event.execution_id)
    found = {}
    for number, executions in claims.items():
        ordered = sorted(set(executions))
        for start in range(0, len(ordered), _CLAIMS):
            made = _uncached(reader, ordered[start : start + _CLAIMS])
            if made:
                found[number] = made[min(made)]
                break
    return found


def _readers(
    reader: Reader,
    artifacts: Collection[int],
    through: Callable[[mlmd.Execution], bool],
    known: dict[int, mlmd.Execution | None],
) -> dict[int, list[mlmd.Execution]]:
    """Return the executions that read each artifact.

    Args:
        reader: The store.
        artifacts: Their ids.
        through: Whether to take an execution.
        known: Every execution met so far, None for one that is not taken; is added to.
    """
    events = [event for event in reader.events_of_artifacts(artifacts) if event.type in INPUTS]
    new = {event.execution_id for event in events} - known.keys()
    uncached = _uncached(reader, new)
    known.update({one: uncached[one] if one in uncached and through(uncached[one]) else None for one in new})
    found: dict[int, list[mlmd.Execution]] = {}
    for event in events:
        execution = known[event.execution_id]
        if execution is not None:
            found.setdefault(event.artifact_id, []).append(execution)
    return found


def _uncached(reader: Reader, ids: Iterable[int]) -> dict[int, mlmd.Execution]:
    found = reader.executions(list(ids))
    return {one.id: one for one in found if one.last_known_state != mlmd.Execution.CACHED}


def _take(reader: Reader, part: Part, reached: dict[int, mlmd.Execution], limits: Limits) -> set[int]:
    """Add executions with their events, the newest first, as far as the limit allows; return which."""
    new = sorted(reached.keys() - part.executions.keys(), reverse=True)
    new = new[: _room(part, limits)]
    for number in new:
        part.executions[number] = reached[number]
        part.events[number] = []
    for event in reader.events_of_executions(new):
        part.events[event.execution_id].append(event)
    return reached.keys() & part.executions.keys()


def _artifacts(part: Part, executions: Collection[int], kinds: Collection[int]) -> set[int]:
    """Return what executions read or wrote."""
    found: set[int] = set()
    for one in executions:
        ids = {event.artifact_id for event in part.events[one] if event.type in kinds}
        part.beyond.setdefault(execution_key(one), set()).update(ids)
        found |= ids
    return found


def _fetch(reader: Reader, part: Part, wanted: set[int], limits: Limits) -> set[int]:
    """Add artifacts as far as the limit allows; return which of the wanted ones there are."""
    new = sorted(wanted - part.artifacts.keys(), reverse=True)[: _room(part, limits)]
    part.artifacts |= {artifact.id: artifact for artifact in reader.artifacts(new)}
    return wanted & part.artifacts.keys()


def _room(part: Part, limits: Limits) -> int | None:
    return None if limits.nodes is None else max(0, limits.nodes - part.size)
