"""Nodes, edges and contexts of a graph, made from what ML Metadata has."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Literal

from google.protobuf import json_format
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.graph import Context, Edge, Node, Value

# What TFX wraps a JSON value in that is neither text nor number (tfx/types/artifact.py: _JSON_SINGLE_VALUE_KEY).
_WRAPPED = "__value__"
_ENDED = {mlmd.Execution.COMPLETE, mlmd.Execution.FAILED, mlmd.Execution.CACHED, mlmd.Execution.CANCELED}

INPUTS = frozenset({mlmd.Event.INPUT, mlmd.Event.DECLARED_INPUT})
# INTERNAL_OUTPUT is left out: by it a Resolver says what it found, not what it made.
OUTPUTS = frozenset({mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT})


def artifact_key(number: int) -> str:
    """Return the key of an artifact in a graph."""
    return f"a{number}"


def execution_key(number: int) -> str:
    """Return the key of an execution in a graph."""
    return f"e{number}"


def artifact_node(artifact: mlmd.Artifact, contexts: tuple[str, ...] = ()) -> Node:
    """Return the node of an artifact."""
    properties = properties_of(artifact)
    return Node(
        key=artifact_key(artifact.id),
        kind="artifact",
        id=artifact.id,
        type=short(artifact.type),
        full_type=artifact.type,
        name=artifact.name,
        state="" if not artifact.state else mlmd.Artifact.State.Name(artifact.state),
        uri=artifact.uri,
        created=_time(artifact.create_time_since_epoch),
        updated=_time(artifact.last_update_time_since_epoch),
        properties=properties,
        contexts=contexts,
        version=_version(artifact.type, properties),
    )


def execution_node(execution: mlmd.Execution, contexts: tuple[str, ...] = ()) -> Node:
    """Return the node of an execution."""
    properties = properties_of(execution)
    began, changed = execution.create_time_since_epoch, execution.last_update_time_since_epoch
    state = execution.last_known_state
    return Node(
        key=execution_key(execution.id),
        kind="execution",
        id=execution.id,
        type=short(execution.type),
        full_type=execution.type,
        name=execution.name,
        state="" if not state else mlmd.Execution.State.Name(state),
        created=_time(began),
        updated=_time(changed),
        seconds=(changed - began) / 1000 if state in _ENDED else None,
        properties=properties,
        contexts=contexts,
        version=_version(execution.type, properties),
    )


def edge(event: mlmd.Event) -> Edge:
    """Return the edge of an event, which must be one of INPUTS or OUTPUTS."""
    artifact, execution = artifact_key(event.artifact_id), execution_key(event.execution_id)
    role: Literal["input", "output"] = "input" if event.type in INPUTS else "output"
    return Edge(
        source=artifact if role == "input" else execution,
        target=execution if role == "input" else artifact,
        role=role,
        name=event_name(event),
        time=_time(event.milliseconds_since_epoch),
    )


def context(found: mlmd.Context) -> Context:
    """Return a context of a graph."""
    return Context(
        key=f"c{found.id}", id=found.id, type=found.type, name=found.name, properties=properties_of(found)
    )


def event_name(event: mlmd.Event) -> str:
    """Return under which name an execution knows an artifact; empty if it was not recorded."""
    return next((step.key for step in event.path.steps if step.HasField("key")), "")


def short(type_name: str) -> str:
    """Return a type's name without the package."""
    return type_name.rpartition(".")[2]


def properties_of(thing: mlmd.Artifact | mlmd.Execution | mlmd.Context) -> dict[str, Value]:
    """Return typed and custom properties, sorted by name; a typed one goes before a custom one."""
    both = {**_values(thing.custom_properties), **_values(thing.properties)}
    return dict(sorted(both.items()))


def _values(properties: Mapping[str, mlmd.Value]) -> dict[str, Value]:
    return {name: _value(value) for name, value in properties.items() if value.WhichOneof("value")}


def _value(value: mlmd.Value) -> Value:
    kind = value.WhichOneof("value")
    if kind == "struct_value":
        content = json_format.MessageToDict(value.struct_value)
        inner = content[_WRAPPED] if list(content) == [_WRAPPED] else content
        # TFX may have written the value as JSON text, or as a value of the struct.
        return inner if isinstance(inner, (str, int, float)) and not isinstance(inner, bool) else _json(inner)
    if kind == "proto_value":
        packed = value.proto_value
        return _json({"@type": packed.type_url, "value": base64.b64encode(packed.value).decode()})
    if kind == "bool_value":
        return _json(value.bool_value)
    plain: Value = getattr(value, str(kind))
    return plain


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _version(type_name: str, properties: Mapping[str, Value]) -> str | None:
    names = (
        ("model", "version") if short(type_name) == "ModelVersion" else ("hallmark_model", "hallmark_version")
    )
    model, version = (properties.get(name) for name in names)
    return f"{model}@{version}" if model and version else None


def _time(milliseconds: int) -> str:
    if not milliseconds:
        return ""
    moment = datetime.fromtimestamp(milliseconds / 1000, tz=timezone.utc)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{milliseconds % 1000:03d}Z"
