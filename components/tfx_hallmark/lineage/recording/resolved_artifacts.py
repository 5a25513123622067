"""The artifact of each version and release that an event concerns: the pipeline's own, or one made by sync."""

from collections.abc import Iterable

from ml_metadata import errors as mlmd_errors
from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tfx_hallmark.lineage.reading.pipeline_artifacts import PipelineArtifacts, Sought
from tfx_hallmark.lineage.recording.own_records import Records
from tfx_hallmark.lineage.recording.roles import Role
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.event_kinds import Adopted
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.manifest import Manifest, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version


class ResolvedArtifacts:
    """Knows the artifacts of one model's versions and releases; asks the store for many at once.

    Args:
        model: The model.
        store: The store.
        records: Makes those that no pipeline recorded.
    """

    def __init__(self, model: Model, store: MetadataStore, records: Records) -> None:
        self._model = model
        self._store = store
        self._records = records
        self._pipelines = PipelineArtifacts(store, model.root, model.name)
        self._versions: dict[str, int] = {}
        self._releases: dict[int, int] = {}
        self._sources: dict[str, int | None] = {}

    def find(self, roles: Iterable[Role]) -> set[Role]:
        """Look up what some roles need; return the roles whose artifact a running pipeline may still record."""
        needed = set(roles)
        versions = {
            role.version: self._model.version(role.version)
            for role in needed
            if role.version not in self._versions
        }
        sought = [Sought(name, version.digest, _run(version)) for name, version in versions.items()]
        found = self._pipelines.versions(sought)
        self._versions |= found.ids
        self._find_own_versions(versions.values())
        wanted = {
            role.release: role.version
            for role in needed
            if role.release is not None and role.release not in self._releases
        }
        pushed = self._pipelines.releases(
            {
                number: (self._versions[version], self._model.version(version).digest)
                for number, version in wanted.items()
                if version in self._versions
            }
        )
        self._releases |= {int(number): artifact for number, artifact in pushed.ids.items()}
        self._find_own_releases(wanted)
        late_versions = found.unfinished - self._versions.keys()
        late_releases = {int(number) for number in pushed.unfinished} - self._releases.keys()
        return {
            role
            for role in needed
            if (role.release is None and role.version in late_versions) or role.release in late_releases
        }

    def of(self, role: Role) -> int | mlmd.Artifact:
        """Return the id of a role's artifact, or the artifact to be made."""
        version = self._model.version(role.version)
        if role.release is None:
            known = self._versions.get(role.version)
            return self._records.version(version, _reasons(version)) if known is None else known
        known = self._releases.get(role.release)
        return self._records.release(version, role.release) if known is None else known

    def sources(self, events: Iterable[Event]) -> dict[int, int]:
        """Return the Model artifact behind each adoption, by the event's position.

        No VersionTagger has tied it to an adopted version: so the adoption is.
        """
        adopted = {event.seq: event.data.version for event in events if isinstance(event.data, Adopted)}
        unknown = {
            version: self._model.version(version) for version in {*adopted.values()} - self._sources.keys()
        }
        found = self._pipelines.models(
            [Sought(name, version.digest, _run(version)) for name, version in unknown.items()]
        )
        self._sources |= {name: found.get(name) for name in unknown}
        return {
            seq: source for seq, version in adopted.items() if (source := self._sources[version]) is not None
        }

    def _find_own_versions(self, versions: Iterable[Version]) -> None:
        names = {
            self._records.version_id(version): version.version
            for version in versions
            if version.version not in self._versions
        }
        self._versions |= {names[external]: number for external, number in self._own(names)}

    def _find_own_releases(self, wanted: dict[int, str]) -> None:
        names = {
            self._records.release_id(self._model.version(version), number): number
            for number, version in wanted.items()
            if number not in self._releases
        }
        self._releases |= {names[external]: number for external, number in self._own(names)}

    def _own(self, external_ids: Iterable[str]) -> list[tuple[str, int]]:
        asked = list(external_ids)
        if not asked:
            return []
        try:
            found = self._store.get_artifacts_by_external_ids(asked)
        except mlmd_errors.NotFoundError:
            return []
        return [(artifact.external_id, artifact.id) for artifact in found]


def _manifest(version: Version) -> Manifest | None:
    try:
        return version.manifest
    except HallmarkError:
        # What happened is recorded all the same; that a record is lost is for others to find.
        return None


def _run(version: Version) -> Run | None:
    manifest = _manifest(version)
    return manifest.provenance.run if manifest else None


def _reasons(version: Version) -> tuple[str, ...]:
    manifest = _manifest(version)
    return manifest.reasons if manifest else ()
