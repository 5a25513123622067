"""Times a rollback of a large model against reading and copying it, and the adoption of many releases.

Run it from the repository: `python -m benchmarks.operations`. What it makes is deleted at the end; it needs room
for three copies of the model.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import msgspec

from benchmarks.publish import Stopwatch, copy, remove
from tests.saved_models import change_weights, copy_saved_model, pad_with_asset
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.tree import digest_file, digest_tree

REPOSITORY = Path(__file__).parents[1]

NOTES = """\
One model of two versions: 1.0.0 of {size:,} bytes, 1.0.1 of a few kB; {runs} rounds, medians of wall time. Its files
are in the page cache before every row. `rollback` goes back to 1.0.0: it makes sure by its stamp that nothing wrote to
its files since they were read, links, commits and exposes; `read` has no stamp, and so reads and hashes every byte.
`command` is the same as a process of its own, `hallmark rollback`, its start included; `command, small` goes back to
1.0.1. A rollback may not copy: the bytes that it took on the disk stand below. Adoption: {releases} releases of a
small model, in timestamped directories.
"""


def make_registry(work: Path, size: int) -> Model:
    """Publish a large version and a small one."""
    model = Registry.create(work / "root").model("penguin")
    for number in range(2):
        candidate = change_weights(copy_saved_model("linear", work / f"candidate{number}"), number)
        if number == 0:
            pad_with_asset(candidate, size)
        model.push_unchecked(candidate, model.tag(candidate).version, reason="benchmark")
        remove(candidate)
    return model


def set_policy(model: Model, policy: ServingPolicy) -> None:
    """Change the serving policy of the model's root."""
    Registry.open(model.path.parent).settings.change(
        lambda before: msgspec.structs.replace(before, serving_policy=policy),
        actor="benchmark",
        reason="benchmark",
    )


def without_stamp(model: Model, roll_back: Callable[[], object]) -> Callable[[], object]:
    """Return a rollback before which the model's stamps are lost."""

    def lose_and_roll_back() -> None:
        shutil.rmtree(model.path.parent / ".hallmark" / model.name / "stamps")
        roll_back()

    return lose_and_roll_back


def used(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk, each file once."""
    return (
        int(subprocess.run(["du", "-sk", str(folder)], check=True, capture_output=True).stdout.split()[0])
        << 10
    )


def command(root: Path, version: str) -> None:
    """Roll back by the command."""
    line = ["rollback", "penguin", "--to", version, "--reason", "benchmark", "--root", str(root)]
    subprocess.run(
        [sys.executable, "-m", "tfx_hallmark.cli.main", *line],
        check=True,
        capture_output=True,
        env={**os.environ, "HALLMARK_METADATA": "", "PYTHONPATH": str(REPOSITORY / "components")},
    )


def time_rollbacks(watch: Stopwatch, work: Path, size: int, runs: int) -> int:
    """Time every row about rollbacks; return the bytes that one to the large version took on the disk."""
    model = make_registry(work, size)
    large = model.release_path(1)
    content = digest_tree(large)
    taken = 0

    def back() -> None:
        model.rollback(to="1.0.0", reason="benchmark")

    def command_back() -> None:
        command(work / "root", "1.0.0")

    def forth() -> None:
        model.rollback(to="1.0.1", reason="benchmark")

    for _ in range(runs):
        watch.take("cat", lambda: subprocess.run(f"cat {large}/assets/* > /dev/null", shell=True, check=True))
        watch.take("BLAKE3, one thread", lambda: [digest_file(large, one.path) for one in content.files])
        watch.take("BLAKE3 of the release", lambda: digest_tree(large))
        watch.take("cp -r", lambda: copy(large, work / "copy"))
        remove(work / "copy")
        for policy in ("latest", "labels"):
            set_policy(model, policy)
            before = used(work / "root")
            watch.take(f"rollback, {policy}", back)
            taken = max(taken, used(work / "root") - before)
            watch.take(f"command, small, {policy}", lambda: command(work / "root", "1.0.1"))
            watch.take(f"command, {policy}", command_back)
            forth()
            watch.take(f"rollback, read, {policy}", without_stamp(model, back))
            forth()
            watch.take(f"command, read, {policy}", without_stamp(model, command_back))
            forth()
    return taken


def time_adoption(watch: Stopwatch, work: Path, releases: int) -> None:
    """Time the adoption of a directory as TFX Pusher fills it."""
    base = work / "adopted" / "penguin"
    for number in range(releases):
        change_weights(copy_saved_model("linear", base / str(1_700_000_000 + number)), number)
    watch.take("hashing of all releases", lambda: [digest_tree(path) for path in sorted(base.iterdir())])
    watch.take("adopt", lambda: Registry.adopt(base, reason="benchmark"))
    first = Registry.open(base.parent).model("penguin").state
    watch.take("adopt again", lambda: Registry.adopt(base, reason="benchmark"))
    assert Registry.open(base.parent).model("penguin").state == first
    assert len(first.releases) == releases


def main() -> None:
    """Run the rounds and print the times."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=2_000_000_000, metavar="BYTES")
    parser.add_argument("--runs", type=int, default=3, metavar="N")
    parser.add_argument("--releases", type=int, default=500, metavar="N")
    parser.add_argument("--directory", type=Path, help="where to work; by default the temporary directory")
    parser.add_argument("--json", action="store_true", help="print the times alone, as JSON")
    options = parser.parse_args()
    watch = Stopwatch()
    work = Path(tempfile.mkdtemp(prefix="operations-", dir=options.directory))
    try:
        taken = time_rollbacks(watch, work, options.size, options.runs)
        time_adoption(watch, work, options.releases)
    finally:
        remove(work)
    if options.json:
        print(json.dumps({"times": watch.times, "bytes_taken": taken}))
        return
    print(NOTES.format(size=options.size, runs=options.runs, releases=options.releases))
    copying = watch.median("cp -r")
    for name in watch.times:
        median = watch.median(name)
        print(f"{name:26} {median:8.3f} s   {median / copying:6.2f} x cp -r")
    print(f"\na rollback took {taken:,} bytes on the disk")


if __name__ == "__main__":
    main()
