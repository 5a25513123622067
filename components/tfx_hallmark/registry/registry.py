"""The registry: a root directory and the models under it."""

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_hallmark.registry.actor import current_actor
from tfx_hallmark.registry.adoption import adopting
from tfx_hallmark.registry.adoption.outcome import Adoption, PushRecords, no_record
from tfx_hallmark.registry.adoption.survey import Outlook
from tfx_hallmark.registry.archive.arrival import show_arrived
from tfx_hallmark.registry.errors import ConfigError, ForeignEntryError, StorageError
from tfx_hallmark.registry.examining.hashing import Progress, untold
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.log import event_key
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.release_storage import Releases
from tfx_hallmark.registry.roots import RECORDS, place_of, require_registry
from tfx_hallmark.registry.settings import SettingsStore
from tfx_hallmark.registry.staging import taken_back
from tfx_hallmark.registry.storage import Storage
from tfx_hallmark.registry.store_url import StoreUrl, parse_root

if TYPE_CHECKING:
    from tfx_hallmark.registry.archive.outcome import Imported


class Registry:
    """A registry root: a directory, or a prefix in an object store.

    Example:
        >>> registry = Registry.open("/srv/models")
        >>> registry.model("penguin").version("stable").manifest.digest
        >>> Registry.open("s3://bucket/models").model("penguin").fetch(7, Path("/tmp/penguin"))

    Args:
        root: The root directory, or its URL: `s3://bucket/prefix`, `gs://bucket/prefix`,
            `az://container/prefix`; `memory:///name` is one that lives as long as the process, for tests.
        progress: Told the bytes that go to or come from an object store, from any thread.

    Raises:
        ConfigError: If it is a URL that cannot be used here.
    """

    def __init__(self, root: str | Path | StoreUrl, *, progress: Progress = untold) -> None:
        self.root = parse_root(root)
        self._place = place_of(self.root, progress)

    @classmethod
    def open(cls, root: str | Path | StoreUrl, *, progress: Progress = untold) -> "Registry":
        """Open a registry that is there; the arguments are the class's.

        Raises:
            NotFoundError: If nothing there is a registry root.
            ConfigError: If it is a URL that cannot be used here.
            StorageError: If an object store cannot be asked.
        """
        registry = cls(root, progress=progress)
        require_registry(registry._place)
        return registry

    @classmethod
    def create(cls, root: str | Path | StoreUrl, *, progress: Progress = untold) -> "Registry":
        """Open a registry, and make its root first if it is not there; the arguments are the class's.

        Raises:
            StorageError: If it cannot be made.
            ConfigError: If it is a URL that cannot be used here.
        """
        registry = cls(root, progress=progress)
        registry._place.create()
        return registry

    @classmethod
    def adopt(
        cls,
        directory: str | Path,
        *,
        model: str | None = None,
        pushes: PushRecords = no_record,
        reason: str = "",
        actor: str | None = None,
        progress: Progress = untold,
    ) -> Adoption:
        """Take over a base path that something else has filled, where it lies; its parent becomes the root.

        Every numbered directory in it that is a whole SavedModel becomes a release, the highest one stable.
        Nothing in it is touched. What is on record already stays, so it may be done again at any time.

        Args:
            directory: The base path, `<root>/<model>`; or the root, if `model` is given.
            model: The model's name, which is that of its directory.
            pushes: Tells what is known from elsewhere of a number.
            reason: Why.
            actor: Who does it; by default the current user and host.
            progress: Told the bytes read and expected, from any thread.

        Raises:
            AdoptionRefusedError: If TF Serving would serve something in it that is no whole SavedModel.
            NotFoundError: If there is no such directory.
            InvalidNameError: If its name cannot be a model's.
            StorageError: If the records cannot be written, or would lie on another file system.
        """
        base = adopting.base_path_of(directory, model)
        cls.outlook(base).check()
        registry = cls.create(base.parent)
        opened = registry.model(base.name)
        records, directories = registry.places(base.name)
        adoption = adopting.adopt(
            Ledger(records, base.name),
            directories,
            policy=registry.settings.read().serving_policy,
            pushes=pushes,
            actor=actor or current_actor(),
            reason=reason,
            progress=progress,
        )
        if adoption.events:
            opened.serving.follow_after("the adoption")
        return adoption

    @classmethod
    def rehearse_adoption(
        cls,
        directory: str | Path,
        *,
        model: str | None = None,
        pushes: PushRecords = no_record,
        progress: Progress = untold,
    ) -> Adoption:
        """Return what `adopt` would do, and change nothing; the arguments and errors are the same."""
        base = adopting.base_path_of(directory, model)
        registry = cls(base.parent)
        ledger = Ledger(registry.places(base.name)[0], base.name)
        policy = registry.settings.read().serving_policy
        return adopting.rehearse(ledger, base, policy=policy, pushes=pushes, progress=progress)

    @classmethod
    def outlook(cls, directory: str | Path, *, model: str | None = None) -> Outlook:
        """Look for what keeps a base path from being adopted; nothing is changed. See `adopt`."""
        base = adopting.base_path_of(directory, model)
        registry = cls(base.parent)
        ledger = Ledger(registry.places(base.name)[0], base.name)
        return adopting.look_over(ledger, base, registry.settings.read().serving_policy)

    def import_archive(
        self,
        path: str | Path,
        *,
        label: str | None = None,
        reason: str = "",
        actor: str | None = None,
        progress: Progress = untold,
    ) -> "Imported":
        """Take in an archive that `Model.export` has written, after checking all of it.

        A whole history becomes that of a model which this registry must not have yet. A version becomes one of
        its model and, past the gate, a release.

        Args:
            path: The archive.
            label: Of a version, the label that moves to its release.
            reason: Of a version, why the gate is passed over.
            actor: Who does it; by default the current user and host.
            progress: Told the bytes read and expected.

        Raises:
            ArchiveError: If it is no archive, or damaged.
            ImportRefusedError: If the registry holds something else in its place, or it would serve unasked.
            VersionExistsError: If the version's number names other content here.
            StorageError: If it cannot be written.
        """
        from tfx_hallmark.registry.archive.importing import Importer, Wish
        from tfx_hallmark.registry.archive.reader import open_archive

        wish = Wish(label=label, reason=reason, actor=actor or current_actor())
        root = self._directory("import into")
        importer = Importer(root, self.settings.read())
        with open_archive(Path(path), progress=progress) as archive, taken_back(root, root / RECORDS):
            self._place.create()
            done = importer.run(archive, wish)
        if not done.already:
            self.model(done.model).serving.follow_after("the import")
        return done

    def rehearse_import(
        self, path: str | Path, *, label: str | None = None, reason: str = "", progress: Progress = untold
    ) -> "Imported":
        """Return what `import_archive` would do, and change nothing; the arguments and errors are the same."""
        from tfx_hallmark.registry.archive.importing import Importer, Wish
        from tfx_hallmark.registry.archive.reader import open_archive

        wish = Wish(label=label, reason=reason, actor="")
        importer = Importer(self._directory("import into"), self.settings.read())
        with open_archive(Path(path), progress=progress) as archive:
            return importer.rehearse(archive, wish)

    def _directory(self, doing: str) -> Path:
        if not isinstance(self.root, Path):
            msg = f"hallmark cannot {doing} {self.root}, an object store: use a root on a disk"
            raise ConfigError(msg)
        return self.root

    @property
    def settings(self) -> SettingsStore:
        """What holds for all models of this root."""
        return SettingsStore(self._place.records())

    def models(self) -> list[str]:
        """Return the names of the models that have a log, sorted."""
        records = self._place.records()
        first_key = event_key(1)
        return [name for name in records.keys("") if records.exists(f"{name}/{first_key}")]

    def model(self, name: str) -> Model:
        """Open one model, and finish whatever a killed process left half-done; it comes to be with its first version.

        Raises:
            InvalidNameError: If the name cannot be a model's.
            CorruptLogError: If its log is damaged.
            NewerSchemaError: If a newer hallmark wrote to it.
        """
        model = self.look_at(name)
        if isinstance(self.root, Path):
            # What an import has committed, and was killed before it could show.
            with contextlib.suppress(ForeignEntryError, StorageError):
                show_arrived(self.root / RECORDS / name, self.root / name)
        model.finish()
        return model

    def look_at(self, name: str) -> Model:
        """Open one model as it lies: nothing is changed, and nothing finished. Otherwise as `model`."""
        records, directories = self.places(name)
        return Model(Ledger(records, name), directories, self.settings.read)

    def places(self, name: str) -> tuple[Storage, Releases]:
        """Return where a model's records and its releases lie; nothing is read, and nothing finished.

        Raises:
            InvalidNameError: If the name cannot be a model's.
        """
        check_model_name(name)
        return self._place.model_records(name), self._place.releases(name)

    def recorded(self) -> list[str]:
        """Return the names of the models of which any event is there, even if not the first, sorted."""
        records = self._place.records()
        return [name for name in records.keys("") if records.keys(f"{name}/log")]
