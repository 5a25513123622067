"""The run of a training in a mirror: begun with the first epoch, kept in step by a thread of its own."""

import socket
from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from tfx_hallmark.registry.errors import MirrorError
from tfx_hallmark.registry.redaction import redacted
from tfx_hallmark.registry.training_curve import Epoch
from tfx_hallmark.training_log.background import Background
from tfx_hallmark.training_log.targets import Target

_REACH = 3.0  # seconds until a server counts as out of reach


class Client(Protocol):
    """What the tools differ in."""

    def begin(self, name: str, about: str) -> str:
        """Begin a run, or take up again the one that this object began; return its id.

        Args:
            name: What is trained.
            about: Where the training keeps its own record.
        """

    def log(self, epochs: Sequence[Epoch]) -> None:
        """Log epochs, each as a step."""

    def end(self, *, failed: bool) -> None:
        """End the run; `begin` may follow."""


class _End(msgspec.Struct, frozen=True):
    failed: bool


class MirrorRun:
    """A training in one mirror. Nothing here raises, and only `settle` waits, for a bounded time.

    Args:
        target: The mirror.
        name: What is trained: an experiment in MLflow, a folder in TensorBoard.
        about: Where the training keeps its own record.
        note: Told the run's id when it has begun.
    """

    def __init__(self, target: Target, *, name: str, about: str, note: Callable[[str, str], None]) -> None:
        self._target = target
        self._name = name
        self._about = about
        self._note = note
        self._client: Client | None = None
        self._running = False
        self._noted = ""
        self._work = Background[Epoch | _End](
            f"logging epochs to {target.kind} ({redacted(target.place)})",
            self._handle,
            remedy="The training goes on; its curve is kept, and `hallmark mirror` brings it there later",
        )

    def log(self, epoch: Epoch) -> None:
        """Hand over an epoch."""
        self._work.put(epoch)

    def end(self, *, failed: bool) -> None:
        """Have the run ended; an epoch that comes later takes it up again."""
        self._work.put(_End(failed))

    def settle(self, seconds: float) -> None:
        """Wait until all is done, but no longer than that many seconds."""
        self._work.drain(seconds)

    def _handle(self, items: list[Epoch | _End]) -> None:
        epochs: list[Epoch] = []
        for item in items:
            if isinstance(item, Epoch):
                epochs.append(item)
                continue
            self._send(epochs)
            epochs = []
            if self._running and self._client is not None:
                self._client.end(failed=item.failed)
                self._running = False
        self._send(epochs)

    def _send(self, epochs: Sequence[Epoch]) -> None:
        if not epochs:
            return
        if self._client is None:
            self._client = _client(self._target)
        if not self._running:
            run = self._client.begin(self._name, self._about)
            self._running = True
            if run != self._noted:
                self._note(self._target.kind, run)
                self._noted = run
        self._client.log(epochs)


def _client(target: Target) -> Client:
    try:
        if target.kind == "mlflow":
            from tfx_hallmark.training_log.mlflow_run import MlflowRun

            return MlflowRun(target.place)
        if target.kind == "wandb":
            from tfx_hallmark.training_log.wandb_run import WandbRun

            return WandbRun(target.place)
        from tfx_hallmark.training_log.tensorboard_run import TensorBoardRun

        return TensorBoardRun(target.place)
    except ImportError as error:
        msg = f"{error.name or error} is not installed here (pip install 'tfx-hallmark[{target.kind}]')"
        raise MirrorError(msg) from error


def check_listening(host: str, port: int) -> None:
    """Make sure, in a moment, that something answers: clients try for minutes.

    Raises:
        MirrorError: If nothing does.
    """
    try:
        socket.create_connection((host, port), timeout=_REACH).close()
    except OSError as error:
        msg = f"{host}:{port} cannot be reached ({error.strerror or error})"
        raise MirrorError(msg) from error
