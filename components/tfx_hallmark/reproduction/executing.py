"""What the training and the Transform process have in common: artifacts as TFX's executors want them."""

import sys
from collections.abc import Mapping
from typing import Any

from tfx import version as tfx_version
from tfx.types import artifact_utils, standard_artifacts
from tfx.types.artifact import Artifact

from tfx_hallmark.reproduction import recipe
from tfx_hallmark.reproduction.job import Job, JobInput

_TYPES: Mapping[str, type[Artifact]] = {
    recipe.EXAMPLES: standard_artifacts.Examples,
    recipe.SCHEMA: standard_artifacts.Schema,
    recipe.TRANSFORM_GRAPH: standard_artifacts.TransformGraph,
    recipe.HYPERPARAMETERS: standard_artifacts.HyperParameters,
    recipe.BASE_MODEL: standard_artifacts.Model,
    recipe.STATISTICS: standard_artifacts.ExampleStatistics,
}
_WITH_SPLITS = (recipe.EXAMPLES, recipe.STATISTICS)


def input_artifacts(job: Job) -> dict[str, list[Artifact]]:
    """Make the input artifacts of a job."""
    return {name: artifacts_of(name, given) for name, given in job.inputs.items()}


def output_artifact(kind: type[Artifact], job: Job, name: str) -> Artifact:
    """Make an output artifact of a job, in a folder of its own."""
    return _at(kind(), f"{job.output}/{name}")


def prepare(job: Job) -> None:
    """Make this process as the first one was: where imports are looked for, and how TensorFlow rounds."""
    sys.path.extend(job.search)
    if job.tensor_float_32 is not None:
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(job.tensor_float_32)


def artifacts_of(name: str, given: JobInput) -> list[Artifact]:
    """Make the artifacts of an input, of the type that it has."""
    return [_artifact(name, uri, given) for uri in given.uris]


def _artifact(name: str, uri: str, given: JobInput) -> Artifact:
    artifact = _at(_TYPES[name](), uri)
    if name in _WITH_SPLITS:
        artifact.split_names = artifact_utils.encode_split_names(list(given.splits))
    for key, value in given.properties.items():
        artifact.set_string_custom_property(key, value)
    return artifact


def _at(artifact: Any, uri: str) -> Artifact:
    artifact.uri = uri
    # By this, TFX knows that splits lie under `Split-` (tfx/types/artifact_utils.py: get_split_uris).
    artifact.set_string_custom_property(
        artifact_utils.ARTIFACT_TFX_VERSION_CUSTOM_PROPERTY_KEY, tfx_version.__version__
    )
    made: Artifact = artifact
    return made
