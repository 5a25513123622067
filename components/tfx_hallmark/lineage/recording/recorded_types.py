"""The types under which a registry's history stands in ML Metadata, and their registration."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.recording.conflicts import until_settled
from tfx_hallmark.registry import event_kinds

MODEL_VERSION = "tfx_hallmark.ModelVersion"  # artifacts.ModelVersion.TYPE_NAME
PUSHED_MODEL = "PushedModel"  # tfx/types/standard_artifacts.py
REGISTRY = "tfx_hallmark.Registry"
EXECUTION_TYPES: Mapping[type, str] = {
    event_kinds.Tagged: "tfx_hallmark.Tag",
    event_kinds.Published: "tfx_hallmark.Publish",
    event_kinds.Refused: "tfx_hallmark.Refuse",
    event_kinds.Promoted: "tfx_hallmark.Promote",
    event_kinds.RolledBack: "tfx_hallmark.Rollback",
    event_kinds.Quarantined: "tfx_hallmark.Quarantine",
    event_kinds.Unquarantined: "tfx_hallmark.Unquarantine",
    event_kinds.Pruned: "tfx_hallmark.Prune",
    event_kinds.Annotated: "tfx_hallmark.Annotate",
    event_kinds.Adopted: "tfx_hallmark.Adopt",
    event_kinds.Evaluated: "tfx_hallmark.Evaluate",
    event_kinds.Withdrawn: "tfx_hallmark.Withdraw",
    event_kinds.Held: "tfx_hallmark.Hold",
    event_kinds.Unheld: "tfx_hallmark.Unhold",
    event_kinds.Signed: "tfx_hallmark.Sign",
    event_kinds.Imported: "tfx_hallmark.Import",
    event_kinds.Reproduced: "tfx_hallmark.Reproduce",
    event_kinds.Monitored: "tfx_hallmark.Monitor",
}


class TypeIds(msgspec.Struct, frozen=True):
    """Ids of the types in one store, by their names."""

    artifacts: Mapping[str, int]
    executions: Mapping[str, int]
    contexts: Mapping[str, int]


def register(store: MetadataStore) -> TypeIds:
    """Register the types that are not there yet.

    TFX may have registered those of artifacts before, and may do so afterwards: name and base type are
    its own. Each has an external id, for which ML Metadata has a unique index: a type's name has none,
    so processes that register a name at once make several types of it on PostgreSQL.
    """
    artifact = [
        mlmd.ArtifactType(name=name, base_type=mlmd.ArtifactType.MODEL, external_id=f"hallmark:type:{name}")
        for name in (MODEL_VERSION, PUSHED_MODEL)
    ]
    execution = [
        mlmd.ExecutionType(name=name, external_id=f"hallmark:type:{name}")
        for name in EXECUTION_TYPES.values()
    ]
    context = [mlmd.ContextType(name=REGISTRY, external_id=f"hallmark:type:{REGISTRY}")]
    return TypeIds(
        artifacts=_ids(artifact, store.get_artifact_types, store.put_artifact_type),
        executions=_ids(execution, store.get_execution_types, store.put_execution_type),
        contexts=_ids(context, store.get_context_types, store.put_context_type),
    )


def _ids(
    wanted: Iterable[Any], get: Callable[[], Iterable[Any]], put: Callable[[Any], object]
) -> dict[str, int]:
    names = {kind.name for kind in wanted}

    def attempt() -> dict[str, int]:
        # Of several of one name, which only others can have made, the oldest: everybody takes the same.
        found = {
            kind.name: kind.id for kind in sorted(get(), key=lambda kind: -kind.id) if kind.name in names
        }
        for kind in wanted:
            if kind.name not in found:
                put(kind)
        return found if len(found) == len(names) else attempt()

    return until_settled(attempt)
