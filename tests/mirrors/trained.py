"""Three versions with all that a mirror shows: 1.0.0 is stable, 1.1.0 was refused, 1.2.0 beat it and is canary.

The training of 1.2.0 logged to a run of W&B.
"""

from collections.abc import Callable
from pathlib import Path

from tests.registry.evaluated import evaluation, evidence, numbers
from tfx_hallmark.registry.manifest import Code, Cost, DataSource, Provenance, Run
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve

RATES = (0.01, 0.5, 0.02)
LOSSES = (0.9, 0.5, 0.25)  # of the epochs of each version


def provenance(objects: ObjectStore, rate: float) -> Provenance:
    runs = {"wandb": "training-7"} if rate == RATES[2] else {}
    epochs = tuple(
        Epoch(epoch=n, time=f"2026-11-20T10:00:0{n}.000000Z", metrics={"loss": loss, "val_loss": loss * 2})
        for n, loss in enumerate(LOSSES, start=1)
    )
    return Provenance(
        data=DataSource(uri="/data/7", span="7", records={"train": 100, "eval": 50}, digest="b3:12"),
        code=Code(module="trainer.py", commit="0123abc", dirty=False),
        hyperparameters={"learning_rate": rate, "layers": [16, 8], "optimizer": {"name": "adam"}},
        train_args={"num_steps": 300},
        seed=42,
        cost=Cost(seconds=90.0),
        run=Run(pipeline="penguin", run_id="run-1", model_uri="/artifacts/6", model_id="6"),
        training_curve=objects.put(TrainingCurve(epochs=epochs, runs=runs)),
    )


def train_three(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Tags and pushes them; 1.0.0 stays stable, for what beat it became canary."""
    values = (numbers(0.7), numbers(0.6, 0.4, 0.8), numbers(0.8, 0.9, 0.75))
    for number, (rate, found, label) in enumerate(
        zip(RATES, values, ("stable", "stable", "canary"), strict=True), start=1
    ):
        candidate = make_candidate(number)
        version = model.tag(
            candidate, provenance=lambda objects, rate=rate: provenance(objects, rate)
        ).version
        stable = model.state.stable_at
        judged = evaluation(evidence(found, values[0] if stable else None), stable)
        model.push(candidate, version, judged, label=label)
    return model
