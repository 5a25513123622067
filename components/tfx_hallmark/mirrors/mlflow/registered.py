"""The registered model: a version in it for each of ours that was published, and aliases for labels."""

from typing import TYPE_CHECKING

from tfx_hallmark.mirrors.mlflow import content
from tfx_hallmark.mirrors.mlflow.client import exists_already, is_missing
from tfx_hallmark.mirrors.mlflow.listing import all_versions
from tfx_hallmark.mirrors.mlflow.names import alias_of
from tfx_hallmark.mirrors.mlflow.runs import FOLDER
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion

_ALIASES = f"{content.OURS}aliases"  # those that we have set, so that others' stay


class Registered:
    """The registered model that stands for one of ours.

    Args:
        client: MLflow's client.
        model: The model.
        on_server: Whether a server answers, which takes no path on a disk as a source.
    """

    def __init__(self, client: "MlflowClient", model: Model, *, on_server: bool) -> None:
        self._client = client
        self._model = model
        self._on_server = on_server
        self._numbers: dict[tuple[str, str], ModelVersion] | None = None

    def bring(self, version: Version, run: "Run") -> None:
        """Make the registered version of a published one what the registry says now; it is made if need be."""
        found = self._found(version)
        tags = content.version_tags(self._model, version)
        told = content.description(version)
        if found is None:
            self._make(version, run, tags, told)
            return
        for key, text in tags.items():
            if text and found.tags.get(key) != text:
                self._client.set_model_version_tag(found.name, found.version, key, text)
            elif not text and key in found.tags:
                self._client.delete_model_version_tag(found.name, found.version, key)
        if (found.description or "") != told:
            self._client.update_model_version(found.name, found.version, told)

    def has(self, version: Version) -> bool:
        """Tell whether a version is registered."""
        return self._found(version) is not None

    def bring_aliases(self, labels: dict[str, Version]) -> None:
        """Make the aliases follow the labels; others than those that we have set are left as they are."""
        from mlflow.exceptions import MlflowException

        name = self._model.name
        try:
            there = self._client.get_registered_model(name)
        except MlflowException as error:
            if is_missing(error) and not labels:
                return
            raise
        wanted = {
            alias_of(label): str(registered.version)
            for label, version in labels.items()
            if (registered := self._found(version)) is not None
        }
        ours = set(filter(None, there.tags.get(_ALIASES, "").split(",")))
        # Before the first is set: an attempt that is cut off leaves none that nobody would take away again.
        self._note_aliases(there.tags, ours | wanted.keys())
        for alias, number in wanted.items():
            if str(there.aliases.get(alias)) != number:
                self._client.set_registered_model_alias(name, alias, number)
        for alias in ours - wanted.keys():
            if alias in there.aliases:
                self._client.delete_registered_model_alias(name, alias)
        self._note_aliases({_ALIASES: ",".join(sorted(ours | wanted.keys()))}, set(wanted))

    def _note_aliases(self, tags: dict[str, str], aliases: set[str]) -> None:
        text = ",".join(sorted(aliases))
        if tags.get(_ALIASES, "") != text:
            self._client.set_registered_model_tag(self._model.name, _ALIASES, text)

    def _make(self, version: Version, run: "Run", tags: dict[str, str], told: str) -> None:
        from mlflow.exceptions import MlflowException

        name = self._model.name
        try:
            self._client.create_registered_model(name, {f"{content.OURS}registry": str(self._model.root)})
        except MlflowException as error:
            if not exists_already(error):
                raise
        location = tags[f"{content.OURS}location"]
        # A server takes no path of a disk but in the artifacts of the run.
        apart = self._on_server and "://" not in location
        source = f"runs:/{run.info.run_id}/{FOLDER}" if apart else location
        self._client.create_model_version(
            name,
            source,
            run.info.run_id,
            tags={key: text for key, text in tags.items() if text},
            description=told,
            await_creation_for=0,
        )
        self._numbers = None

    def _found(self, version: Version) -> "ModelVersion | None":
        """Return its registered version; of several, as two mirrors at once can make, the later are deleted."""
        if self._numbers is None:
            self._numbers = self._read()
        return self._numbers.get((version.version, version.digest))

    def _read(self) -> "dict[tuple[str, str], ModelVersion]":
        found: dict[tuple[str, str], ModelVersion] = {}
        for one in all_versions(self._client, self._model.name):
            key = (one.tags.get(f"{content.OURS}version", ""), one.tags.get(f"{content.OURS}digest", ""))
            if key in found and all(key):
                self._client.delete_model_version(one.name, one.version)
            elif all(key):
                found[key] = one
        return found
