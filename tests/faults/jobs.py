"""What the workers do. A job opens the registry itself, as any other process would."""

import itertools
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.faults.crew import Employer
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.examining.examination import examine
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import Evaluation


def open_model(root: str) -> Model:
    return Registry.open(root).model("penguin")


def look(root: str) -> int:
    """Opens the model as any reader does; gives the number of its versions."""
    return len(open_model(root).versions())


def tag(root: str, candidate: str) -> str:
    return open_model(root).tag(Path(candidate)).version


def push(root: str, candidate: str, version: str) -> tuple[int | None, bool]:
    """Publishes past the gate; gives the release, and whether the version had been published before."""
    pushed = open_model(root).push_unchecked(Path(candidate), version, reason="a test")
    return pushed.release, pushed.already


def tag_and_push(root: str, candidate: str) -> tuple[str, int | None]:
    """Tags and publishes past the gate; gives version and release."""
    version = tag(root, candidate)
    return version, push(root, candidate, version)[0]


def publish(
    root: str, candidate: str, label: str = "stable", evaluation: Evaluation | None = None
) -> int | None:
    """Tags, and publishes through the gate if there is an evaluation, else past it; gives the release."""
    model = open_model(root)
    version = model.tag(Path(candidate)).version
    if evaluation is not None:
        return model.push(Path(candidate), version, evaluation, label=label).release
    return model.push_unchecked(Path(candidate), version, reason="a test", label=label).release


def push_evaluated(root: str, candidate: str, version: str, evaluation: Evaluation) -> tuple[int | None, str]:
    """Pushes through the gate; gives the release and the verdict's sentence."""
    pushed = open_model(root).push(Path(candidate), version, evaluation)
    return pushed.release, pushed.verdict.sentence


def roll_back(root: str, to: str | None = None) -> tuple[str, int | None]:
    """Rolls back; gives the version and the release that are stable then."""
    done = open_model(root).rollback(to=to, reason="a test")
    return done.version, done.release


def promote(root: str, version: str, label: str = "stable") -> int | None:
    """Promotes through the gate; gives the release that has the label then."""
    return open_model(root).promote(version, label, reason="a test").release


def quarantine(root: str, version: str) -> tuple[str | None, int | None]:
    """Bars a version; gives what took its place, and its release."""
    done = open_model(root).quarantine(version, reason="it leaks")
    return done.successor, done.release


def promote_unchecked(root: str, version: str, label: str = "stable") -> int | None:
    """Promotes past the gate; gives the release that has the label then."""
    return open_model(root).promote_unchecked(version, label, reason="a test").release


def unquarantine(root: str, version: str) -> str:
    """Lifts a quarantine."""
    return open_model(root).unquarantine(version, reason="a test").version


def withdraw(root: str, label: str) -> str:
    """Takes a label off; gives the version that had it."""
    return open_model(root).withdraw(label, reason="a test").version


def hold(root: str, version: str) -> str:
    """Keeps retention off a version."""
    return open_model(root).hold(version, reason="a test").version


def unhold(root: str, version: str) -> str:
    """Lets retention at a version again."""
    return open_model(root).unhold(version, reason="a test").version


def prune(root: str, keep_last: int = 0, quarantined_too: bool = False) -> list[tuple[str, tuple[int, ...]]]:
    """Lets retention delete; gives the versions whose files went, and their releases."""
    model = open_model(root)
    plan = model.prune(keep_last=keep_last, quarantined_too=quarantined_too, reason="a test").plan
    return [(deletion.version, deletion.releases) for deletion in plan.deletions]


def take_step(root: str, loaded: list[int]) -> bool:
    """Takes the next step of `models.config`, by what the servers have loaded; tells whether there was one."""
    return open_model(root).serving.apply(loaded=set(loaded)).taken is not None


def bring(root: str, archive: str, label: str | None = None) -> bool:
    """Imports an archive; tells whether it had been imported before."""
    return Registry(root).import_archive(archive, label=label, reason="a test").already


def adopt(root: str) -> list[int]:
    """Adopts the base path; gives the numbers that were new."""
    return [one.number for one in Registry.adopt(Path(root, "penguin"), reason="a test").adopted]


def mend(root: str) -> list[str]:
    """Mends what `hallmark doctor --fix` mends; gives the codes of what was found."""
    found = list(examine(Registry.open(root), "penguin"))
    for fault in found:
        if fault.cure is not None:
            fault.cure.apply()
    return [fault.finding.code for fault in found]


def roll_back_for_ever(root: str, acknowledgements: str) -> None:
    """Rolls back and forth between two versions; notes each release in a file when it is stable, and says so."""
    model = open_model(root)
    with Path(acknowledgements).open("a", buffering=1) as done:
        while True:
            stable = model.state.stable
            to = "1.0.0" if stable is not None and stable.version != "1.0.0" else "1.0.1"
            moved = model.rollback(to=to, reason="a test")
            done.write(f"{moved.version} {moved.release}\n")
            Employer.say("stable")


def push_later(root: str, candidate: str, version: str) -> tuple[int | None, bool]:
    """Opens the model at once, but pushes only when told to."""
    model = open_model(root)
    Employer.say("opened")
    Employer.hear()
    pushed = model.push_unchecked(Path(candidate), version, reason="a test")
    return pushed.release, pushed.already


def publish_for_ever(root: str, work: str, start: int, acknowledgements: str) -> None:
    """Publishes one new model after the other, and notes each in a file when its push has returned."""
    with Path(acknowledgements).open("a", buffering=1) as done:
        for number in itertools.count(start):
            candidate = Path(work, str(number))
            if not candidate.exists():
                made = Path(work, f"{os.getpid()}-{number}")
                # By a rename, for the kill may come here too.
                change_weights(copy_saved_model("linear", made), number).rename(candidate)
            version, release = tag_and_push(root, str(candidate))
            done.write(f"{number} {version} {release}\n")


def pause_at(steps: list[tuple[str, str]], job: str, *args: Any) -> Any:
    """Runs a job that stops at some steps: it says `paused` before each, and goes on when told to.

    Args:
        steps: In their order, an audit event of Python, e.g. `os.rename`, and a part of a path in it.
        job: Name of a job in this module.
        args: Its arguments.
    """
    left = list(steps)

    def hook(name: str, details: tuple[Any, ...]) -> None:
        if left and name == left[0][0] and any(left[0][1] in str(detail) for detail in details):
            del left[0]
            Employer.say("paused")
            Employer.hear()

    sys.addaudithook(hook)
    return globals()[job](*args)


def die_at(step: int, job: str, *args: Any) -> Any:
    """Runs a job, and kills the process with SIGKILL just before its step number `step`, from 1.

    A step is whatever changes or secures the file system, or takes a lock.
    """
    steps = itertools.count(1)

    def count() -> None:
        if next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(name: str, details: tuple[Any, ...]) -> None:
        if name in _STEPS or (name == "open" and details[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)):
            count()

    def counted(call: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any, **kwargs: Any) -> Any:
            count()
            return call(*args, **kwargs)

        return counting

    # Python audits none of these.
    for name in ("fsync", "write", "copy_file_range"):
        setattr(os, name, counted(getattr(os, name)))
    # Whatever a killed process has written stays; and the disk is the whole machine's.
    os.sync = counted(lambda: None)
    sys.addaudithook(hook)
    return globals()[job](*args)


_STEPS = {
    "os.mkdir",
    "os.rename",
    "os.link",
    "os.remove",
    "os.rmdir",
    "os.chmod",
    "os.truncate",
    "fcntl.flock",
}
