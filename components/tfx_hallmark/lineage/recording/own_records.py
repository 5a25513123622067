"""What sync writes into ML Metadata: an execution for each event, and artifacts that no pipeline recorded.

Every name and external id follows from the log alone, and ML Metadata keeps external ids unique, so whoever
writes the same a second time, at any moment, from anywhere, fails.
"""

from collections.abc import Callable, Mapping
from typing import Any

from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.property_text import safe_json, safe_text
from tfx_hallmark.lineage.reading.pipeline_artifacts import OWN
from tfx_hallmark.lineage.recording.recorded_types import (
    EXECUTION_TYPES,
    MODEL_VERSION,
    PUSHED_MODEL,
    REGISTRY,
    TypeIds,
)
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.store_url import Root
from tfx_hallmark.registry.version import Version

DIGITS = 16  # of a SHA-256 or BLAKE3 that stand in a name
Sentence = Callable[[Event], str]
Value = str | int | None


def event_id(event: Event, seal: str) -> str:
    """Return the external id of an event's execution."""
    return f"{OWN}{_event_name(event, seal)}"


class Records:
    """Makes the records of one model's log.

    Args:
        types: The types of the store they are for.
        root: The registry root.
        model: The model's name.
        log: Seal of the log's first event, which tells this log from any other of a model of this name.
    """

    def __init__(self, types: TypeIds, root: Root, model: str, log: str) -> None:
        self._types = types
        self._root = root
        self._model = model
        self._log = log[:DIGITS]

    @property
    def context_id(self) -> str:
        """External id of the context."""
        return f"{OWN}{self._model} {self._log}"

    def context(self) -> mlmd.Context:
        """Make the context to which all of a log's records belong."""
        context = mlmd.Context(
            type_id=self._types.contexts[REGISTRY],
            name=f"{self._model} {self._log}",
            external_id=self.context_id,
        )
        _fill(context.custom_properties, {"model": self._model, "registry_root": str(self._root)})
        return context

    def execution(self, event: Event, seal: str, sentence: Sentence | None) -> mlmd.Execution:
        """Make the execution that an event becomes.

        ML Metadata sets an execution's times itself; when it happened is the property `time`.
        """
        data = event.data
        execution = mlmd.Execution(
            type_id=self._types.executions[EXECUTION_TYPES[type(data)]],
            name=_event_name(event, seal),
            external_id=event_id(event, seal),
            last_known_state=mlmd.Execution.COMPLETE,
        )
        told: Mapping[str, Value] = {
            "seq": event.seq,
            "time": event.time,
            "actor": event.actor,
            "reason": event.reason,
            "model": event.model,
            "version": data.version,
            "release": getattr(data, "release", None),
            "label": _labels(event),
            "sentence": sentence(event) if sentence else None,
            "override": _override(event),
            "summary": getattr(data, "summary", None),
            "seal": seal,
        }
        _fill(execution.custom_properties, told)
        return execution

    def version_id(self, version: Version) -> str:
        """Return the external id of a version's artifact."""
        return f"{OWN}{self._version_name(version)} {self._log}"

    def version(self, version: Version, reasons: tuple[str, ...]) -> mlmd.Artifact:
        """Make the artifact of a version, with the properties that VersionTagger gives it (artifacts.py)."""
        state = version.state
        manifest = self._root / ".hallmark" / self._model / "objects" / state.manifest.removeprefix("b3:")
        artifact = mlmd.Artifact(
            type_id=self._types.artifacts[MODEL_VERSION],
            name=f"{self._version_name(version)} {self._log}",
            external_id=self.version_id(version),
            uri=safe_text(str(manifest)),
            state=mlmd.Artifact.LIVE,
        )
        told: Mapping[str, Value] = {
            "registry_root": str(self._root),
            "model": self._model,
            "version": version.version,
            "tag": state.tag,
            "digest": version.digest,
            "manifest": state.manifest,
            "bump": state.bump,
            "reasons": safe_json(reasons),
        }
        _fill(artifact.custom_properties, told)
        return artifact

    def release_id(self, version: Version, release: int) -> str:
        """Return the external id of a release's artifact."""
        return f"{OWN}{self._release_name(version, release)} {self._log}"

    def release(self, version: Version, release: int) -> mlmd.Artifact:
        """Make the artifact of a release, with the properties that RegistryPusher gives it (pusher/executor.py)."""
        path = self._root / self._model / str(release)
        artifact = mlmd.Artifact(
            type_id=self._types.artifacts[PUSHED_MODEL],
            name=f"{self._release_name(version, release)} {self._log}",
            external_id=self.release_id(version, release),
            uri=safe_text(str(path)),
            state=mlmd.Artifact.LIVE,
        )
        told: Mapping[str, Value] = {
            "pushed": 1,
            "pushed_destination": str(path),
            "pushed_version": str(release),
            "hallmark_model": self._model,
            "hallmark_version": version.version,
            "hallmark_digest": version.digest,
        }
        _fill(artifact.custom_properties, told)
        return artifact

    def _version_name(self, version: Version) -> str:
        return f"{self._model}@{version.version} {_digits(version.digest)}"

    def _release_name(self, version: Version, release: int) -> str:
        return f"{self._model}/{release} {_digits(version.digest)}"


def _event_name(event: Event, seal: str) -> str:
    return f"{event.model}/{event.seq}/{seal[:DIGITS]}"


def _digits(digest: str) -> str:
    return digest.removeprefix("b3:")[:DIGITS]


def _labels(event: Event) -> str | None:
    labels = getattr(event.data, "labels", None) or (getattr(event.data, "label", ""),)
    return ", ".join(labels) or None


def _override(event: Event) -> str | None:
    override = getattr(event.data, "override", None)
    # Of a tag it only says that a person chose the number.
    return ("by a person" if override else None) if isinstance(override, bool) else override


def _fill(properties: Any, told: Mapping[str, Value]) -> None:
    for name, value in told.items():
        if isinstance(value, int):
            properties[name].int_value = value
        elif value:
            properties[name].string_value = safe_text(value)
