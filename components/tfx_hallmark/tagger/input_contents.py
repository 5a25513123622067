"""What the tagger's input artifacts hold, each read once: some are asked for twice, and some lie far away."""

import functools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import exists, local_view
from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel.graph_file import read_serving_graph
from tfx_hallmark.registry.savedmodel.structure import structure_of
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.tagger.examples_content import ExamplesContent, read_examples
from tfx_hallmark.tagger.schema_content import SchemaContent, read_schema

Inputs = Mapping[str, list[Artifact]]
T = TypeVar("T")
_READING = ("payload_format", "file_format", "custom_split_pattern")


class TransformGraph(msgspec.Struct, frozen=True):
    """A transform graph.

    Attributes:
        digest: Digest of the artifact's files; None if there are none.
        structure: Structure of its graph; None if it cannot be read.
    """

    digest: str | None
    structure: str | None


class InputContents:
    """What the tagger's input artifacts hold.

    Args:
        inputs: Artifacts by the name of the input.
    """

    def __init__(self, inputs: Inputs) -> None:
        self._inputs = inputs
        self._examples: dict[tuple[str, ...], ExamplesContent | None] = {}
        self._digests: dict[str, str | None] = {}

    def artifacts(self, key: str) -> list[Artifact]:
        """Return the artifacts of an input; none if it has none."""
        return list(self._inputs.get(key) or ())

    def examples(self, key: str) -> ExamplesContent | None:
        """Return what Examples artifacts hold; None if there are none, or one of them is gone.

        Raises:
            DataError: If they cannot be read.
            ConfigError: If nothing here knows a file system for a uri.
            StorageError: If a file has to be copied to be read, and cannot be.
        """
        artifacts = self.artifacts(key)
        uris = tuple(artifact.uri for artifact in artifacts)
        if uris not in self._examples:
            there = bool(uris) and all(exists(uri) for uri in uris)
            self._examples[uris] = read_examples(*artifacts) if there else None
        return self._examples[uris]

    def digest(self, key: str) -> str | None:
        """Return the digest of what an input holds; None if there is nothing.

        Raises:
            DataError: As `examples` does.
            ConfigError: If nothing here knows a file system for a uri.
            StorageError: If it is remote and cannot be read.
        """
        if key in ("examples", "trained_on"):
            content = self.examples(key)
            return content.digest if content else None
        if key == "schema":
            return self.schema.digest
        if key == "transform_graph":
            return self.transform_graph.digest
        if key not in self._digests:
            self._digests[key] = self._read(key, _digest_of, None)
        return self._digests[key]

    @functools.cached_property
    def schema(self) -> SchemaContent:
        """The schema."""
        return self._read("schema", read_schema, SchemaContent(None, None))

    @functools.cached_property
    def transform_graph(self) -> TransformGraph:
        """The transform graph."""
        return self._read("transform_graph", _read_transform_graph, TransformGraph(None, None))

    @functools.cached_property
    def tuned(self) -> dict[str, Any]:
        """What a Tuner chose."""
        return self._read("hyperparameters", _read_hyperparameters, {})

    def _read(self, key: str, reader: Callable[[Path], T], nothing: T) -> T:
        artifacts = self.artifacts(key)
        if not artifacts:
            return nothing
        with local_view(artifacts[0].uri) as folder:
            return reader(folder)


def splits_of(artifacts: list[Artifact]) -> tuple[str, ...]:
    """Return the names of all splits of Examples artifacts, sorted: Transform writes them in any order."""
    names = [artifact_utils.decode_split_names(artifact.split_names) for artifact in artifacts]
    return tuple(sorted({name for part in names for name in part}))


def reading_of(artifact: Artifact) -> dict[str, str]:
    """Return the properties of an Examples artifact that say how it is read (tfx/components/util/examples_utils.py)."""
    told = {name: artifact.get_string_custom_property(name) for name in _READING}
    return {name: value for name, value in told.items() if value}


def _digest_of(folder: Path) -> str | None:
    return digest_tree(folder).digest if folder.is_dir() else None


def _read_transform_graph(folder: Path) -> TransformGraph:
    # tensorflow_transform/tf_transform_output.py: TRANSFORM_FN_DIR
    return TransformGraph(_digest_of(folder), _structure(folder / "transform_fn"))


def _structure(model: Path) -> str | None:
    if not model.is_dir():
        return None
    try:
        return structure_of(read_serving_graph(model), model)
    except InvalidModelError:
        return None


def _read_hyperparameters(folder: Path) -> dict[str, Any]:
    # tfx/components/tuner/executor.py writes one JSON file, KerasTuner's HyperParameters.get_config().
    files = sorted(folder.glob("*.txt"))
    return dict(json.loads(files[0].read_text(encoding="utf-8"))["values"]) if files else {}
