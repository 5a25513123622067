"""The log of one training, for any code that trains; `callback.epoch_callback` is the same for Keras."""

import json
import logging
import math
import os
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.training_curve import Epoch
from tfx_hallmark.training_log.epoch_file import EpochFile, Runs, open_file
from tfx_hallmark.training_log.mirror_run import MirrorRun
from tfx_hallmark.training_log.targets import parse_targets, switched_off

_log = logging.getLogger(__name__)


class EpochLog:
    """Logs epochs: into a file in Trainer's ModelRun artifact, each before `log` returns, and to mirrors.

    No error of a file or a mirror reaches the training: it is told in one warning. Mirrors are written to by threads
    of their own. Of several workers that train together only the chief logs.

    !!! Example
        ``` python
        with EpochLog.of(fn_args) as epochs:
            for _ in range(20):
                epochs.log({"loss": train(), "val_loss": validate()})
        ```

    Args:
        folder: Directory or uri of the ModelRun artifact: `fn_args.model_run_dir`.
        log_to: The mirrors: `mlflow:TRACKING_URI`, `wandb:[ENTITY/]PROJECT`, `tensorboard:DIR`, each kind once.
        name: What is trained: best the model's name in the registry. It names the experiment in MLflow, the group in
            Weights & Biases, the folder in TensorBoard.
        patience: Seconds that the end of a training waits for the mirrors, all together.

    Raises:
        ConfigError: If `log_to` names no mirror, or one kind twice.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        log_to: Sequence[str] = (),
        name: str = "training",
        patience: float = 10.0,
    ) -> None:
        targets = parse_targets(log_to)
        self._patience = patience
        self._last = 0
        self._lock = threading.Lock()
        self._file = _opened(folder) if _is_chief() else None
        mirrored = _is_chief() and not switched_off()
        self._mirrors = [
            MirrorRun(target, name=name, about=str(folder), note=self._note)
            for target in (targets if mirrored else ())
        ]

    @classmethod
    def of(cls, fn_args: Any) -> "EpochLog":
        """Make the log of a training from what TFX gives its `run_fn`.

        Args:
            fn_args: Its `custom_config` may have `log_to`, the mirrors, and `log_as`, the model's name. VersionTagger
                takes neither for a hyperparameter.

        Raises:
            ConfigError: As the constructor does.
        """
        settings = fn_args.custom_config or {}
        log_to = settings.get("log_to") or ()
        if not isinstance(log_to, list | tuple):
            msg = f"log_to is {log_to!r}: give a list of mirrors"
            raise ConfigError(msg)
        return cls(fn_args.model_run_dir, log_to=log_to, name=str(settings.get("log_as") or "training"))

    @property
    def last(self) -> int:
        """Number of the last epoch logged; 0 if there is none."""
        return self._last

    def log(self, metrics: Mapping[str, Any], *, epoch: int | None = None) -> None:
        """Log an epoch that has ended.

        Args:
            metrics: What was measured. What is no finite number is left out.
            epoch: Its number, from 1; by default the next.
        """
        self._last = self._last + 1 if epoch is None else epoch
        ended = Epoch(epoch=self._last, time=utc_now(), metrics=_finite(metrics))
        self._add(ended)
        for mirror in self._mirrors:
            mirror.log(ended)

    def end(self, *, failed: bool = False) -> None:
        """End the runs in the mirrors, and wait for that at most some seconds. More epochs may follow.

        Args:
            failed: Whether the training failed.
        """
        for mirror in self._mirrors:
            mirror.end(failed=failed)
        until = time.monotonic() + self._patience
        for mirror in self._mirrors:
            mirror.settle(max(0.0, until - time.monotonic()))
        if self._file is not None:
            self._file.settle()

    def __enter__(self) -> "EpochLog":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(failed=kind is not None)

    def _note(self, kind: str, run: str) -> None:
        self._add(Runs({kind: run}))

    def _add(self, record: Epoch | Runs) -> None:
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.add(record)
            except OSError as error:
                self._file = None
                _log.warning("the epochs of this training are not kept any more: %s", error)


def _opened(folder: str | Path) -> EpochFile | None:
    try:
        return open_file(folder)
    except OSError as error:
        _log.warning("the epochs of this training are not kept: %s", error)
        return None


def _finite(metrics: Mapping[str, Any]) -> dict[str, float]:
    found: dict[str, float] = {}
    for name, value in metrics.items():
        try:
            number = float(value)
        except (TypeError, ValueError):
            continue
        if math.isfinite(number):
            found[str(name)] = number
    return found


def _is_chief() -> bool:
    """Tell whether this process speaks for the training (as tfx/components/trainer/executor.py tells)."""
    try:
        cluster = json.loads(os.environ.get("TF_CONFIG") or "{}")
    except ValueError:
        return True
    task = cluster.get("task", {}) if isinstance(cluster, dict) else {}
    if not isinstance(cluster, dict) or not cluster.get("cluster"):
        return True
    alone = not {"chief", "master"} & set(cluster["cluster"])
    first = task.get("index", 0) == 0
    return first and (task.get("type") in ("chief", "master") or (alone and task.get("type") == "worker"))
