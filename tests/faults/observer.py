"""TF Serving's view of a base path, polled a thousand times a second: what has a number must be whole."""

import os
import re
from pathlib import Path

from tests.faults.crew import Employer

# What absl::SimpleAtoi reads as a version (file_system_storage_path_source.cc of TF Serving).
_NUMBER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)


def seen(base: str) -> list[str]:
    """Gives the names that TF Serving would take for versions."""
    try:
        return [entry.name for entry in os.scandir(base) if _NUMBER.match(entry.name)]
    except FileNotFoundError:
        return []


def faults_of(directory: str, files: dict[str, int]) -> list[str]:
    """Gives what is wrong with a release at this instant: files missing, short, or too many."""
    found = {}
    for folder, _, names in os.walk(directory):
        for name in names:
            path = Path(folder, name)
            found[str(path.relative_to(directory))] = path.stat().st_size
    if files.items() <= found.items() and set(found) == {*files, "assets.extra/hallmark.json"}:
        return []
    return [f"{directory} holds {found}, of a model with {files}"]


def watch(base: str, files: dict[str, int]) -> tuple[int, list[str]]:
    """Polls until told to stop.

    Every poll checks each new directory, and one of the others in turn.

    Args:
        base: The base path.
        files: Size of each of the model's files.

    Returns:
        How often it polled, and every fault that it saw.
    """
    polls = 0
    faults: list[str] = []
    known: list[str] = []
    Employer.say("watching")
    while not Employer.has_spoken(within=0.001):
        polls += 1
        names = seen(base)
        new = [name for name in names if name not in known]
        for name in [*new, *known[polls % len(known) :][:1]] if known else new:
            if Path(base, name).is_dir():
                faults += faults_of(f"{base}/{name}", files)
            else:
                faults.append(f"{base}/{name} is gone, or no directory")
        known += new
    return polls, faults
