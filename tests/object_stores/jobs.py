"""What the processes do that work on a root in an object store at once, or are killed at it."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.faults import jobs
from tests.faults.jobs import open_model


def in_store(environment: Mapping[str, str], job: str, *args: Any) -> Any:
    """Runs a job, one of tests/faults/jobs.py or of these, in the environment that a store needs."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update(environment)
    return (globals().get(job) or getattr(jobs, job))(*args)


def work(root: str, candidates: list[str], name: str) -> list[tuple[str, int | None]]:
    """Tags and publishes candidates, and says something of each version; gives versions and releases."""
    model = open_model(root)
    done = []
    for candidate in candidates:
        version = model.tag(Path(candidate)).version
        pushed = model.push_unchecked(Path(candidate), version, reason=f"{name} pushes")
        for number in range(2):
            model.annotate(version, notes={f"{name}-{number}": "noted"})
        done.append((version, pushed.release))
    return done
