"""The file of epochs in a ModelRun artifact: a line for each, written when it ends.

A line is `{"epoch": …, "time": …, "metrics": {…}}`, or `{"runs": {"mlflow": "…"}}` once a mirror has begun a run.
Lines are only ever added, so a process that is killed leaves all epochs before; what it tore is passed over.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from tfx_hallmark.registry.training_curve import Epoch, TrainingCurve
from tfx_hallmark.training_log.background import Background

NAME = "hallmark-epochs.jsonl"
_UPLOAD = 30.0  # seconds that the end of a training waits for the last upload


class Runs(msgspec.Struct, frozen=True):
    """Runs that have begun, by the mirror's kind."""

    runs: Mapping[str, str]


class _Line(msgspec.Struct, frozen=True):
    """A line as it is read: an `Epoch` or `Runs`."""

    epoch: int | None = None
    time: str = ""
    metrics: Mapping[str, float] = {}
    runs: Mapping[str, str] = {}


class EpochFile(Protocol):
    """Where the lines go."""

    def add(self, record: Epoch | Runs) -> None:
        """Add a line."""

    def settle(self) -> None:
        """Make sure, as far as can be had in short time, that all lines have arrived."""


class LocalFile:
    """The file on a file system.

    Args:
        folder: The artifact's directory.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / NAME

    def add(self, record: Epoch | Runs) -> None:
        """Add a line, and have it on disk."""
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (b"\n" if torn else b"") + _line(record))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def settle(self) -> None:
        """Do nothing: every line is there already."""


class RemoteFile:
    """The file in an object store, where nothing can be added to: it is written anew, and nobody waits for that.

    Args:
        folder: The artifact's uri.
    """

    def __init__(self, folder: str) -> None:
        self._uri = f"{folder.rstrip('/')}/{NAME}"
        self._written: bytes | None = None
        self._uploads = Background[bytes](
            f"writing {self._uri}", self._upload, remedy="The curve of this training ends here"
        )

    def add(self, record: Epoch | Runs) -> None:
        """Hand over a line to be uploaded."""
        self._uploads.put(_line(record))

    def settle(self) -> None:
        """Wait for the uploads."""
        self._uploads.drain(_UPLOAD)

    def _upload(self, lines: list[bytes]) -> None:
        from tfx_hallmark.artifact_files import write_file

        if self._written is None:
            self._written = read_file(self._uri) or b""  # of an attempt before this one
        torn = self._written and not self._written.endswith(b"\n")
        self._written += (b"\n" if torn else b"") + b"".join(lines)
        write_file(self._uri, self._written)


def open_file(folder: str | Path) -> EpochFile:
    """Return the file of an artifact, by the artifact's directory or uri.

    Raises:
        OSError: If the directory cannot be made.
    """
    return RemoteFile(str(folder)) if "://" in str(folder) else LocalFile(Path(folder))


def read_file(uri: str) -> bytes | None:
    """Return the bytes of a file; None if it is not there.

    Raises:
        ConfigError: If nothing here knows a file system for the uri's scheme.
        StorageError: If it cannot be read.
        OSError: If it is local and cannot be read.
    """
    from tfx_hallmark.artifact_files import exists, local_view

    if not exists(uri):
        return None
    with local_view(uri) as path:
        return path.read_bytes()


def read_curve(data: bytes) -> TrainingCurve | None:
    """Return the curve that a file holds; None if no epoch ended.

    An epoch that comes again, or one before it, is that of a training begun anew or resumed: it takes the place of
    all from there on.

    Args:
        data: The file's bytes.
    """
    epochs: list[Epoch] = []
    runs: dict[str, str] = {}
    decoder = msgspec.json.Decoder(_Line)
    for text in data.splitlines():
        try:
            line = decoder.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            continue
        runs |= line.runs
        if line.epoch is None:
            continue
        while epochs and epochs[-1].epoch >= line.epoch:
            epochs.pop()
        epochs.append(Epoch(epoch=line.epoch, time=line.time, metrics=line.metrics))
    return TrainingCurve(epochs=tuple(epochs), runs=runs) if epochs else None


def _line(record: Epoch | Runs) -> bytes:
    """Write a record as a line."""
    return msgspec.json.encode(record) + b"\n"
