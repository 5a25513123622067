"""What a registry and an ML Metadata store say of their runs, less what differs from one run to the next."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from ml_metadata.metadata_store import metadata_store
from ml_metadata.proto import metadata_store_pb2

from tests.orchestrators.orchestrator import BETTER, CRIPPLED, DEFAULTS, Orchestrator
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.version import Version

_OF_ONE_RUN = ("prev", "time", "actor", "sha256")
# Two digests, which `_version` follows, and what is named or measured anew each time.
_OF_ONE_EVENT = ("manifest", "size", "staging", "tag", "verdict")
Edge = tuple[str, str, str, str]


def tell(orchestrator: Orchestrator) -> dict[str, Any]:
    """Runs the three runs, and gives what there is to say of them as JSON values."""
    for settings in (DEFAULTS, CRIPPLED, BETTER):
        orchestrator.run(*settings)
    return told(orchestrator)


def told(orchestrator: Orchestrator) -> dict[str, Any]:
    """Gives what there is to say of the runs so far as JSON values."""
    file = orchestrator.metadata
    return {
        "registry": registry_story(orchestrator.registry),
        "lineage": None if file is None else [list(edge) for edge in lineage_shape(file)],
    }


def registry_story(root: Path) -> list[dict[str, Any]]:
    """Gives every event of the model `penguin`, and every version with what is recorded of it."""
    model = Registry.open(root).model("penguin")
    versions = model.versions()
    events = [_event(msgspec.to_builtins(event)) for event in model.events()]
    story = json.dumps([*events, *(_version(version) for version in versions)])
    for version in versions:
        story = story.replace(version.digest, f"digest of {version}")
    return json.loads(story)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    told = _without(event, _OF_ONE_RUN)
    told["reason"] = re.sub(r"pushed by .*, run .+", "pushed by a run", told["reason"])
    told["data"] = _without(told["data"], _OF_ONE_EVENT)
    return told


def _version(version: Version) -> dict[str, Any]:
    manifest = _without(msgspec.to_builtins(version.manifest), ("created", "fingerprint", "size", "tag"))
    # TensorFlow numbers functions by a counter of the process; and Transform's means, so the weights, differ in
    # their last digits, for ExampleGen shuffles. What each file is for, and all of the structure, is compared.
    manifest["files"] = [file["path"] for file in manifest["files"]]
    # Predictions follow the weights; that there are some, with a warm-up file or without, and why not, is compared.
    manifest["golden"] = {
        key: bool(value) if key in ("predictions", "warmup") else value
        for key, value in manifest["golden"].items()
    }
    provenance = _without(manifest["provenance"], ("cost", "run"))
    provenance["data"] = _without(provenance["data"], ("transform_graph", "uri"))
    provenance["environment"] = _without(provenance["environment"], ("container_image", "memory", "numerics"))
    provenance["inputs"] = {
        key: _without(read, ("digest", "uri", "uris")) for key, read in provenance["inputs"].items()
    }
    # What was measured follows the weights; how often and what, is compared.
    curve = version.training_curve
    provenance["training_curve"] = curve and [sorted(epoch.metrics) for epoch in curve.epochs]
    verdict = version.verdict
    return {
        "manifest": {**manifest, "provenance": provenance},
        "verdict": verdict and _without(msgspec.to_builtins(verdict), ("evidence",)),
        "evidence": version.evidence and msgspec.to_builtins(version.evidence),
    }


def _without(record: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in keys}


def lineage_shape(file: Path) -> list[Edge]:
    """Gives every event of ML Metadata as (execution's type, its state, direction and key, artifact's type)."""
    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(file)
    connection.sqlite.connection_mode = metadata_store_pb2.SqliteMetadataSourceConfig.READONLY
    store = metadata_store.MetadataStore(connection)
    execution_types = {kind.id: kind.name for kind in store.get_execution_types()}
    artifact_types = {kind.id: kind.name for kind in store.get_artifact_types()}
    executions = {execution.id: execution for execution in store.get_executions()}
    artifacts = {artifact.id: artifact_types[artifact.type_id] for artifact in store.get_artifacts()}
    edges = []
    for event in store.get_events_by_execution_ids(list(executions)):
        execution = executions[event.execution_id]
        direction = metadata_store_pb2.Event.Type.Name(event.type)
        state = metadata_store_pb2.Execution.State.Name(execution.last_known_state)
        key = event.path.steps[0].key
        # The type is the component's class by its full name, or its last part, depending on the launcher.
        component = execution_types[execution.type_id].rpartition(".")[2]
        edges.append((component, state, f"{direction} {key}", artifacts[event.artifact_id]))
    return sorted(edges)
