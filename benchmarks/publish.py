"""Times publishing a large SavedModel against copying it, hashing it, and TFX's own Pusher.

Run it from the repository, with TFX installed: `python -m benchmarks.publish`. What it makes is
deleted at the end; it needs room for four copies of the model.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests.saved_models import copy_saved_model, pad_with_asset
from tfx_hallmark.registry.copy import copy_tree
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence

REPOSITORY = Path(__file__).parents[1]

NOTES = """\
One SavedModel of {size:,} bytes, {runs} rounds, each of all the rows in turn; medians of wall time.
The model is in the page cache, and what was written before is on the disk, before every row.
Copying is `cp -r`, which leaves the bytes in memory; a publish returns when they are on the disk,
as `cp -r + sync` does. Hence two ratios: to `cp -r`, and to `cp -r` with `sync`.
`copy_tree` is the publisher's own copy: copied, hashed and made durable side by side.
`tag` identifies the candidate: it inspects and hashes the source. `publish` copies it, hashes the
copy, makes it durable, commits, and exposes it by one rename. Pusher is TFX's executor alone, its
import excluded: it copies twice, to the serving directory and to PushedModel, hashes nothing, and
makes nothing durable.
"""

EVALUATION = Evaluation(
    blessed=1,
    baseline=None,
    compared=False,
    evidence=Evidence(
        validation_ok=True,
        comparisons=(Comparison(metric="accuracy", slice=OVERALL, rule="value", lower=0.5, candidate=0.9),),
    ),
)


class Stopwatch:
    """Collects wall times by name, in the order they were first taken."""

    def __init__(self) -> None:
        self.times: dict[str, list[float]] = {}

    def take(self, name: str, work: Callable[[], object]) -> None:
        """Do some work, once everything written before is on the disk, and note how long it took."""
        os.sync()
        self.take_at_once(name, work)

    def take_at_once(self, name: str, work: Callable[[], object]) -> None:
        """Do some work and note how long it took."""
        start = time.perf_counter()
        work()
        self.times.setdefault(name, []).append(time.perf_counter() - start)

    def median(self, name: str) -> float:
        """Return the median of the times of one name."""
        return statistics.median(self.times[name])


def copy(source: Path, target: Path) -> None:
    """Copy a tree as people do."""
    subprocess.run(["cp", "-r", str(source), str(target)], check=True)


def copy_durably(source: Path, target: Path) -> None:
    """Copy a tree and wait until the copy, files and folders, is on the disk."""
    copy(source, target)
    make_durable(target)


def make_durable(tree: Path) -> None:
    """Wait until a tree is on the disk."""
    subprocess.run(["sync", *map(str, (tree, *tree.rglob("*")))], check=True)


def remove(tree: Path) -> None:
    """Delete a tree, read-only folders in it too."""
    for folder, _, _ in os.walk(tree):
        Path(folder).chmod(0o755)
    shutil.rmtree(tree)


def time_round(watch: Stopwatch, source: Path, scratch: Path) -> None:
    """Time every row once.

    Args:
        watch: Takes the times.
        source: The SavedModel.
        scratch: An empty directory on the same file system.
    """
    watch.take("cp -r", lambda: copy(source, scratch / "copy"))
    watch.take_at_once("sync of that copy", lambda: make_durable(scratch / "copy"))
    remove(scratch / "copy")
    watch.take("cp -r + sync", lambda: copy_durably(source, scratch / "copy"))
    remove(scratch / "copy")
    watch.take("BLAKE3 of the source", lambda: digest_tree(source))
    watch.take("copy_tree", lambda: copy_tree(source, scratch / "copy"))
    remove(scratch / "copy")
    time_publish(watch, Registry.create(scratch / "registry").model("penguin"), source)
    remove(scratch / "registry")


def time_publish(watch: Stopwatch, model: Model, source: Path) -> None:
    """Time tagging and publishing into a model that has no versions yet."""
    watch.take("tag", lambda: model.tag(source))
    version = model.version("latest").version
    watch.take("publish", lambda: model.push(source, version, EVALUATION))
    if model.state.stable is None:
        msg = "nothing was published"
        raise SystemExit(msg)


def time_pusher(artifact: Path, scratch: Path, runs: int) -> list[float]:
    """Time TFX's Pusher, in a process of its own."""
    path = os.pathsep.join((str(REPOSITORY), str(REPOSITORY / "components")))
    environment = {**os.environ, "PYTHONPATH": path, "TF_CPP_MIN_LOG_LEVEL": "3"}
    command = [sys.executable, "-m", "benchmarks.tfx_pusher", str(artifact), str(scratch), str(runs)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, text=True)
    return [float(seconds) for seconds in json.loads(done.stdout.splitlines()[-1])]


def print_table(watch: Stopwatch) -> None:
    """Print medians, their spread, and their ratios to copying."""
    watch.times["tag + publish"] = [
        sum(pair) for pair in zip(watch.times["tag"], watch.times["publish"], strict=True)
    ]
    plain, durable = watch.median("cp -r"), watch.median("cp -r + sync")
    hashing, pusher = watch.median("BLAKE3 of the source"), watch.median("TFX Pusher")
    columns = ("median", "least", "most", "x cp -r", "x cp+sync", "x BLAKE3", "x Pusher")
    print(f"{'':22}" + "".join(f"{column:>11}" for column in columns))
    for name, times in watch.times.items():
        median = watch.median(name)
        cells = [f"{seconds:.2f} s" for seconds in (median, min(times), max(times))]
        cells += [f"{median / base:.2f}" for base in (plain, durable, hashing, pusher)]
        print(f"{name:22}" + "".join(f"{cell:>11}" for cell in cells))


def main() -> None:
    """Make the model, time every row, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--size", type=float, default=2.0, metavar="GB", help="size of the model (default %(default)s)"
    )
    parser.add_argument("--runs", type=int, default=5, help="rounds (default %(default)s)")
    parser.add_argument("--dir", type=Path, default=None, help="where to work (default: the system's)")
    options = parser.parse_args()
    size = int(options.size * 1e9)
    print(NOTES.format(size=size, runs=options.runs), flush=True)
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="hallmark-benchmark-") as name:
        scratch = Path(name)
        artifact = scratch / "model"
        source = pad_with_asset(copy_saved_model("keras", artifact / "Format-Serving"), size)
        digest_tree(source)
        watch = Stopwatch()
        for _ in range(options.runs):
            time_round(watch, source, scratch)
        watch.times["TFX Pusher"] = time_pusher(artifact, scratch, options.runs)
        print_table(watch)


if __name__ == "__main__":
    main()
