"""Finds the artifacts by which pipelines recorded versions and releases themselves."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import msgspec
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.property_text import is_safe
from tfx_hallmark.lineage.recording.recorded_types import MODEL_VERSION, PUSHED_MODEL
from tfx_hallmark.registry.manifest import Run
from tfx_hallmark.registry.store_url import Root, StoreUrl

OWN = "hallmark:"  # how the external ids of what sync makes begin; TFX sets none

_READ = (mlmd.Event.INPUT, mlmd.Event.DECLARED_INPUT)
_WRITTEN = (mlmd.Event.OUTPUT, mlmd.Event.DECLARED_OUTPUT)


class Sought(msgspec.Struct, frozen=True):
    """A version whose artifact is looked for.

    Attributes:
        version: Semantic version.
        digest: Content digest.
        run: The pipeline run that made it; None if no pipeline did.
    """

    version: str
    digest: str
    run: Run | None


class Found(msgspec.Struct):
    """What was found.

    Attributes:
        ids: The artifacts' ids, by what was sought.
        unfinished: What has none, but an execution that may still write it is running.
    """

    ids: dict[str, int] = {}
    unfinished: set[str] = set()


class PipelineArtifacts:
    """What pipelines recorded of one model.

    The way is that of the data: from the Trainer's Model artifact, which a version's manifest names, over what
    read it. Each step is a few calls, whatever the number of versions.

    Args:
        store: Where they recorded it.
        root: The registry root.
        model: The model's name.
    """

    def __init__(self, store: MetadataStore, root: Root, model: str) -> None:
        self._store = store
        self._root = root
        self._model = model

    def versions(self, sought: Collection[Sought]) -> Found:
        """Find VersionTagger's artifacts, by semantic version; the digest must be the log's."""
        sources = self.models(sought)
        made = _made_from(self._store, sources.values(), MODEL_VERSION, "VersionTagger")
        found = Found()
        for one in sought:
            source = sources.get(one.version)
            if source is None:
                continue
            fitting = [artifact for artifact in made.artifacts[source] if self._is_of(one, artifact)]
            # One of another root is of a registry that was moved, or of another one that shares the pipeline.
            fitting.sort(key=lambda artifact: not is_root(self._root, text(artifact, "registry_root")))
            if fitting:
                found.ids[one.version] = fitting[0].id
            elif source in made.unfinished:
                found.unfinished.add(one.version)
        return found

    def releases(self, releases: Mapping[int, tuple[int, str]]) -> Found:
        """Find RegistryPusher's artifacts, by release number as text.

        Args:
            releases: For each number, the id of its version's artifact, and its digest.
        """
        sources = [artifact for artifact, _ in releases.values()]
        made = _made_from(self._store, sources, PUSHED_MODEL, "RegistryPusher")
        found = Found()
        for number, (source, digest) in releases.items():
            fitting = [
                artifact
                for artifact in made.artifacts[source]
                if text(artifact, "pushed_version") == str(number)
                and text(artifact, "hallmark_digest") == digest
                and is_pushed(artifact)
            ]
            # Whoever pushes the same again is told the same release.
            fitting.sort(key=lambda artifact: text(artifact, "hallmark_outcome") != "published")
            if fitting:
                found.ids[str(number)] = fitting[0].id
            elif source in made.unfinished:
                found.unfinished.add(str(number))
        return found

    def models(self, sought: Collection[Sought]) -> dict[str, int]:
        """Return the ids of the Model artifacts that versions were made of, by semantic version."""
        runs = {one.version: one.run for one in sought if one.run is not None}
        numbers = {int(run.model_id) for run in runs.values() if run.model_id and run.model_id.isdecimal()}
        uris = {artifact.id: artifact.uri for artifact in _each(self._store.get_artifacts_by_id, numbers)}
        found = {}
        for version, run in runs.items():
            number = int(run.model_id) if run.model_id and run.model_id.isdecimal() else 0
            # In another store, or one that was made anew, the id is something else's.
            if uris.get(number) != run.model_uri:
                same = self._store.get_artifacts_by_uri(run.model_uri) if is_safe(run.model_uri) else ()
                number = min((artifact.id for artifact in same), default=0)
            if number:
                found[version] = number
        return found

    def _is_of(self, one: Sought, artifact: mlmd.Artifact) -> bool:
        told = tuple(text(artifact, key) for key in ("model", "version", "digest"))
        return told == (self._model, one.version, one.digest)


class _Made(msgspec.Struct):
    artifacts: dict[int, list[mlmd.Artifact]]
    unfinished: set[int]


def _made_from(store: MetadataStore, sources: Iterable[int], kind: str, component: str) -> _Made:
    """Return, for each source, the artifacts of a type that what read it wrote, oldest first.

    Args:
        store: Where to look.
        sources: Ids of artifacts.
        kind: The type wanted.
        component: Who writes such, to tell of which sources it is at work.
    """
    readers: dict[int, list[int]] = defaultdict(list)
    for event in _each(store.get_events_by_artifact_ids, sources):
        if event.type in _READ:
            readers[event.execution_id].append(event.artifact_id)
    made: dict[int, list[mlmd.Artifact]] = defaultdict(list)
    for artifact, execution in _written_by(store, readers):
        if artifact.type == kind and not artifact.external_id.startswith(OWN):
            for source in readers[execution]:
                made[source].append(artifact)
    running = [
        execution.id
        for execution in _each(store.get_executions_by_id, readers)
        if _runs(execution, component)
    ]
    return _Made(made, {source for execution in running for source in readers[execution]})


def _written_by(store: MetadataStore, executions: Iterable[int]) -> Iterator[tuple[mlmd.Artifact, int]]:
    """Yield the artifacts that executions wrote, each with its execution, the oldest artifact first."""
    writers: dict[int, list[int]] = defaultdict(list)
    for event in _each(store.get_events_by_execution_ids, executions):
        if event.type in _WRITTEN:
            writers[event.artifact_id].append(event.execution_id)
    for artifact in sorted(_each(store.get_artifacts_by_id, writers), key=lambda artifact: artifact.id):
        for execution in writers[artifact.id]:
            yield artifact, execution


def _runs(execution: mlmd.Execution, component: str) -> bool:
    """Tell whether an execution of a component has not ended."""
    not_ended = execution.last_known_state in (mlmd.Execution.NEW, mlmd.Execution.RUNNING)
    return not_ended and execution.type.rpartition(".")[2] == component


def artifacts_of(store: MetadataStore, executions: Iterable[int]) -> dict[int, set[int]]:
    """Return the ids of the artifacts that executions read or wrote and that are still there, by execution."""
    events = list(_each(store.get_events_by_execution_ids, executions))
    there = {
        artifact.id for artifact in _each(store.get_artifacts_by_id, {event.artifact_id for event in events})
    }
    found: dict[int, set[int]] = defaultdict(set)
    for event in events:
        if event.artifact_id in there:
            found[event.execution_id].add(event.artifact_id)
    return found


_AT_ONCE = 500  # ids in one statement of SQL


def _each(get: Callable[[list[int]], Any], ids: Iterable[int]) -> Iterator[Any]:
    wanted = sorted(set(ids))
    for start in range(0, len(wanted), _AT_ONCE):
        yield from get(wanted[start : start + _AT_ONCE])


def text(artifact: mlmd.Artifact, key: str) -> str:
    """Return a property's text; empty if it has none."""
    # Asking a protobuf map for a key that it does not have would add it.
    return artifact.custom_properties[key].string_value if key in artifact.custom_properties else ""


def is_pushed(artifact: mlmd.Artifact) -> bool:
    """Tell whether a PushedModel artifact says that its model was pushed."""
    if "pushed" not in artifact.custom_properties:
        return False
    # Kubeflow turns whole numbers into others.
    pushed = artifact.custom_properties["pushed"]
    return 1 in (pushed.int_value, pushed.double_value)


def is_root(root: Root, path: str | PurePath) -> bool:
    """Tell whether a path that a pipeline wrote down is the registry root.

    A relative one was relative to where the pipeline ran, which nobody knows any more: it is taken for
    the root if the root's path ends with it.
    """
    if isinstance(root, StoreUrl):
        # A path as well as a text: a path has lost one of the two slashes of a URL.
        return PurePath(path) == PurePath(str(root))
    parts = PurePath(path).parts
    if not parts:
        return False
    if PurePath(path).is_absolute():
        return Path(path).resolve() == root.resolve()
    return root.resolve().parts[-len(parts) :] == parts
