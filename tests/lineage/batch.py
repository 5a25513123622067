"""Many executions written to a metadata store at once: four calls, whatever their number."""

import json
from collections.abc import Mapping, Sequence

import msgspec
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

Value = str | int | float


class Slot(msgspec.Struct):
    """An artifact before and after it is written; its id is known only then.

    Attributes:
        type: Name of its type.
        key: Under which name its producer knows it.
        properties: Custom ones.
        id: Its id; 0 before.
        uri: Where it lies; empty for the place that TFX would choose.
    """

    type: str
    key: str
    properties: Mapping[str, Value] = {}
    id: int = 0
    uri: str = ""


class Step(msgspec.Struct, kw_only=True):
    """An execution before and after it is written.

    Attributes:
        node: Id of the node that it is an execution of.
        type: Name of its type.
        properties: Custom ones.
        inputs: What it reads, by the name it knows it by.
        outputs: What it writes, or has from the cache.
        contexts: Their ids.
        cached: Whether its outputs are an earlier execution's.
        event: What kind of event an output is.
        id: Its id; 0 before.
    """

    node: str
    type: str
    properties: Mapping[str, Value]
    inputs: Sequence[tuple[str, Slot]]
    outputs: Sequence[Slot]
    contexts: Sequence[int]
    cached: bool = False
    event: mlmd.Event.Type = mlmd.Event.OUTPUT
    id: int = 0


class Types:
    """The ids of types in a store, each registered when it is first asked for."""

    def __init__(self, store: MetadataStore) -> None:
        self._store = store
        self._ids: dict[tuple[str, str], int] = {}

    def artifact(self, name: str) -> int:
        kind = mlmd.ArtifactType(name=name)
        if name == "Examples":  # tfx/types/standard_artifacts.py
            kind.properties.update({"span": mlmd.INT, "version": mlmd.INT, "split_names": mlmd.STRING})
        return self._id("artifact", name, lambda: self._store.put_artifact_type(kind, can_add_fields=True))

    def execution(self, name: str) -> int:
        kind = mlmd.ExecutionType(name=name)
        return self._id("execution", name, lambda: self._store.put_execution_type(kind))

    def context(self, name: str) -> int:
        return self._id("context", name, lambda: self._store.put_context_type(mlmd.ContextType(name=name)))

    def _id(self, kind, name, put) -> int:
        if (kind, name) not in self._ids:
            self._ids[kind, name] = put()
        return self._ids[kind, name]


def write(store: MetadataStore, types: Types, root: str, steps: Sequence[Step]) -> None:
    """Writes executions that ran one after the other, and fills in the ids.

    Args:
        store: Where to.
        types: Its types.
        root: The pipeline root; an artifact lies at `{root}/{node}/{key}/{execution id}`, as
            tfx/orchestration/portable/outputs_utils.py has it.
        steps: In the order they ran.
    """
    for step, number in zip(
        steps, store.put_executions([_execution(types, step) for step in steps]), strict=True
    ):
        step.id = number
    made = []
    for step in steps:
        for slot in step.outputs:
            if not slot.id and not step.cached:
                slot.uri = slot.uri or f"{root}/{step.node}/{slot.key}/{step.id}"
                made.append(slot)
    for slot, number in zip(
        made, store.put_artifacts([_artifact(types, slot) for slot in made]), strict=True
    ):
        slot.id = number
    store.put_events([event for step in steps for event in _events(step)])
    new = {slot.id for slot in made}
    attributions = {
        (slot.id, context)
        for step in steps
        for slot in step.outputs
        if step.event == mlmd.Event.OUTPUT and (slot.id in new or step.cached)
        for context in step.contexts
    }
    old = {slot.id for step in steps if step.cached for slot in step.outputs} - new
    present = {
        (artifact, context.id) for artifact in old for context in store.get_contexts_by_artifact(artifact)
    }
    store.put_attributions_and_associations(
        [mlmd.Attribution(artifact_id=a, context_id=c) for a, c in sorted(attributions - present)],
        [mlmd.Association(execution_id=step.id, context_id=c) for step in steps for c in step.contexts],
    )


def _execution(types: Types, step: Step) -> mlmd.Execution:
    state = mlmd.Execution.CACHED if step.cached else mlmd.Execution.COMPLETE
    execution = mlmd.Execution(type_id=types.execution(step.type), last_known_state=state)
    _fill(execution.custom_properties, step.properties)
    return execution


def _artifact(types: Types, slot: Slot) -> mlmd.Artifact:
    artifact = mlmd.Artifact(type_id=types.artifact(slot.type), uri=slot.uri, state=mlmd.Artifact.LIVE)
    if slot.type == "Examples":
        artifact.properties["split_names"].string_value = json.dumps(["train", "eval"])
    _fill(artifact.custom_properties, {"tfx_version": "1.21.0", "is_external": 0, **slot.properties})
    return artifact


def _events(step: Step) -> list[mlmd.Event]:
    inputs = [_event(step, slot, key, mlmd.Event.INPUT) for key, slot in step.inputs]
    return inputs + [_event(step, slot, slot.key, step.event) for slot in step.outputs]


def _event(step: Step, slot: Slot, key: str, kind: mlmd.Event.Type) -> mlmd.Event:
    event = mlmd.Event(execution_id=step.id, artifact_id=slot.id, type=kind)
    event.path.steps.add(key=key)
    event.path.steps.add(index=0)
    return event


def _fill(properties, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        if isinstance(value, str):
            properties[name].string_value = value
        elif isinstance(value, int):
            properties[name].int_value = value
        else:
            properties[name].double_value = value
