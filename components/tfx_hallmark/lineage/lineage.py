"""The lineage of versions and artifacts, asked of a metadata store."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.connection.address import Address, Connection, address_of
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import open_store
from tfx_hallmark.lineage.graph import LineageGraph
from tfx_hallmark.lineage.reading.assembling import assemble
from tfx_hallmark.lineage.reading.calls import Reader
from tfx_hallmark.lineage.reading.diff import LineageDiff, compare_ancestries
from tfx_hallmark.lineage.reading.impact import Impact, find_impact
from tfx_hallmark.lineage.reading.versions_in_store import artifacts_of, models_of
from tfx_hallmark.lineage.reading.walk import Limits, Part, walk_down, walk_up
from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.version import Version

Direction = Literal["upstream", "downstream", "both"]

# Far more than anybody looks at, and read in about a second; an artifact that every run reads has more.
MOST_NODES = 2_000


class Lineage:
    """What the versions of a registry came from, and what came of them.

    Only calls by id are made, which every build of ML Metadata answers, on any database and behind gRPC.

    Example:
        >>> lineage = Lineage.open(registry, "metadata.sqlite")
        >>> lineage.of(registry.model("penguin").version("stable")).nodes

    Args:
        registry: Where the versions are registered.
        store: The metadata store that their pipelines record to, as `connection.store.open_store` opens it.
        address: Where that is, for messages.
    """

    def __init__(self, registry: Registry, store: MetadataStore, *, address: Address | None = None) -> None:
        self._registry = registry
        self._reader = Reader(store, address)

    @classmethod
    def open(cls, registry: Registry, metadata: Connection | str | Path) -> "Lineage":
        """Open the metadata store of a registry's pipelines.

        Args:
            registry: The registry.
            metadata: A connection, or what names one; see `connection_text.parse_connection`.

        Raises:
            NotInitialisedError: If there is no such database or file, or it holds no tables of ML Metadata.
            MetadataError: If the store cannot be reached, refuses the credentials, or is of another version.
        """
        connection = parse_connection(str(metadata)) if isinstance(metadata, (str, Path)) else metadata
        return cls(registry, open_store(connection), address=address_of(connection))

    def of(
        self,
        version: Version,
        *,
        direction: Direction = "both",
        depth: int | None = None,
        limit: int | None = MOST_NODES,
    ) -> LineageGraph:
        """Return what a version was made from, what evaluated and published it, and what came of it since.

        Args:
            version: The version.
            direction: `upstream` for what it was made from, `downstream` for what it went into.
            depth: At most so many executions in a row, from the version on; None for all.
            limit: At most so many nodes; None for all.

        Raises:
            NotFoundError: If the store does not know it.
            MetadataError: If the store fails.
        """
        about = artifacts_of(self._reader, self._registry, version)
        # Not everything that reads a model knows of its version: an InfraValidator, a Trainer that goes on from it.
        models = [] if direction == "upstream" else models_of(self._reader, about)
        return self._around(about, direction, Limits(depth, limit), models)

    def around(
        self,
        artifact_id: int,
        *,
        direction: Direction = "both",
        depth: int | None = None,
        limit: int | None = MOST_NODES,
    ) -> LineageGraph:
        """Return what an artifact was made from, and what was made from it.

        Args:
            artifact_id: Its id in ML Metadata.
            direction: As for `of`.
            depth: At most so many executions in a row, from the artifact on; None for all.
            limit: At most so many nodes; None for all.

        Raises:
            NotFoundError: If there is no such artifact.
            MetadataError: If the store fails.
        """
        about = self._reader.artifacts([artifact_id])
        if not about:
            msg = f"there is no artifact {artifact_id} in this metadata store"
            raise NotFoundError(msg)
        return self._around(about, direction, Limits(depth, limit))

    def impact(self, subject: str) -> Impact:
        """Return every version that was trained from something, in whatever way it went into the training.

        Args:
            subject: `artifact:12` or `uri:/data/…` for an artifact of the store, and all that was made from it;
                `span:3`, `examples:b3:…`, `schema:b3:…` or `module:b3:…` for what manifests tell of a version.

        Raises:
            InvalidNameError: If the subject is none of these.
            NotFoundError: If neither the store nor the registry knows it.
            MetadataError: If the store fails.
        """
        return find_impact(self._reader, self._registry, subject)

    def diff(self, a: Version, b: Version) -> LineageDiff:
        """Return in what the making of two versions differed.

        Raises:
            NotFoundError: If the store does not know one of them.
            MetadataError: If the store fails.
        """
        found = [artifacts_of(self._reader, self._registry, version) for version in (a, b)]
        graphs = [self._around(about[:1], "upstream", Limits()) for about in found]
        return compare_ancestries(a, b, graphs[0], graphs[1])

    def _around(
        self,
        about: list[mlmd.Artifact],
        direction: Direction,
        limits: Limits,
        also: Sequence[mlmd.Artifact] = (),
    ) -> LineageGraph:
        part = Part({artifact.id: artifact for artifact in about})
        starts = set(part.artifacts)
        if direction != "downstream":
            walk_up(self._reader, part, starts, limits)
        if direction != "upstream":
            part.artifacts |= {artifact.id: artifact for artifact in also}
            walk_down(self._reader, part, starts | {artifact.id for artifact in also}, limits)
        return assemble(self._reader, part, starts)
