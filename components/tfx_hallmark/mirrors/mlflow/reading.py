"""Reads a registered model of MLflow: its versions, what made them, and their files."""

from pathlib import Path
from typing import TYPE_CHECKING

from tfx_hallmark.mirrors.mlflow.client import is_missing
from tfx_hallmark.mirrors.mlflow.foreign import Foreign
from tfx_hallmark.mirrors.mlflow.listing import all_versions
from tfx_hallmark.mirrors.mlflow.place import Place
from tfx_hallmark.registry.errors import InvalidModelError, MirrorError

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion


class ForeignModel:
    """A registered model.

    Args:
        client: MLflow's client.
        place: Where that MLflow is.
        name: The model's name there.

    Attributes:
        aliases: The number of the version behind each alias.

    Raises:
        MirrorError: If there is no such model.
    """

    def __init__(self, client: "MlflowClient", place: Place, name: str) -> None:
        from mlflow.exceptions import MlflowException

        self._client = client
        self._place = place
        self._name = name
        try:
            found = client.get_registered_model(name)
        except MlflowException as error:
            if not is_missing(error):
                raise
            msg = f"MLflow at {place.shown} has no registered model {name!r}"
            raise MirrorError(msg) from error
        self.aliases = {alias: int(number) for alias, number in found.aliases.items()}

    def versions(self) -> list[Foreign]:
        """Return its versions, lowest number first."""
        return [self._foreign(one) for one in all_versions(self._client, self._name)]

    def fetch(self, version: Foreign, folder: Path) -> Path:
        """Download a version's files; return the folder of the SavedModel among them.

        Raises:
            InvalidModelError: If there is not exactly one, with the reason alone.
        """
        from mlflow.artifacts import download_artifacts
        from mlflow.exceptions import MlflowException

        try:
            uri = self._client.get_model_version_download_uri(version.model, str(version.number))
            at = download_artifacts(
                artifact_uri=uri,
                dst_path=str(folder),
                tracking_uri=self._place.uri,
                registry_uri=self._place.uri,
            )
        except (MlflowException, OSError) as error:
            # One whose files are gone does not keep the others from coming.
            msg = f"its files cannot be read from {version.source}: {' '.join(str(error).split())[:200]}"
            raise InvalidModelError(msg) from error
        found = sorted(Path(at).rglob("saved_model.pb"))
        if len(found) == 1:
            return found[0].parent
        names = ", ".join(str(path.parent.relative_to(at)) for path in found[:5])
        msg = f"it holds {len(found)} SavedModels ({names})" if found else "it holds no TensorFlow SavedModel"
        raise InvalidModelError(msg)

    def _foreign(self, one: "ModelVersion") -> Foreign:
        run = self._run(one.run_id) if one.run_id else None
        datasets = run.inputs.dataset_inputs if run is not None and run.inputs else []
        return Foreign(
            uri=self._place.shown,
            model=self._name,
            number=int(one.version),
            source=one.source or "",
            description=one.description or "",
            run_id=one.run_id or "",
            params={} if run is None else run.data.params,
            metrics={} if run is None else run.data.metrics,
            tags={} if run is None else run.data.tags,
            data=datasets[0].dataset.source if datasets else "",
        )

    def _run(self, run_id: str) -> "Run | None":
        from mlflow.exceptions import MlflowException

        try:
            return self._client.get_run(run_id)
        except MlflowException as error:
            if is_missing(error):
                return None
            raise
