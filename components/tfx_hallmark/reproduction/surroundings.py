"""What is installed here and what it runs on, as far as it bears on a training's last digits."""

import os
import platform
from collections.abc import Mapping

import msgspec

from tfx_hallmark.evidence.environment import installed_packages, processor


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """This process's interpreter, packages and machine.

    Attributes:
        python: Version of the interpreter.
        platform: Operating system and machine.
        cpus: Cores that this process may use.
        packages: Version of every package installed, by its name as package indexes spell it.
        cpu: Name of the processor; None if the system does not tell.
        cpu_flags: Its instruction sets that change how TensorFlow rounds.
    """

    python: str
    platform: str
    cpus: int
    packages: Mapping[str, str]
    cpu: str | None = None
    cpu_flags: tuple[str, ...] = ()


def surroundings() -> Surroundings:
    """Look around. No environment variable is read, and nothing heavy imported."""
    cpu, flags = processor()
    return Surroundings(
        python=platform.python_version(),
        platform=platform.platform(),
        cpus=len(os.sched_getaffinity(0)),
        packages=installed_packages(),
        cpu=cpu,
        cpu_flags=flags,
    )
