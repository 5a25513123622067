"""A training in MLflow: a run whose metrics have the epoch as step."""

import datetime
from collections.abc import Sequence
from urllib.parse import urlsplit

from mlflow import MlflowClient
from mlflow.entities import Metric
from mlflow.exceptions import MlflowException

from tfx_hallmark.registry.training_curve import Epoch
from tfx_hallmark.training_log.mirror_run import check_listening

_PORTS = {"http": 80, "https": 443}
_MOST = 1000  # metrics that MLflow takes at once


class MlflowRun:
    """A run in the experiment that has the name of what is trained.

    It goes by MLflow's client alone: neither the module's own tracking URI nor a run that it has open is touched.

    Args:
        uri: The tracking URI.
    """

    def __init__(self, uri: str) -> None:
        self._uri = uri
        self._run = ""

    def begin(self, name: str, about: str) -> str:
        """Begin a run, or take up again the one that this object began; return its id."""
        parts = urlsplit(self._uri)
        if parts.scheme in _PORTS:
            check_listening(parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._client = MlflowClient(tracking_uri=self._uri)
        if self._run:
            self._client.update_run(self._run, status="RUNNING")
            return self._run
        tags = {"hallmark.model_run": about, "mlflow.source.name": "tfx-hallmark"}
        run = self._client.create_run(self._experiment(name), run_name=f"{name} in training", tags=tags)
        self._run = run.info.run_id
        return self._run

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Log epochs, each as a step."""
        metrics = [
            Metric(name, value, _milliseconds(epoch.time), epoch.epoch)
            for epoch in epochs
            for name, value in epoch.metrics.items()
        ]
        for start in range(0, len(metrics), _MOST):
            self._client.log_batch(self._run, metrics=metrics[start : start + _MOST])

    def end(self, *, failed: bool) -> None:
        """End the run; `begin` may follow."""
        self._client.set_terminated(self._run, "FAILED" if failed else "FINISHED")

    def _experiment(self, name: str) -> str:
        known = self._client.get_experiment_by_name(name)
        if known is not None:
            return str(known.experiment_id)
        try:
            return str(self._client.create_experiment(name))
        except MlflowException:
            # Another training may have made it in between.
            made = self._client.get_experiment_by_name(name)
            if made is None:
                raise
            return str(made.experiment_id)


def _milliseconds(time: str) -> int:
    return int(datetime.datetime.fromisoformat(time.replace("Z", "+00:00")).timestamp() * 1000)
