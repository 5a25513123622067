"""All that an MLflow holds of a model, as plain values."""

import tempfile
from pathlib import Path
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Run


def client(uri: str) -> MlflowClient:
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def experiment_of(mlflow: MlflowClient, name: str = "hallmark/penguin") -> str:
    found = mlflow.get_experiment_by_name(name)
    assert found is not None
    return str(found.experiment_id)


def runs_of(uri: str, *, experiment: str = "hallmark/penguin") -> dict[str, Run]:
    """Gives the run of each version."""
    mlflow = client(uri)
    runs = mlflow.search_runs([experiment_of(mlflow, experiment)])
    found = {run.data.tags["hallmark.version"]: run for run in runs}
    assert len(found) == len(runs)
    return found


def aliases_of(uri: str, model: str = "penguin") -> dict[str, str]:
    """Gives our version behind each alias."""
    mlflow = client(uri)
    aliases = mlflow.get_registered_model(model).aliases
    return {
        alias: mlflow.get_model_version(model, number).tags.get("hallmark.version", f"number {number}")
        for alias, number in aliases.items()
    }


def registered(uri: str, model: str = "penguin") -> dict[str, Any]:
    """Gives the registered version of each of ours."""
    every = client(uri).search_model_versions(f"name = '{model}'")
    found = {one.tags["hallmark.version"]: one for one in every}
    assert len(found) == len(every)
    return found


def everything(uri: str, model: str = "penguin", *, ids: bool = True) -> dict[str, Any]:
    """Gives all of it; without ids what a second server that got the same would give too."""
    mlflow = client(uri)
    runs = {version: _run(mlflow, run, ids=ids) for version, run in sorted(runs_of(uri).items())}
    versions = {
        name: [one.tags, one.description, one.status, *([one.version, one.run_id, one.source] if ids else [])]
        for name, one in sorted(registered(uri, model).items())
    }
    there = mlflow.get_registered_model(model)
    return {"runs": runs, "versions": versions, "aliases": aliases_of(uri, model), "tags": there.tags}


def _run(mlflow: MlflowClient, run: Run, *, ids: bool) -> dict[str, Any]:
    run_id = run.info.run_id
    return {
        "info": [run.info.run_name, run.info.status, run.info.start_time, run.info.end_time],
        "params": run.data.params,
        "metrics": {
            name: [(one.step, one.timestamp, one.value) for one in mlflow.get_metric_history(run_id, name)]
            for name in sorted(run.data.metrics)
        },
        "tags": run.data.tags,
        "data": [one.dataset.to_dictionary() for one in run.inputs.dataset_inputs],
        "files": files_of(mlflow, run_id),
        **({"id": run_id} if ids else {}),
    }


def files_of(mlflow: MlflowClient, run_id: str) -> dict[str, str]:
    """Gives the artifacts of a run."""
    with tempfile.TemporaryDirectory() as folder:
        return {
            Path(one.path).name: Path(mlflow.download_artifacts(run_id, one.path, folder)).read_text()
            for one in mlflow.list_artifacts(run_id, "hallmark")
        }
