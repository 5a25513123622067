"""Times `hallmark list`, `show` and `live`, as processes, on registries with many versions.

Run it from the repository: `python -m benchmarks.registry`. What it makes is deleted at the end.
"""

import argparse
import hashlib
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry import event_kinds, events
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.storage import LocalStorage
from tfx_hallmark.registry.verdict import Check, Reason, Verdict, VersionAt

MODEL = "penguin"
COMMANDS = (("list",), ("list", MODEL), ("show", f"{MODEL}@stable"), ("live", MODEL))
COMPONENTS = Path(__file__).parents[1] / "components"

NOTES = """\
Each time is the wall time of a whole process, `python -m tfx_hallmark.cli.main COMMAND`, median of
{runs} runs (of {cold_runs} for `none`); in brackets, as a multiple of a bare `python -c pass`.
  checkpoint none    no saved state: the command reads every event since the first, and saves a state
  checkpoint behind  as many events since the saved state as there can be before the next is saved
  checkpoint fresh   the saved state is as new as the log
Files are in the page cache throughout. Every version has two events, a half of them was refused.
Manifest and verdict are there for the stable version only: no command here opens any other's.
"""


class LogWriter:
    """Writes a sealed, chained log much faster than committing it: without fsync, by one process.

    Args:
        root: The registry root.
    """

    def __init__(self, root: Path) -> None:
        self._log = root / ".hallmark" / MODEL / "log"
        self._log.mkdir(parents=True)
        self._seal = events.GENESIS
        self.seq = 0

    def write(self, data: events.Data) -> None:
        """Write the next event."""
        self.seq += 1
        event = events.Event(
            schema=events.SCHEMA,
            seq=self.seq,
            model=MODEL,
            time=f"2026-01-01T00:00:00.{self.seq % 1_000_000:06d}Z",
            actor="pipeline@worker-3",
            reason="",
            prev=self._seal,
            data=data,
        )
        encoded, self._seal = events.seal(event)
        (self._log / f"{self.seq:020d}.json").write_bytes(encoded)


def fake_digest(*what: object) -> str:
    """Make a digest that stands for content which is not there."""
    return "b3:" + hashlib.sha256(repr(what).encode()).hexdigest()


def history(versions: int, store: Callable[[str], tuple[str, str]]) -> Iterator[events.Data]:
    """Make the events of a model: each second version refused, the others published.

    Args:
        versions: How many.
        store: Stores manifest and verdict of the last published version; returns their digests.
    """
    stable: str | None = None
    releases = itertools.count(1)
    last = versions - 1 - (versions - 1) % 2
    for number in range(versions):
        version = f"1.0.{number}"
        digest, manifest, verdict = (fake_digest(what, number) for what in ("content", "manifest", "verdict"))
        if number == last:
            manifest, verdict = store(version)
        yield event_kinds.Tagged(
            version=version,
            digest=digest,
            tag=f"{MODEL}_v{version}_2026_01_01",
            manifest=manifest,
            size=2_000_000,
            bump="patch",
            reasons=("only weights changed",),
            compared_with=stable,
        )
        if number % 2:
            summary = (
                "not better: accuracy on Overall is 0.8000 against 0.8000, required: better by more than 0"
            )
            yield event_kinds.Refused(
                version=version, digest=digest, baseline=stable, verdict=verdict, summary=summary
            )
            continue
        yield event_kinds.Published(
            version=version,
            digest=digest,
            release=next(releases),
            staging=digest[3:35],
            labels=("stable",),
            baseline=stable,
            verdict=verdict,
            bootstrap=stable is None,
        )
        stable = version


def make_registry(root: Path, versions: int, template: Manifest) -> LogWriter:
    """Make a registry with one model; return what can write more events to it."""
    writer = LogWriter(root)
    objects = ObjectStore(LocalStorage(root / ".hallmark" / MODEL))

    def store(version: str) -> tuple[str, str]:
        verdict = Verdict(
            model=MODEL,
            version=version,
            digest=template.digest,
            outcome="published",
            baseline=VersionAt("1.0.0", 1, fake_digest("content", 0)),
            reasons=(Reason("better", "it beats release 1"),),
            checks=tuple(_check(f"island:{place}") for place in ("Biscoe", "Dream", "Torgersen")),
        )
        return objects.put(msgspec.structs.replace(template, version=version)), objects.put(verdict)

    for data in history(versions, store):
        writer.write(data)
    return writer


def _check(where: str) -> Check:
    return Check(
        metric="accuracy",
        slice=where,
        rule="change",
        threshold="better by more than 0",
        candidate=0.9,
        baseline=0.8,
        improvement=0.1,
        margin=0.1,
        passed=True,
    )


def real_manifest(folder: Path) -> Manifest:
    """Tag a real, small SavedModel and return its manifest."""
    candidate = copy_saved_model("keras", folder / "candidate")
    return Registry.create(folder / "registry").model(MODEL).tag(candidate).manifest


def fall_behind(writer: LogWriter) -> None:
    """Write as many events as leave the checkpoint just not due; see `checkpoint.save_if_due`."""
    for number in range(max(64, writer.seq // 200) - 1):
        writer.write(event_kinds.Annotated(version="1.0.0", notes={"number": str(number)}))


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Run a command and return its wall time."""
    start = time.perf_counter()
    subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - start


def measure(root: Path, runs: int, *, before: Callable[[], None] = lambda: None) -> list[float]:
    """Time each command.

    Args:
        root: The registry root.
        runs: How often; the median counts.
        before: Done before each run, outside the time.
    """
    environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_ROOT": str(root)}
    # Without compiled bytecode every start would compile the package anew.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    found = []
    for command in COMMANDS:
        times = []
        for _ in range(runs):
            before()
            times.append(seconds([sys.executable, "-m", "tfx_hallmark.cli.main", *command], environment))
        found.append(statistics.median(times))
    return found


def measure_states(
    root: Path, writer: LogWriter, runs: int, cold_runs: int
) -> Iterator[tuple[str, list[float]]]:
    """Time each command in each state of the checkpoint."""
    checkpoint = root / ".hallmark" / MODEL / "checkpoint"
    yield "none", measure(root, cold_runs, before=lambda: shutil.rmtree(checkpoint, ignore_errors=True))
    yield "fresh", measure(root, runs)
    fall_behind(writer)
    yield "behind", measure(root, runs)


def main() -> None:
    """Make the registries, time the commands, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--versions", type=int, nargs="+", default=[1_000, 10_000, 200_000], help="sizes of the registries"
    )
    parser.add_argument("--runs", type=int, default=7, help="runs of each command (default %(default)s)")
    parser.add_argument(
        "--cold-runs", type=int, default=1, help="the same without a checkpoint (default %(default)s)"
    )
    parser.add_argument("--dir", type=Path, default=None, help="where to make them (default: the system's)")
    options = parser.parse_args()
    print(NOTES.format(runs=options.runs, cold_runs=options.cold_runs))
    titles = [" ".join(command) for command in COMMANDS]
    print(f"{'versions':>9}  {'checkpoint':10}" + "".join(f"  {title:>20}" for title in titles))
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="hallmark-benchmark-") as scratch:
        template = real_manifest(Path(scratch) / "template")
        for versions in options.versions:
            root = Path(scratch) / str(versions)
            writer = make_registry(root, versions, template)
            bare = statistics.median(
                seconds([sys.executable, "-c", "pass"], dict(os.environ)) for _ in range(options.runs)
            )
            for state, times in measure_states(root, writer, options.runs, options.cold_runs):
                cells = (f"{1000 * taken:.0f} ms ({taken / bare:.1f} x)" for taken in times)
                print(f"{versions:>9,}  {state:10}" + "".join(f"  {cell:>20}" for cell in cells), flush=True)
            print(f"{'':9}  bare python start: {1000 * bare:.0f} ms", flush=True)
            shutil.rmtree(root)


if __name__ == "__main__":
    main()
