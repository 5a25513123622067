"""What a Trainer was given, as it is on record."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.manifest import DataSource, InputArtifact, Manifest, Provenance

# Keys of tfx/components/{trainer,transform}/component.py; the last is what Transform itself read.
EXAMPLES, SCHEMA, TRANSFORM_GRAPH = "examples", "schema", "transform_graph"
HYPERPARAMETERS, BASE_MODEL, STATISTICS = "hyperparameters", "base_model", "statistics"
RAW_EXAMPLES = "raw_examples"
NAMES = (EXAMPLES, SCHEMA, TRANSFORM_GRAPH, HYPERPARAMETERS, BASE_MODEL, STATISTICS, RAW_EXAMPLES)

DEFAULT_RUN_FN = "run_fn"


class Recipe(msgspec.Struct, frozen=True, kw_only=True):
    """What a Trainer was given.

    Attributes:
        inputs: What it read, by input.
        raw_examples: What Transform read before it; None if there was no Transform, or that is not known.
        train_args: TrainArgs as JSON values; None if not even that is known, so nothing is.
        eval_args: EvalArgs as JSON values.
        custom_config: As JSON values.
        run_fn: Name of the function that trains; a dotted one where there is no module file.
        transform_settings: Parameters of the Transform before it that bear on the result, as TFX gives them to it.
        wheel: The wheel that TFX packed the module and its neighbours into.
    """

    inputs: Mapping[str, InputArtifact] = msgspec.field(default_factory=dict)
    raw_examples: InputArtifact | None = None
    train_args: Mapping[str, Any] | None = None
    eval_args: Mapping[str, Any] = msgspec.field(default_factory=dict)
    custom_config: Mapping[str, Any] | None = None
    run_fn: str = DEFAULT_RUN_FN
    transform_settings: Mapping[str, Any] = msgspec.field(default_factory=dict)
    wheel: str | None = None


def recipe_of(manifest: Manifest) -> Recipe:
    """Return what a manifest says of how its version was trained.

    Older manifests do not name the Trainer's inputs. Then the examples are taken for the Trainer's own where no
    Transform lies between.
    """
    made = manifest.provenance
    data, code = made.data, made.code
    inputs = dict(made.inputs)
    if not inputs and data is not None and data.transform_graph is None:
        inputs[EXAMPLES] = _of(data)
    raw = None
    if data is not None and TRANSFORM_GRAPH in inputs and data.uri != _uri(inputs.get(EXAMPLES)):
        raw = _of(data)
    known = bool(made.train_args or made.eval_args or made.code)
    return Recipe(
        inputs=inputs,
        raw_examples=raw,
        train_args=made.train_args if known else None,
        eval_args=made.eval_args,
        custom_config=_settings(made),
        run_fn=_function(None if code is None else code.module),
    )


def _of(data: DataSource) -> InputArtifact:
    return InputArtifact(uri=data.uri, digest=data.digest, splits=data.splits, uris=data.uris)


def _settings(made: Provenance) -> Mapping[str, Any] | None:
    """Return the Trainer's `custom_config`, which older manifests keep without the seed, and with what was tuned."""
    if made.custom_config is not None:
        return made.custom_config
    settings = {key: value for key, value in made.hyperparameters.items() if key not in made.tuned}
    return (settings if made.seed is None else {**settings, "seed": made.seed}) or None


def completed(recorded: Recipe, told: Recipe, data: DataSource | None) -> Recipe:
    """Return a recipe with what ML Metadata tells of the same training.

    What it tells of the parameters holds to the letter; of the inputs it knows no digests, which stay.

    Args:
        recorded: By the manifest.
        told: By ML Metadata.
        data: What the manifest says of the data: an older one has digests of schema and transform graph there alone.
    """
    older = {} if data is None else {SCHEMA: data.schema, TRANSFORM_GRAPH: data.transform_graph}
    inputs = dict(recorded.inputs)
    for name, artifact in told.inputs.items():
        known = recorded.inputs.get(name, InputArtifact(uri=artifact.uri, digest=older.get(name)))
        inputs[name] = _with_digest(artifact, known)
    raw = recorded.raw_examples
    if told.raw_examples is not None:
        raw = _with_digest(told.raw_examples, raw)
    return msgspec.structs.replace(told, inputs=inputs, raw_examples=raw)


def moved(recipe: Recipe, places: Mapping[str, str]) -> Recipe:
    """Return a recipe whose inputs lie somewhere else now.

    Args:
        recipe: The recipe.
        places: Directories by input.
    """
    inputs = {
        name: msgspec.structs.replace(artifact, uri=places[name], uris=()) if name in places else artifact
        for name, artifact in recipe.inputs.items()
    }
    new = {name: InputArtifact(uri=uri) for name, uri in places.items() if name not in inputs}
    raw = recipe.raw_examples
    if RAW_EXAMPLES in new:
        given = new.pop(RAW_EXAMPLES)
        raw = given if raw is None else msgspec.structs.replace(raw, uri=given.uri, uris=())
    return msgspec.structs.replace(recipe, inputs={**inputs, **new}, raw_examples=raw)


def as_json(values: Mapping[str, Any] | None) -> str:
    """Write parameters as TFX hands them to an executor."""
    return json.dumps(values)


def _uri(artifact: InputArtifact | None) -> str | None:
    return None if artifact is None else artifact.uri


def _with_digest(artifact: InputArtifact, known: InputArtifact | None) -> InputArtifact:
    if known is None or known.uri != artifact.uri:
        return artifact
    return msgspec.structs.replace(
        artifact,
        digest=known.digest,
        splits=artifact.splits or known.splits,
        uris=artifact.uris or known.uris,
        properties=artifact.properties or known.properties,
    )


def _function(module: str | None) -> str:
    """A module file has its function under TFX's own name; a dotted name is module and function in one."""
    return DEFAULT_RUN_FN if module is None or module.endswith(".py") or "." not in module else module
