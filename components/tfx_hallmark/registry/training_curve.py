"""How a training went, epoch by epoch: the object that a manifest's `training_curve` names."""

from collections.abc import Mapping

import msgspec


class Epoch(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured at the end of one epoch.

    Attributes:
        epoch: Its number, from 1.
        time: When it ended, UTC, RFC 3339 with microseconds.
        metrics: What was measured, by the names that Keras gives: `loss`, `val_loss`, `val_accuracy`.
    """

    epoch: int
    time: str
    metrics: Mapping[str, float]


class TrainingCurve(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The epochs of one training, and where they were also logged while it ran.

    Attributes:
        epochs: One after the other.
        runs: The run that holds the same epochs in each mirror, by the mirror's kind, e.g. `mlflow` to a run id,
            `wandb` to a run id, `tensorboard` to the folder of its event files.
    """

    epochs: tuple[Epoch, ...]
    runs: Mapping[str, str] = msgspec.field(default_factory=dict)
