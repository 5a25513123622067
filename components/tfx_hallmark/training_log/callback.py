"""The log of a training as a callback of Keras."""

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from tfx_hallmark.training_log.epoch_log import EpochLog


def epoch_callback(log: Any) -> Any:
    """Return a callback for `model.fit` that logs every epoch.

    One callback may see several calls of `fit`: their epochs are numbered on, unless `initial_epoch` says how far the
    training had come.

    Args:
        log: What TFX gives `run_fn`, or an `EpochLog`.

    Returns:
        A callback for Keras 3 and for tf-keras, whichever the model is of.

    Raises:
        ConfigError: As `EpochLog.of` does.
    """
    return _callback_class()(log if isinstance(log, EpochLog) else EpochLog.of(log))


def _callback_class() -> type:
    # Whose callback it must be is known only when a model is fitted; that model's Keras is loaded by now.
    loaded = [sys.modules[name] for name in ("keras", "tf_keras") if name in sys.modules]
    if not loaded:
        loaded = [importlib.import_module("keras")]
    bases = tuple(module.callbacks.Callback for module in loaded)
    return type("EpochCallback", (_Hooks, *bases), {})


class _Hooks:
    """What the callback does, in front of the empty hooks that Keras's own class gives it."""

    # What the two classes would set themselves, and cannot set together.
    params: Any = None
    _model: Any = None
    _chief_worker_only: Any = None
    _supports_tf_logs = False

    def __init__(self, log: EpochLog) -> None:
        self.log = log
        self._before: int | None = None  # epochs of the calls of `fit` before this one

    def set_params(self, params: Any) -> None:
        """Take the parameters of `fit`."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Take the model."""
        self._model = model

    @property
    def model(self) -> Any:
        """The model."""
        return self._model

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Forget how the epochs of the last `fit` were counted."""
        self._before = None

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Log an epoch; Keras counts from 0, and again in every `fit`."""
        if self._before is None:
            self._before = 0 if epoch >= self.log.last else self.log.last - epoch
        self.log.log(logs or {}, epoch=self._before + epoch + 1)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """End the runs in the mirrors."""
        self.log.end()
