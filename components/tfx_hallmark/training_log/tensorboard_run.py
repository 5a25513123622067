"""A training in TensorBoard: a folder of event files with a scalar for each metric, the epoch as step."""

import datetime
import importlib
import secrets
from collections.abc import Sequence
from pathlib import Path

from tfx_hallmark.registry.training_curve import Epoch


class TensorBoardRun:
    """A folder of its own under `DIR/NAME`, with the time in its name.

    Args:
        folder: What TensorBoard is given as `--logdir`.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/") if "://" in folder else str(Path(folder).absolute())
        self._run = ""
        # By name: it has no types.
        self._summary = importlib.import_module("tensorboard.summary")

    def begin(self, name: str, about: str) -> str:
        """Begin a run, or take up again the one that this object began; return its folder."""
        if not self._run:
            now = datetime.datetime.now(datetime.timezone.utc)
            self._run = f"{self._folder}/{name}/{now:%Y-%m-%dT%H-%M-%S}-{secrets.token_hex(3)}"
        self._writer = self._summary.Writer(self._run)
        return self._run

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Log epochs, each as a step."""
        for epoch in epochs:
            time = datetime.datetime.fromisoformat(epoch.time.replace("Z", "+00:00")).timestamp()
            for name, value in epoch.metrics.items():
                self._writer.add_scalar(name, value, epoch.epoch, wall_time=time)
        self._writer.flush()

    def end(self, *, failed: bool) -> None:
        """Close the file; `begin` opens another."""
        self._writer.close()
