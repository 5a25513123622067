"""What a candidate was made from, read off the artifacts and settings that went into its Trainer."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from blake3 import blake3
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import exists, local_view
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.manifest import Code, DataSource, Provenance, Run
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.savedmodel.graph_file import read_serving_graph
from tfx_hallmark.registry.savedmodel.structure import structure_of
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.tagger.environment import describe_environment
from tfx_hallmark.tagger.examples_content import read_examples
from tfx_hallmark.tagger.git import GitState
from tfx_hallmark.tagger.schema_content import schema_digest

Inputs = Mapping[str, list[Artifact]]


class TrainingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a Trainer was told, written down when the pipeline is defined.

    Attributes:
        module: The module file, relative to its working tree, or dotted name of the run function.
        module_digest: BLAKE3 of the module file, `b3:…`.
        git: State of the working tree that holds it.
        hyperparameters: `custom_config` without the seed.
        train_args: TrainArgs as JSON values.
        eval_args: EvalArgs as JSON values.
        seed: The random seed, if one is known.
    """

    module: str | None = None
    module_digest: str | None = None
    git: GitState | None = None
    hyperparameters: Mapping[str, Any] = msgspec.field(default_factory=dict)
    train_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    eval_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    seed: int | None = None


def collect(
    inputs: Inputs, training: TrainingRecord, module_file: Path | None, run: Run, objects: ObjectStore
) -> Provenance:
    """Put together where a candidate comes from.

    Args:
        inputs: VersionTagger's input artifacts.
        training: What the Trainer was told.
        module_file: The module file, where it can be read here.
        run: The pipeline run.
        objects: Where long things are stored: the module's source, the list of packages.

    Raises:
        DataError: If the examples cannot be read.
        ConfigError: If nothing here knows a file system for an artifact's uri.
        StorageError: If a remote artifact cannot be read.
    """
    graph, preprocessing = _read_transform_graph(_single(inputs, "transform_graph"))
    return Provenance(
        data=_data(inputs, graph),
        preprocessing=preprocessing,
        code=_code(training, module_file, objects),
        hyperparameters={**training.hyperparameters, **_tuned(inputs)},
        train_args=training.train_args,
        eval_args=training.eval_args,
        seed=training.seed,
        environment=describe_environment(objects),
        run=run,
    )


def _data(inputs: Inputs, transform_graph: str | None) -> DataSource | None:
    examples = _single(inputs, "examples")
    if examples is None:
        return None
    # Data that is gone is known by its uri alone.
    content = read_examples(examples) if exists(examples.uri) else None
    return DataSource(
        uri=examples.uri,
        span=_number(examples, "span"),
        version=_number(examples, "version"),
        splits=tuple(sorted(artifact_utils.decode_split_names(examples.split_names))),  # Transform: any order
        records=content.records if content else {},
        digest=content.digest if content else None,
        schema=_schema(_single(inputs, "schema")),
        statistics=_digest(_single(inputs, "statistics")),
        transform_graph=transform_graph,
    )


def _single(inputs: Inputs, key: str) -> Artifact | None:
    artifacts = inputs.get(key) or []
    return artifacts[0] if artifacts else None


def _number(artifact: Artifact, key: str) -> str | None:
    # ExampleGen writes the span as a typed property or a custom one, depending on the orchestrator.
    mlmd = artifact.mlmd_artifact
    for properties in (mlmd.properties, mlmd.custom_properties):
        if key in properties:
            kind = properties[key].WhichOneof("value") or "string_value"
            value = getattr(properties[key], kind)
            if kind == "struct_value":
                # Kubeflow's entry point wraps a custom one, as a double, in a struct.
                value = artifact.get_json_value_custom_property(key)
            return str(int(value)) if value not in ("", None) else None
    return None


def _schema(artifact: Artifact | None) -> str | None:
    if artifact is None:
        return None
    with local_view(artifact.uri) as folder:
        return schema_digest(folder)


def _digest(artifact: Artifact | None) -> str | None:
    if artifact is None:
        return None
    with local_view(artifact.uri) as folder:
        return _digest_of(folder)


def _digest_of(folder: Path) -> str | None:
    return digest_tree(folder).digest if folder.is_dir() else None


def _read_transform_graph(artifact: Artifact | None) -> tuple[str | None, str | None]:
    """Return the artifact's digest and the structure of its graph."""
    if artifact is None:
        return None, None
    with local_view(artifact.uri) as folder:
        # tensorflow_transform/tf_transform_output.py: TRANSFORM_FN_DIR
        return _digest_of(folder), _structure(folder / "transform_fn")


def _structure(model: Path) -> str | None:
    if not model.is_dir():
        return None
    try:
        return structure_of(read_serving_graph(model), model)
    except InvalidModelError:
        return None


def _code(training: TrainingRecord, module_file: Path | None, objects: ObjectStore) -> Code | None:
    if training.module is None:
        return None
    git = training.git
    return Code(
        module=training.module,
        module_digest=training.module_digest,
        module_source=_stored_source(training, module_file, objects),
        commit=git.commit if git else None,
        dirty=git.dirty if git else None,
        remote=git.remote if git else None,
    )


def _stored_source(training: TrainingRecord, module_file: Path | None, objects: ObjectStore) -> str | None:
    # In a container the file is elsewhere, and it may have been edited since: then only the digest is kept.
    if module_file is None or not module_file.is_file() or file_digest(module_file) != training.module_digest:
        return None
    return objects.put(module_file.read_text(encoding="utf-8"))


def file_digest(path: Path) -> str:
    """Return the BLAKE3 digest of a file, `b3:` and 64 hex digits."""
    return f"b3:{blake3(path.read_bytes()).hexdigest()}"


def _tuned(inputs: Inputs) -> dict[str, Any]:
    tuned = _single(inputs, "hyperparameters")
    if tuned is None:
        return {}
    # tfx/components/tuner/executor.py writes one JSON file, KerasTuner's HyperParameters.get_config().
    with local_view(tuned.uri) as folder:
        files = sorted(folder.glob("*.txt"))
        return dict(json.loads(files[0].read_text())["values"]) if files else {}
