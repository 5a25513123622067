"""A training in Weights & Biases: a run of the job type `train`, the epoch as step."""

import os
from collections.abc import Sequence
from urllib.parse import urlsplit

import wandb

from tfx_hallmark.registry.training_curve import Epoch
from tfx_hallmark.training_log.mirror_run import check_listening

_SERVER = "https://api.wandb.ai"
_PORTS = {"http": 80, "https": 443}
_WAIT = 30.0  # seconds until the client gives up to begin a run


class WandbRun:
    """A run of its own: one that the module itself has open is not touched.

    With `WANDB_MODE=offline` it is written to `WANDB_DIR`, to be sent by `wandb sync`.

    Args:
        place: `[ENTITY/]PROJECT`.
    """

    def __init__(self, place: str) -> None:
        entity, _, self._project = place.rpartition("/")
        self._entity = entity or None
        self._id: str | None = None

    def begin(self, name: str, about: str) -> str:
        """Begin a run, or take up again the one that this object began; return its id."""
        if os.environ.get("WANDB_MODE", "online") in ("online", "shared"):
            parts = urlsplit(os.environ.get("WANDB_BASE_URL", _SERVER))
            check_listening(parts.hostname or "", parts.port or _PORTS.get(parts.scheme, 443))
        self._run = wandb.init(
            entity=self._entity,
            project=self._project,
            name=f"{name} in training",
            group=name,
            job_type="train",
            config={"hallmark.model_run": about},
            id=self._id,
            resume=None if self._id is None else "allow",
            reinit="create_new",
            # Silent: it asks nobody for a key, and prints nothing among what the training prints.
            settings=wandb.Settings(console="off", silent=True, init_timeout=_WAIT, x_disable_stats=True),
        )
        self._id = str(self._run.id)
        return self._id

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Log epochs, each as a step."""
        for epoch in epochs:
            self._run.log(dict(epoch.metrics), step=epoch.epoch)

    def end(self, *, failed: bool) -> None:
        """End the run; `begin` may follow."""
        self._run.finish(exit_code=int(failed))
