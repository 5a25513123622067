"""What the backend remembers: artifacts, and which executions may be used again. One JSON file."""

import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from kfp.pipeline_spec import pipeline_spec_pb2

from tests.kubeflow.interpreter.errors import RefusedError

Artifact = pipeline_spec_pb2.RuntimeArtifact


class Store:
    """Artifacts by id, and cached executions by fingerprint.

    Args:
        file: Where it is kept; made when something is first written.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        empty: dict[str, Any] = {"artifacts": {}, "executions": {}}
        self._content = json.loads(file.read_text()) if file.exists() else empty

    def publish(self, artifact: Artifact) -> Artifact:
        """Keep an artifact, and return it as consumers are given it: named by its id.

        ML Metadata knows text, doubles, ints and structs as custom properties (metadata/converter.go).

        Raises:
            RefusedError: If its metadata holds what cannot be kept.
        """
        metadata = json_format.MessageToDict(artifact.metadata)
        kept = Artifact()
        kept.CopyFrom(artifact)
        kept.name = str(len(self._content["artifacts"]) + 1)
        kept.metadata.Clear()
        kept.metadata.update({key: _as_kept(value) for key, value in metadata.items()})
        self._content["artifacts"][kept.name] = json_format.MessageToDict(kept)
        self._write()
        return kept

    def artifact(self, name: str) -> Artifact:
        """Return an artifact by its id."""
        return json_format.ParseDict(self._content["artifacts"][name], Artifact())

    def find(self, wanted: Artifact) -> Artifact | None:
        """Return the latest artifact of the same uri, type and metadata, whatever its id."""
        for name in reversed(self._content["artifacts"]):
            known = self.artifact(name)
            same = known.uri == wanted.uri and known.type == wanted.type
            if same and known.metadata == wanted.metadata:
                return known
        return None

    def remember(self, fingerprint: str, outputs: dict[str, str], parameters: dict[str, Any]) -> None:
        """Keep an execution for later runs: its output artifacts' ids and its output parameters."""
        self._content["executions"][fingerprint] = {"artifacts": outputs, "parameters": parameters}
        self._write()

    def recall(self, fingerprint: str) -> tuple[dict[str, Artifact], dict[str, Any]] | None:
        """Return the outputs of the latest execution with a fingerprint."""
        known = self._content["executions"].get(fingerprint)
        if known is None:
            return None
        artifacts = {key: self.artifact(name) for key, name in known["artifacts"].items()}
        return artifacts, known["parameters"]

    def _write(self) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(json.dumps(self._content, indent=1))


def _as_kept(value: Any) -> Any:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, list):
        return {"list": value}
    if isinstance(value, dict):
        return {"struct": value}
    if value is None:
        msg = (
            "failed to convert RuntimeArtifact to MLMD artifact: unknown/unsupported value type "
            "*structpb.Value_NullValue"
        )
        raise RefusedError(msg)
    return value
