"""What a candidate was made from, read off the artifacts and settings that went into its Trainer."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import msgspec
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.evidence.environment import describe_environment
from tfx_hallmark.registry.manifest import Code, DataSource, InputArtifact, Provenance, Run, SourceFile
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.redaction import without_secrets
from tfx_hallmark.tagger.cost import is_trained_here, training_cost
from tfx_hallmark.tagger.git import GitState
from tfx_hallmark.tagger.input_contents import InputContents, Inputs, reading_of, splits_of
from tfx_hallmark.tagger.training_code import TrainingCode
from tfx_hallmark.tagger.training_curve import training_curve

# The tagger's inputs that are a Trainer's as well, under the same names.
TRAINER_INPUTS = ("examples", "schema", "statistics", "transform_graph", "hyperparameters", "base_model")


class TrainingRecord(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a Trainer was told, written down when the pipeline is defined.

    Attributes:
        module: The module file, relative to its working tree, or dotted name of the run function.
        module_digest: BLAKE3 of the module file, `b3:…`.
        files: BLAKE3 of the other Python files in its folder, by name.
        git: State of the working tree that holds it.
        hyperparameters: `custom_config` without the seed.
        train_args: TrainArgs as JSON values.
        eval_args: EvalArgs as JSON values.
        seed: The random seed, if one is known.
        custom_config: `custom_config` whole; None if there is none.
        read: Which of the tagger's inputs are the Trainer's own; None if that is not known, and all are taken for it.
    """

    module: str | None = None
    module_digest: str | None = None
    files: Mapping[str, str] = msgspec.field(default_factory=dict)
    git: GitState | None = None
    hyperparameters: Mapping[str, Any] = msgspec.field(default_factory=dict)
    train_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    eval_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    seed: int | None = None
    custom_config: Mapping[str, Any] | None = None
    read: tuple[str, ...] | None = None


def collect(
    inputs: Inputs,
    training: TrainingRecord,
    code: TrainingCode,
    run: Run,
    objects: ObjectStore,
    *,
    container_image: str | None = None,
) -> Provenance:
    """Put together where a candidate comes from.

    Args:
        inputs: VersionTagger's input artifacts.
        training: What the Trainer was told.
        code: Text of the training's code, as far as it is kept.
        run: The pipeline run.
        objects: Where long things are stored: code, the schema, the list of packages.
        container_image: Image that this runs in, if it is known.

    Raises:
        DataError: If the examples cannot be read.
        ConfigError: If nothing here knows a file system for an artifact's uri.
        StorageError: If a remote artifact cannot be read.
    """
    contents = InputContents(inputs)
    tuned = without_secrets(contents.tuned)
    model = artifact_utils.get_single_instance(inputs["model"])
    # An Importer's model was not made where it lies.
    trained_here = training.read is not None and is_trained_here(model, run.orchestrator)
    return Provenance(
        data=_data(contents, objects),
        preprocessing=contents.transform_graph.structure,
        code=_code(training, code, objects),
        hyperparameters={**training.hyperparameters, **tuned},
        train_args=training.train_args,
        eval_args=training.eval_args,
        seed=training.seed,
        custom_config=training.custom_config,
        tuned=tuned,
        inputs=dict(_trainer_inputs(contents, training)),
        environment=describe_environment(objects, trained_here=trained_here, container_image=container_image),
        cost=None if training.read is None else training_cost(model, trained_here=trained_here),
        run=run,
        training_curve=training_curve(inputs.get("model_run") or (), objects),
    )


def _data(contents: InputContents, objects: ObjectStore) -> DataSource | None:
    examples = contents.artifacts("examples")
    if not examples:
        return None
    # Data that is gone is known by its uri alone.
    content = contents.examples("examples")
    several = len(examples) > 1
    spans = [_number(artifact, "span") for artifact in examples]
    text = contents.schema.text
    return DataSource(
        uri=examples[0].uri,
        span=_ranges(spans),
        version=_listed([_number(artifact, "version") for artifact in examples]),
        splits=splits_of(examples),
        records=content.records if content else {},
        digest=content.digest if content else None,
        schema=contents.digest("schema"),
        schema_text=None if text is None else objects.put(text),
        statistics=contents.digest("statistics"),
        transform_graph=contents.digest("transform_graph"),
        statistics_uri=next((one.uri for one in contents.artifacts("statistics")), None),
        uris=_all_uris(examples),
        spans=tuple(span or "" for span in spans) if several else (),
    )


def _trainer_inputs(contents: InputContents, training: TrainingRecord) -> Iterator[tuple[str, InputArtifact]]:
    for name in TRAINER_INPUTS:
        key = "trained_on" if name == "examples" and contents.artifacts("trained_on") else name
        artifacts = contents.artifacts(key)
        if artifacts and (training.read is None or key in training.read):
            yield (
                name,
                InputArtifact(
                    uri=artifacts[0].uri,
                    digest=contents.digest(key),
                    splits=splits_of(artifacts) if name == "examples" else (),
                    uris=_all_uris(artifacts),
                    properties=reading_of(artifacts[0]) if name == "examples" else {},
                ),
            )


def _all_uris(artifacts: Sequence[Artifact]) -> tuple[str, ...]:
    return tuple(artifact.uri for artifact in artifacts) if len(artifacts) > 1 else ()


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


def span_of(examples: Artifact) -> str | None:
    """Return the span of an Examples artifact; None if it has none."""
    return _number(examples, "span")


def _ranges(spans: Sequence[str | None]) -> str | None:
    """Write spans as `41`, `41-43` or `41-43,45`."""
    found: list[list[int]] = []
    for span in sorted({int(span) for span in spans if span is not None}):
        if found and span == found[-1][-1] + 1:
            found[-1].append(span)
        else:
            found.append([span])
    return ",".join(str(one[0]) if len(one) == 1 else f"{one[0]}-{one[-1]}" for one in found) or None


def _listed(versions: Sequence[str | None]) -> str | None:
    """Write what all have in common, or the version of each."""
    known = [version or "" for version in versions]
    return (known[0] if len(set(known)) == 1 else ",".join(known)) or None


def _code(training: TrainingRecord, code: TrainingCode, objects: ObjectStore) -> Code | None:
    if training.module is None:
        return None

    def stored(name: str) -> str | None:
        return objects.put(code.sources[name]) if name in code.sources else None

    git = training.git
    return Code(
        module=training.module,
        module_digest=training.module_digest,
        module_source=stored(PurePath(training.module).name),
        files={
            name: SourceFile(digest=digest, source=stored(name)) for name, digest in training.files.items()
        },
        commit=git.commit if git else None,
        dirty=git.dirty if git else None,
        remote=git.remote if git else None,
        diff=None if code.diff is None else objects.put(code.diff),
    )
