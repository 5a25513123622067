"""What a training process is told: one file, written by the command and read by the process."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec


class JobInput(msgspec.Struct, frozen=True, kw_only=True):
    """The artifacts of one input, as an executor is to see them.

    Attributes:
        uris: Where each of them lies.
        splits: Splits of an Examples artifact.
        properties: Their custom properties.
    """

    uris: tuple[str, ...]
    splits: tuple[str, ...] = ()
    properties: Mapping[str, str] = msgspec.field(default_factory=dict)


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one of TFX's own executors.

    Attributes:
        inputs: What it reads, by input.
        parameters: Its execution properties, but for the module.
        module: File with the user's functions; None where they are named by their dotted names.
        search: Folders and wheels in which that file's own imports are looked for after the usual ones.
        output: Folder for what it writes; there is nothing in it yet.
        tensor_float_32: Whether TensorFlow may round to TF32 on a GPU, as at the first training; None if unknown.
    """

    inputs: Mapping[str, JobInput]
    parameters: Mapping[str, Any]
    module: str | None
    search: tuple[str, ...] = ()
    output: str
    tensor_float_32: bool | None = None

    @property
    def written(self) -> dict[str, str]:
        """The parameters, with the module among them."""
        module = {} if self.module is None else {"module_file": self.module}
        return {**self.parameters, **module}


def read_job(file: Path) -> Job:
    """Read a job that `write_job` wrote."""
    return msgspec.json.decode(file.read_bytes(), type=Job)


def write_job(job: Job, file: Path) -> None:
    """Write a job to a file."""
    file.write_bytes(msgspec.json.encode(job))
