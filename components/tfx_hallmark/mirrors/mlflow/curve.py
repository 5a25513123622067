"""The epochs of a training as stepped metrics of its run."""

from typing import TYPE_CHECKING

from tfx_hallmark.mirrors.mlflow.content import OURS, milliseconds
from tfx_hallmark.mirrors.mlflow.names import keys_of
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

_METRICS = 500


def bring_curve(client: "MlflowClient", run: "Run", version: Version) -> dict[str, str]:
    """Log the epochs that a run lacks, a step each, under the names that Keras gives; return the tag that says so.

    A run that the training itself has logged to has them already.
    """
    from mlflow.entities import Metric

    curve, digest = version.training_curve, version.manifest.provenance.training_curve
    if curve is None or digest is None:
        return {}
    stored = {f"{OURS}stored.training_curve": digest}
    told = run.data.tags.get(f"{OURS}stored.training_curve") == digest
    if told or curve.runs.get("mlflow") == run.info.run_id:
        return stored
    names = dict.fromkeys(name for epoch in curve.epochs for name in epoch.metrics)
    keys = keys_of(names)
    missing = []
    for name in names:
        key = keys[name]
        there = {one.step for one in client.get_metric_history(run.info.run_id, key)}
        missing += [
            Metric(key, epoch.metrics[name], milliseconds(epoch.time), epoch.epoch)
            for epoch in curve.epochs
            if name in epoch.metrics and epoch.epoch not in there
        ]
    for start in range(0, len(missing), _METRICS):
        client.log_batch(run.info.run_id, metrics=missing[start : start + _METRICS])
    return stored
