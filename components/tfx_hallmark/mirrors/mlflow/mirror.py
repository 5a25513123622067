"""MLflow as a mirror."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from tfx_hallmark.mirrors.mirror import Mirrored, Told
from tfx_hallmark.mirrors.mlflow.client import client_of, exists_already
from tfx_hallmark.mirrors.mlflow.place import Place
from tfx_hallmark.mirrors.mlflow.registered import Registered
from tfx_hallmark.mirrors.mlflow.runs import Runs
from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Experiment, Run


class MlflowMirror:
    """Shows versions in an MLflow; see `mirrors.mirror.Mirror`.

    Args:
        place: Where it is.
    """

    def __init__(self, place: Place) -> None:
        self._place = place

    @property
    def address(self) -> str:
        """Where it is, as `hallmark mirror` takes it, without anything secret."""
        experiment = self._place.experiment
        return f"mlflow:{self._place.shown}" + (f"?experiment={quote(experiment)}" if experiment else "")

    def check_reachable(self) -> None:
        """Make sure, without MLflow's client, that it can be written to now.

        Raises:
            MirrorError: If it cannot, with the reason.
        """
        self._place.check()

    def bring(self, model: Model, versions: Sequence[str], *, told: Told) -> Mirrored:
        """Bring versions, and all aliases, in step; the arguments and errors are those of `Mirror.bring`."""
        self.check_reachable()
        labels = {label: model.version(label) for label in model.state.labels}
        with client_of(self._place) as client:
            experiment = self._experiment(client, model.name)
            runs = Runs(client, experiment.experiment_id)
            registered = Registered(client, model, on_server=self._place.is_server)
            links = {}
            for name in versions:
                links[name] = self._link(self._bring(model, model.version(name), runs, registered))
                told(name)
            for version in labels.values():
                if not registered.has(version):
                    self._bring(model, version, runs, registered)
            registered.bring_aliases(labels)
        return Mirrored(links=links, labels={label: version.version for label, version in labels.items()})

    def _bring(self, model: Model, version: Version, runs: Runs, registered: Registered) -> "Run":
        run = runs.bring(model, version)
        if version.releases:
            registered.bring(version, run)
        return run

    def _experiment(self, client: "MlflowClient", model: str) -> "Experiment":
        """Return the experiment, which is made if there is none."""
        from mlflow.exceptions import MlflowException

        name = self._place.experiment or f"hallmark/{model}"
        found = client.get_experiment_by_name(name)
        if found is None:
            try:
                client.create_experiment(name, artifact_location=self._artifacts(name))
            except MlflowException as error:
                if not exists_already(error):
                    raise
            found = client.get_experiment_by_name(name)
        if found is None or found.lifecycle_stage != "active":
            msg = (
                f"MLflow at {self._place.shown} has deleted its experiment {name!r}: restore it there, "
                f"or give another one with {self.address.partition('?')[0]}?experiment=NAME"
            )
            raise MirrorError(msg)
        return found

    def _artifacts(self, name: str) -> str | None:
        """Return where artifacts go: beside a database, for MLflow would take the folder that somebody is in."""
        folder = self._place.folder
        if folder is None or not self._place.uri.startswith("sqlite:"):
            return None
        return Path(folder, "mlartifacts", *name.split("/")).as_uri()

    def _link(self, run: "Run") -> str:
        if not self._place.is_server:
            return f"runs:/{run.info.run_id}"
        return f"{self._place.shown}/#/experiments/{run.info.experiment_id}/runs/{run.info.run_id}"
