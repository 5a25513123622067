"""What ML Metadata tells of how a version was trained: its Trainer's inputs and parameters, and its Transform's.

The way goes by ids and events: from the Model artifact to the Trainer that wrote it, from the examples that this
read to the Transform that wrote those.
"""

import json
from collections.abc import Mapping
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.connection.address import Connection, address_of
from tfx_hallmark.lineage.connection.store import open_store
from tfx_hallmark.lineage.graph import Value
from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import INPUTS, event_name, properties_of, short
from tfx_hallmark.lineage.reading.walk import producers
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.manifest import InputArtifact
from tfx_hallmark.registry.version import Version
from tfx_hallmark.reproduction import recipe as names
from tfx_hallmark.reproduction.recipe import DEFAULT_RUN_FN, Recipe

# Custom properties of an Examples artifact that say how it is read (tfx/components/util/examples_utils.py).
_OF_EXAMPLES = ("payload_format", "file_format", "custom_split_pattern")
# Parameters of Transform that bear on what it writes (tfx/components/transform/component.py).
_OF_TRANSFORM = ("splits_config", "force_tf_compat_v1", "custom_config", "preprocessing_fn")


def recorded_training(version: Version, connection: Connection) -> Recipe:
    """Return what ML Metadata tells of how a version was trained.

    Args:
        version: The version.
        connection: Where its pipeline recorded to.

    Raises:
        NotFoundError: If the store does not know its Model artifact, or not what wrote it.
        MetadataError: If the store fails.
    """
    reader = Reader(open_store(connection), address_of(connection))
    run = version.manifest.provenance.run
    models = [] if run is None else reader.artifacts_at(run.model_uri)
    trainers = producers(reader, models)
    if not trainers:
        msg = (
            f"this metadata store does not know what trained {version}: give the one that its pipeline recorded to, "
            "or leave --metadata out if the manifest names the inputs"
        )
        raise NotFoundError(msg)
    trainer = trainers[min(trainers)]
    read = _inputs(reader, trainer)
    told = properties_of(trainer)
    transform = _transform(reader, read)
    module, wheel = _module(told)
    return Recipe(
        inputs={name: _input(artifacts) for name, artifacts in read.items() if name in names.NAMES},
        raw_examples=None if transform is None else _raw(reader, transform),
        train_args=_json(told.get("train_args")) or {},
        eval_args=_json(told.get("eval_args")) or {},
        custom_config=_json(told.get("custom_config")),
        run_fn=module,
        transform_settings={} if transform is None else _settings(transform),
        wheel=wheel,
    )


def _inputs(reader: Reader, execution: mlmd.Execution) -> dict[str, list[mlmd.Artifact]]:
    """Return what an execution read, by key."""
    ids: dict[str, list[int]] = {}
    for event in reader.events_of_executions([execution.id]):
        if event.type in INPUTS and event_name(event):
            ids.setdefault(event_name(event), []).append(event.artifact_id)
    there = {
        one.id: one for one in reader.artifacts([number for numbers in ids.values() for number in numbers])
    }
    found = {name: [there[number] for number in numbers if number in there] for name, numbers in ids.items()}
    return {name: artifacts for name, artifacts in found.items() if artifacts}


def _transform(reader: Reader, read: Mapping[str, list[mlmd.Artifact]]) -> mlmd.Execution | None:
    graphs = read.get(names.TRANSFORM_GRAPH, [])[:1]
    made_by = producers(reader, graphs).get(graphs[0].id) if graphs else None
    return made_by if made_by is not None and short(made_by.type) == "Transform" else None


def _raw(reader: Reader, transform: mlmd.Execution) -> InputArtifact | None:
    examples = _inputs(reader, transform).get(names.EXAMPLES)
    return None if examples is None else _input(examples)


def _settings(transform: mlmd.Execution) -> dict[str, Value]:
    told = properties_of(transform)
    return {name: told[name] for name in _OF_TRANSFORM if told.get(name) not in (None, "")}


def _input(artifacts: list[mlmd.Artifact]) -> InputArtifact:
    splits = _json(properties_of(artifacts[0]).get("split_names"), list)
    told = properties_of(artifacts[0])
    uris = tuple(artifact.uri for artifact in artifacts)
    return InputArtifact(
        uri=uris[0],
        splits=tuple(sorted(map(str, splits or ()))),
        uris=uris if len(uris) > 1 else (),
        properties={name: str(told[name]) for name in _OF_EXAMPLES if told.get(name)},
    )


def _module(told: Mapping[str, Value]) -> tuple[str, str | None]:
    """Return the function and the wheel with its module: MODULE@WHEEL (tfx/components/util/udf_utils.py)."""
    _, at, wheel = str(told.get("module_path") or "").partition("@")
    function = str(told.get("run_fn") or "") or DEFAULT_RUN_FN
    return function, (wheel if at else None)


def _json(value: object, kind: type = dict) -> Any:
    try:
        told = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return told if isinstance(told, kind) else None
