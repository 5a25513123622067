"""Which versions were trained from something: an artifact, a span, a schema, a module file."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping

import msgspec
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.graph import LineageGraph, Node
from tfx_hallmark.lineage.reading.assembling import draw
from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.nodes import artifact_node, short
from tfx_hallmark.lineage.reading.trained_from import leading_to, trained_from
from tfx_hallmark.registry.errors import InvalidNameError, NotFoundError
from tfx_hallmark.registry.manifest import Provenance
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.state import STABLE, ModelState

# More than can be looked at; the list of versions is complete all the same.
MOST_DRAWN = 100

_DIGEST = re.compile(r"b3:[0-9a-f]{4,64}\Z")
_FORMS = "artifact:12, uri:/data/…, span:3, examples:b3:…, schema:b3:… or module:b3:…"
_NOT_HERE = "not in this registry"


class ImpactedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version that was trained from the subject.

    Attributes:
        model: The model's name.
        version: Semantic version.
        digest: Content digest.
        status: What the gate last said; `quarantined` if it is; or that this registry does not have it.
        releases: Its release numbers, oldest first.
        labels: The labels that point to it now.
        live: Whether `stable` points to it now.
    """

    model: str
    version: str
    digest: str
    status: str
    releases: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()
    live: bool = False


class Impact(msgspec.Struct, frozen=True, kw_only=True):
    """What was trained from something.

    Attributes:
        subject: What was asked about.
        about: The artifacts concerned; empty if only the registry knows.
        versions: Every version that was trained from it; by model, oldest first.
        graph: How it went into them, the newest of them if there are very many; without contexts. None if it
            was the manifests that told.
    """

    subject: str
    about: tuple[Node, ...]
    versions: tuple[ImpactedVersion, ...]
    graph: LineageGraph | None


def find_impact(reader: Reader, registry: Registry, subject: str) -> Impact:
    """Return the impact of a subject; see `Lineage.impact`.

    Raises:
        NotFoundError: If there is no such artifact.
        InvalidNameError: If the subject names nothing that a model is trained from.
    """
    kind, _, value = subject.partition(":")
    if kind == "artifact" and value.isascii() and value.isdecimal() and len(value) < 19:
        artifacts = reader.artifacts([int(value)])
        if not artifacts:
            msg = f"there is no artifact {value} in this metadata store"
            raise NotFoundError(msg)
        return _told_by_store(reader, registry, subject, artifacts)
    if kind == "uri" and value:
        artifacts = reader.artifacts_at(value)
        if artifacts:
            return _told_by_store(reader, registry, subject, artifacts)
        return _told_by_manifests(
            reader, registry, subject, lambda made: made.data is not None and made.data.uri == value
        )
    return _told_by_manifests(reader, registry, subject, _test(subject, kind, value))


def _test(subject: str, kind: str, value: str) -> Callable[[Provenance], bool]:
    """Return whether a version's provenance has what the subject names."""
    tell = _TOLD.get(kind)
    if tell is None or not (value.isdecimal() if kind == "span" else _DIGEST.match(value)):
        msg = f"{subject!r} names nothing that a model is trained from: write {_FORMS}"
        raise InvalidNameError(msg)
    if kind == "span":
        return lambda made: tell(made) == value or (made.data is not None and value in made.data.spans)
    return lambda made: (tell(made) or "").startswith(value)


_TOLD: Mapping[str, Callable[[Provenance], str | None]] = {
    "span": lambda made: made.data.span if made.data else None,
    "examples": lambda made: made.data.digest if made.data else None,
    "schema": lambda made: made.data.schema if made.data else None,
    "module": lambda made: made.code.module_digest if made.code else None,
}


def _told_by_store(
    reader: Reader, registry: Registry, subject: str, artifacts: list[mlmd.Artifact]
) -> Impact:
    part = trained_from(reader, artifacts)
    found = [artifact for artifact in part.artifacts.values() if short(artifact.type) == "ModelVersion"]
    drawn = leading_to(part, [artifact.id for artifact in found][-MOST_DRAWN:])
    drawn.artifacts |= {artifact.id: artifact for artifact in artifacts}
    return Impact(
        subject=subject,
        about=tuple(artifact_node(artifact) for artifact in artifacts),
        versions=_versions(registry, found),
        graph=draw(drawn, [artifact.id for artifact in artifacts]),
    )


def _told_by_manifests(
    reader: Reader, registry: Registry, subject: str, test: Callable[[Provenance], bool]
) -> Impact:
    versions, uris = [], set()
    for name in registry.models():
        model = registry.model(name)
        state = model.state
        for version in model.versions():
            made = version.manifest.provenance
            if test(made):
                versions.append(_impacted(state, version.version, version.digest))
                uris |= {made.data.uri} if made.data else set()
    about = {artifact.id: artifact for uri in sorted(uris) for artifact in reader.artifacts_at(uri)}
    if not versions:
        msg = f"no version in {registry.root} was trained from {subject}, and the metadata store has no such artifact"
        raise NotFoundError(msg)
    nodes = tuple(artifact_node(artifact) for _, artifact in sorted(about.items()))
    return Impact(subject=subject, about=nodes, versions=tuple(versions), graph=None)


def _versions(registry: Registry, artifacts: Iterable[mlmd.Artifact]) -> tuple[ImpactedVersion, ...]:
    """Return what the registry says of versions, each once however many runs tagged it."""
    identities: dict[tuple[str, str, str], None] = {}
    for artifact in sorted(artifacts, key=lambda artifact: artifact.id):
        properties = artifact_node(artifact).properties
        model, version, digest = (str(properties.get(key, "")) for key in ("model", "version", "digest"))
        identities[model, version, digest] = None
    states = _states(registry, {model for model, _, _ in identities})
    by_model = sorted(identities, key=lambda identity: identity[0])
    return tuple(_impacted(states.get(model), version, digest, model) for model, version, digest in by_model)


def _states(registry: Registry, models: Collection[str]) -> dict[str, ModelState]:
    return {name: registry.model(name).state for name in registry.models() if name in models}


def _impacted(state: ModelState | None, version: str, digest: str, model: str = "") -> ImpactedVersion:
    known = state.versions.get(version) if state else None
    if state is None or known is None or known.digest != digest:
        name = state.model if state else model
        return ImpactedVersion(model=name, version=version, digest=digest, status=_NOT_HERE)
    labels = sorted(label for label, release in state.labels.items() if release in known.releases)
    return ImpactedVersion(
        model=state.model,
        version=version,
        digest=digest,
        status="quarantined" if known.quarantined is not None else known.status,
        releases=tuple(known.releases),
        labels=tuple(labels),
        live=STABLE in labels,
    )
