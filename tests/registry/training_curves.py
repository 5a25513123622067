"""Versions whose trainings are on record."""

from collections.abc import Mapping
from pathlib import Path

from tfx_hallmark.registry.manifest import Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve
from tfx_hallmark.registry.version import Version

RUNS = {
    "mlflow": "0123456789abcdef0123456789abcdef",
    "tensorboard": "/srv/board/penguin/2026-11-22T02-00-00-abcdef",
}


def curve_of(*losses: float, runs: Mapping[str, str] = RUNS, more: str = "accuracy") -> TrainingCurve:
    """Gives a curve with these losses in validation."""
    return TrainingCurve(
        epochs=tuple(
            Epoch(
                epoch=number,
                time=f"2026-11-22T02:{number // 60 % 60:02}:{number % 60:02}.000000Z",
                metrics={"loss": loss / 2, more: 1 - loss, "val_loss": loss, f"val_{more}": 1 - loss / 2},
            )
            for number, loss in enumerate(losses, start=1)
        ),
        runs=runs,
    )


def tag_with(model: Model, path: Path, curve: TrainingCurve | None) -> Version:
    """Tags a model whose training went like this."""

    def made_from(objects: ObjectStore) -> Provenance:
        return Provenance(
            hyperparameters={"units": 8},
            run=Run(pipeline="penguin", model_uri=str(path)),
            training_curve=None if curve is None else objects.put(curve),
        )

    return model.version(model.tag(path, provenance=made_from).version)
