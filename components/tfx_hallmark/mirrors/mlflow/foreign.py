"""A registered version of MLflow that is not ours, in the registry's words. No MLflow in it."""

import json
import math
from collections.abc import Mapping
from typing import Any

import msgspec

from tfx_hallmark.registry.manifest import Code, DataSource, Provenance, Run
from tfx_hallmark.registry.verdict import OVERALL, Evidence, MetricValue

_COMMIT, _REMOTE, _MODULE = "mlflow.source.git.commit", "mlflow.source.git.repoURL", "mlflow.source.name"


class Foreign(msgspec.Struct, frozen=True, kw_only=True):
    """What MLflow says of a registered version and of the run that made it.

    Attributes:
        uri: The MLflow, without anything secret.
        model: The registered model.
        number: The version's number.
        source: Where MLflow has its files.
        description: What is said of it.
        run_id: The run; empty if there is none.
        params: The run's params.
        metrics: The run's metrics, the latest of each.
        tags: The run's tags.
        data: Name and source of the run's first dataset.
    """

    uri: str
    model: str
    number: int
    source: str
    description: str = ""
    run_id: str = ""
    params: Mapping[str, str] = {}
    metrics: Mapping[str, float] = {}
    tags: Mapping[str, str] = {}
    data: str = ""

    @property
    def notes(self) -> dict[str, str]:
        """Where it comes from, as the manifest keeps it."""
        found = {"mlflow_uri": self.uri, "mlflow_model": self.model, "mlflow_version": str(self.number)}
        return found | {"mlflow_source": self.source} | ({"mlflow_run": self.run_id} if self.run_id else {})

    @property
    def identity(self) -> tuple[str, str, str]:
        """What it is recognized by."""
        return self.uri, self.model, str(self.number)

    @property
    def provenance(self) -> Provenance:
        """What it was made from, as far as MLflow has a place for it."""
        tags, uri = self.tags, _uri(self.data)
        code = Code(module=tags.get(_MODULE), commit=tags.get(_COMMIT), remote=tags.get(_REMOTE))
        values = {name: _value(text) for name, text in self.params.items()}
        seed = values.get("seed")
        return Provenance(
            data=None if uri is None else DataSource(uri=uri),
            code=None if code == Code() else code,
            hyperparameters=values,
            seed=seed if isinstance(seed, int) else None,
            run=Run(run_id=self.run_id or None, model_uri=f"models:/{self.model}/{self.number}"),
        )

    @property
    def evidence(self) -> Evidence | None:
        """Its metrics, which nobody here has validated; None if it has none."""
        values = tuple(
            MetricValue(metric=name, slice=OVERALL, value=value if math.isfinite(value) else None)
            for name, value in sorted(self.metrics.items())
        )
        return Evidence(validation_ok=None, metrics=values) if values else None


def identity_in(notes: Mapping[str, str]) -> tuple[str, ...]:
    """Return what a version with these notes was recognized by; other versions' notes fit nothing."""
    return tuple(notes.get(name, "") for name in ("mlflow_uri", "mlflow_model", "mlflow_version"))


def _value(text: str) -> Any:
    """Return a param as the number or the like that it was before MLflow made a text of it."""
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return value if isinstance(value, bool | int | list | dict) or _is_finite(value) else text


def _is_finite(value: object) -> bool:
    return isinstance(value, float) and math.isfinite(value)


def _uri(source: str) -> str | None:
    try:
        named = json.loads(source)
    except ValueError:
        return None
    found = [named.get(name) for name in ("uri", "url", "path")] if isinstance(named, dict) else []
    return next((one for one in found if isinstance(one, str) and one), None)
