"""What is to be written into ML Metadata in one transaction: executions, artifacts, and the ties between them."""

from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.recording.roles import Role


class Writing:
    """Collects, then writes all of it or nothing."""

    def __init__(self) -> None:
        self._executions: list[mlmd.Execution] = []
        self._artifacts: list[mlmd.Artifact] = []
        self._places: dict[str, int] = {}  # in the list above, by external id
        self._edges: list[tuple[int | None, int | None, mlmd.Event]] = []
        self._tied: set[tuple[object, object, bool]] = set()

    def add(self, execution: mlmd.Execution) -> int:
        """Add an execution; return its place, for `tie`."""
        self._executions.append(execution)
        return len(self._executions) - 1

    def tie(self, place: int, role: Role, artifact: int | mlmd.Artifact) -> None:
        """Tie an artifact, by its id or to be made, to an execution that is added here."""
        self._tie(place, _event(role), role, artifact)

    def tie_recorded(self, execution: int, role: Role, artifact: int | mlmd.Artifact) -> None:
        """Tie an artifact to an execution that ML Metadata has, by its id."""
        event = _event(role)
        event.execution_id = execution
        self._tie(None, event, role, artifact)

    def put(self, store: MetadataStore, context: mlmd.Context) -> None:
        """Write it, all of it belonging to a context.

        Raises:
            StatusError: If ML Metadata fails, or another process wrote any of it first; nothing is written then.
        """
        if not self._edges and not self._executions:
            return
        known = sorted({event.artifact_id for _, place, event in self._edges if place is None})
        attributions = [mlmd.Attribution(artifact_id=number, context_id=context.id) for number in known]
        if attributions:
            # Before, for it may be repeated, and it alone is no statement about an event.
            store.put_attributions_and_associations(attributions, [])
        # Without its id, by which it would be updated.
        same = mlmd.Context(type_id=context.type_id, name=context.name)
        store.put_lineage_subgraph(
            self._executions, self._artifacts, [same], self._edges, reuse_context_if_already_exist=True
        )

    def _tie(self, place: int | None, event: mlmd.Event, role: Role, artifact: int | mlmd.Artifact) -> None:
        name = str(artifact if isinstance(artifact, int) else artifact.external_id)
        # ML Metadata ties an artifact to an execution once in each direction.
        tied = (event.execution_id if place is None else f"new {place}", name, role.made)
        if tied in self._tied:
            return
        self._tied.add(tied)
        if isinstance(artifact, int):
            event.artifact_id = artifact
            self._edges.append((place, None, event))
            return
        if name not in self._places:
            self._places[name] = len(self._artifacts)
            self._artifacts.append(artifact)
        self._edges.append((place, self._places[name], event))


def _event(role: Role) -> mlmd.Event:
    event = mlmd.Event(type=mlmd.Event.OUTPUT if role.made else mlmd.Event.INPUT)
    # As TFX writes a path (tfx/orchestration/portable/mlmd/event_lib.py).
    event.path.steps.add(key=role.name)
    event.path.steps.add(index=0)
    return event
