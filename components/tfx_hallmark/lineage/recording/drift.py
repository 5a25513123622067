"""Compares a registry's logs with ML Metadata: what each knows that the other does not."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import PurePath

from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.pipeline_artifacts import is_pushed, is_root, text
from tfx_hallmark.lineage.recording.recorded_types import MODEL_VERSION, PUSHED_MODEL
from tfx_hallmark.lineage.recording.sync import unrecorded
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import ModelState

_OLDER_BACKUP = (
    "restore the log from a newer backup of the registry root, or else keep in mind that it has a gap"
)


class Drift:
    """Compares the models of one registry with one store, whose artifacts are read once for all of them.

    Args:
        registry: The registry.
        store: An open store.
    """

    def __init__(self, registry: Registry, store: MetadataStore) -> None:
        self._root = registry.root
        self._store = store
        self._versions: dict[str, list[mlmd.Artifact]] = defaultdict(list)
        for artifact in _oldest_first(store, MODEL_VERSION):
            self._versions[text(artifact, "model")].append(artifact)
        self._releases: dict[str, list[mlmd.Artifact]] = defaultdict(list)
        for artifact in _oldest_first(store, PUSHED_MODEL):
            # <root>/<model>/<release>
            if is_pushed(artifact) and is_root(
                self._root, PurePath(text(artifact, "pushed_destination")).parent.parent
            ):
                self._releases[text(artifact, "hallmark_model")].append(artifact)

    def of(self, model: Model) -> Iterator[Finding]:
        """Yield the differences of one model that has a log that can be read.

        Raises:
            StatusError: If ML Metadata fails.
        """
        missing = unrecorded(model, self._store)
        state = model.state
        if missing:
            yield _not_recorded(model, missing)
        yield from self._unknown_versions(state)
        yield from self._unknown_releases(state)
        yield from self._lost_artifacts(state, missing)

    def of_others(self, known: Collection[str]) -> Iterator[Finding]:
        """Yield what ML Metadata knows of models of this registry that have no log at all.

        Args:
            known: The models that have one.
        """
        for name in sorted((self._versions.keys() | self._releases.keys()) - set(known) - {""}):
            yield from self._unknown_versions(ModelState(model=name))
            yield from self._unknown_releases(ModelState(model=name))

    def _unknown_versions(self, state: ModelState) -> Iterator[Finding]:
        told = set()
        for artifact in self._versions[state.model]:
            version, digest = text(artifact, "version"), text(artifact, "digest")
            ours = is_root(self._root, text(artifact, "registry_root"))
            if not ours or (version, digest) in told:
                continue
            told.add((version, digest))
            known = state.versions.get(version)
            where = f"{state.model}@{version}"
            if known is None:
                what = f"ML Metadata has version {version} with {digest} (artifact {artifact.id}), the log does not"
                yield Finding(code="version-unknown", where=where, what=what, repair=_OLDER_BACKUP)
            elif known.digest != digest:
                what = (
                    f"ML Metadata has version {version} with {digest} (artifact {artifact.id}), the log with "
                    f"{known.digest}: the number was given twice"
                )
                yield Finding(code="version-differs", where=where, what=what, repair=_OLDER_BACKUP)

    def _unknown_releases(self, state: ModelState) -> Iterator[Finding]:
        told = set()
        for artifact in self._releases[state.model]:
            number, digest = text(artifact, "pushed_version"), text(artifact, "hallmark_digest")
            if not number.isdecimal() or (number, digest) in told:
                continue
            told.add((number, digest))
            known = state.releases.get(int(number))
            where = f"{state.model}@{number}"
            if known is None:
                what = f"ML Metadata has release {number} (artifact {artifact.id}), the log does not"
                yield Finding(code="release-unknown", where=where, what=what, repair=_OLDER_BACKUP)
            elif state.versions[known.version].digest != digest:
                what = (
                    f"ML Metadata has release {number} with {digest} (artifact {artifact.id}), the log with "
                    f"{state.versions[known.version].digest}: the number was given twice"
                )
                yield Finding(code="release-differs", where=where, what=what, repair=_OLDER_BACKUP)

    def _lost_artifacts(self, state: ModelState, missing: Collection[int]) -> Iterator[Finding]:
        if missing:
            # What sync has not come to has no artifact yet; one repair is enough.
            return
        there = {
            (text(artifact, "version"), text(artifact, "digest")) for artifact in self._versions[state.model]
        }
        for version in state.versions.values():
            if (version.version, version.digest) not in there:
                yield Finding(
                    code="artifact-lost",
                    where=f"{state.model}@{version.version}",
                    what=f"ML Metadata has the events of version {version.version}, but no artifact of it any more",
                    repair=f"hallmark sync {state.model} --from-first",
                )


def _not_recorded(model: Model, missing: list[int]) -> Finding:
    last = model.state.seq
    newest = missing[0] == last - len(missing) + 1
    of = "all" if len(missing) == last else f"{len(missing):,} of {last:,}"
    return Finding(
        code="not-recorded",
        where=model.name,
        what=f"{of} events are not in ML Metadata: {_spans(missing)}",
        repair=f"hallmark sync {model.name}{'' if newest else ' --from-first'}",
    )


def _spans(numbers: list[int], most: int = 5) -> str:
    """Write `3, 5-9`."""
    spans: list[list[int]] = []
    for number in numbers:
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    told = [str(first) if first == last else f"{first}-{last}" for first, last in spans[:most]]
    return ", ".join(told) + (" and more" if len(spans) > most else "")


def _oldest_first(store: MetadataStore, kind: str) -> list[mlmd.Artifact]:
    return sorted(store.get_artifacts_by_type(kind), key=lambda artifact: artifact.id)
