"""The run of a version: found again or made, and brought in step."""

import time
from typing import TYPE_CHECKING, Any

import msgspec

from tfx_hallmark.mirrors.mlflow import content
from tfx_hallmark.mirrors.mlflow.client import is_missing
from tfx_hallmark.mirrors.mlflow.curve import bring_curve
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

FOLDER = "hallmark"  # of the artifacts
_BATCH = 50  # of tags or params: with the longest of texts these stay below a request's megabyte
_METRICS = 500


class Runs:
    """The runs of a model's versions.

    Args:
        client: MLflow's client.
        experiment: The id of the experiment that they are made in.
    """

    def __init__(self, client: "MlflowClient", experiment: str) -> None:
        self._client = client
        self._experiment = experiment

    def bring(self, model: Model, version: Version) -> "Run":
        """Make a version's run what the registry says now; return it."""
        run = self._continued(version) or self._found(version) or self._made(version)
        run_id = run.info.run_id
        self._bring_params(run, version)
        self._bring_metrics(run, version)
        self._bring_data(run, version)
        wanted = content.version_tags(model, version) | content.run_tags(version)
        wanted |= self._bring_documents(run, version)
        wanted |= bring_curve(self._client, run, version)
        # Last, for what was stored is told by them.
        self._bring_tags(run, wanted)
        if run.info.run_name != str(version):
            self._client.update_run(run_id, name=str(version))
        if run.info.status != "FINISHED":
            self._client.set_terminated(run_id, "FINISHED", content.times(version)[1])
        return run

    def _continued(self, version: Version) -> "Run | None":
        """Return the run that its training has logged to, if it is on this server and no other version's."""
        from mlflow.exceptions import MlflowException

        curve = version.training_curve
        run_id = None if curve is None else curve.runs.get("mlflow")
        if run_id is None:
            return None
        try:
            run = self._client.get_run(run_id)
        except MlflowException as error:
            if is_missing(error) or error.error_code == "INVALID_PARAMETER_VALUE":
                return None
            raise
        tags = run.data.tags
        same = tags.get("hallmark.digest", version.digest) == version.digest
        same = same and tags.get("hallmark.version", version.version) == version.version
        return run if same and run.info.lifecycle_stage == "active" else None

    def _found(self, version: Version) -> "Run | None":
        """Return the run that it has; of several, as two mirrors at once can make, the others are deleted."""
        which = (
            f"tags.`hallmark.digest` = '{version.digest}' and tags.`hallmark.version` = '{version.version}'"
        )
        found = self._client.search_runs(
            [self._experiment], f"{which} and tags.`hallmark.model` = '{version.model}'"
        )
        runs = sorted(found, key=lambda run: run.info.run_id)
        for double in runs[1:]:
            self._client.delete_run(double.info.run_id)
        return runs[0] if runs else None

    def _made(self, version: Version) -> "Run":
        tags = {"model": version.model, "version": version.version, "digest": version.digest}
        made = self._client.create_run(
            self._experiment,
            start_time=content.times(version)[0],
            tags={f"{content.OURS}{name}": text for name, text in tags.items()},
            run_name=str(version),
        )
        return self._found(version) or made

    def _bring_params(self, run: "Run", version: Version) -> None:
        from mlflow.entities import Param

        # What MLflow has of them it never changes; and a manifest is never changed either.
        missing = [
            Param(key, value) for key, value in content.params(version).items() if key not in run.data.params
        ]
        for batch in _batches(missing, _BATCH):
            self._client.log_batch(run.info.run_id, params=batch)

    def _bring_metrics(self, run: "Run", version: Version) -> None:
        from mlflow.entities import Metric

        known = run.data.metrics
        # It shows the latest: what was measured anew must be later than what it has.
        then = content.times(version)[1]
        changed = [
            Metric(key, value, int(time.time() * 1000) if key in known else then, 0)
            for key, value in content.metrics(version).items()
            if known.get(key) != value
        ]
        for batch in _batches(changed, _METRICS):
            self._client.log_batch(run.info.run_id, metrics=batch)

    def _bring_data(self, run: "Run", version: Version) -> None:
        from mlflow.entities import Dataset, DatasetInput, InputTag

        data = content.data(version)
        if data is None:
            return
        there = run.inputs.dataset_inputs if run.inputs else ()
        if any((one.dataset.name, one.dataset.digest) == (data.name, data.digest) for one in there):
            return
        dataset = Dataset(data.name, data.digest, "local", data.source, profile=data.profile)
        tags = [InputTag("mlflow.data.context", "training")]
        self._client.log_inputs(run.info.run_id, [DatasetInput(dataset, tags)])

    def _bring_documents(self, run: "Run", version: Version) -> dict[str, str]:
        tags = {}
        for name, (digest, document) in content.documents(version).items():
            tag = f"{content.OURS}stored.{name}"
            tags[tag] = digest
            if run.data.tags.get(tag) != digest:
                text = msgspec.json.format(msgspec.json.encode(document), indent=2).decode()
                self._client.log_text(run.info.run_id, text, f"{FOLDER}/{name}.json")
        return tags

    def _bring_tags(self, run: "Run", wanted: dict[str, str]) -> None:
        from mlflow.entities import RunTag

        there = run.data.tags
        for key, text in wanted.items():
            if not text and key in there:
                self._client.delete_tag(run.info.run_id, key)
        changed = [RunTag(key, text) for key, text in wanted.items() if text and there.get(key) != text]
        for batch in _batches(changed, _BATCH):
            self._client.log_batch(run.info.run_id, tags=batch)


def _batches(items: list[Any], size: int) -> list[list[Any]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
