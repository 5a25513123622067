"""Times searches among the versions of a model, as processes, on a registry where every version has its records.

Run it from the repository: `python -m benchmarks.search`. What it makes is deleted at the end.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import msgspec
from blake3 import blake3

from benchmarks.registry import COMPONENTS, MODEL, LogWriter, fake_digest, real_manifest, seconds
from tfx_hallmark.registry import event_kinds, events
from tfx_hallmark.registry.manifest import Manifest, Provenance
from tfx_hallmark.registry.verdict import OVERALL, Evidence, MetricValue, Reason, Verdict

NOTES = """\
Each time is the wall time of a whole process, median of {runs} runs, of `hallmark list` with what stands there.
Every version has a manifest ({manifest:,} bytes), a verdict and evidence ({evidence:,} bytes) of its own, and files
are in the page cache."""

SEARCHES = (
    (),
    ("--where", "status = 'refused' and created > '2025-05-01' and version > '1.0.100'"),
    ("--sort", "-size", "--columns", "version,size,label"),
    ("--where", "hyperparameters.units > 8 and status = 'published'"),
    ("--where", "metrics.accuracy > 0.9"),
    (
        "--where",
        "metrics.accuracy[island:Biscoe] > 0.9 and hyperparameters.units > 8",
        "--sort",
        "-metrics.accuracy",
    ),
)


class ObjectWriter:
    """Writes objects much faster than storing them: without fsync.

    Args:
        root: The registry root.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / ".hallmark" / MODEL / "objects"
        self._folder.mkdir(parents=True)
        self.bytes: dict[str, int] = {}

    def write(self, value: msgspec.Struct) -> str:
        """Write an object and return its digest."""
        data = msgspec.json.encode(value, order="sorted")
        digest = blake3(data).hexdigest()
        (self._folder / digest).write_bytes(data)
        self.bytes[type(value).__name__] = len(data)
        return f"b3:{digest}"


def history(versions: int, template: Manifest, objects: ObjectWriter) -> Iterator[events.Data]:
    """Write the records of versions and make their events: each second one refused, the others published."""
    for number in range(versions):
        version, digest = f"1.0.{number}", fake_digest("content", number)
        accuracy = 0.5 + number / versions / 2
        metrics = tuple(
            MetricValue(metric=metric, slice=where, value=accuracy)
            for where in (OVERALL, "island:Biscoe", "island:Dream", "island:Torgersen")
            for metric in ("accuracy", "auc", "example_count")
        )
        outcome = "refused" if number % 2 else "published"
        verdict = objects.write(
            Verdict(
                model=MODEL,
                version=version,
                digest=digest,
                outcome=outcome,
                reasons=(Reason("not_better" if number % 2 else "better", "as measured"),),
                evidence=objects.write(Evidence(validation_ok=True, metrics=metrics, eval_config="{}" * 500)),
            )
        )
        provenance = Provenance(hyperparameters={"units": number % 32}, seed=number)
        manifest = objects.write(
            msgspec.structs.replace(template, version=version, digest=digest, provenance=provenance)
        )
        yield event_kinds.Tagged(
            version=version,
            digest=digest,
            tag=version,
            manifest=manifest,
            size=2_000_000 + number,
            bump="patch",
            reasons=("only weights changed",),
            compared_with=None,
        )
        if number % 2:
            yield event_kinds.Refused(
                version=version, digest=digest, baseline=None, verdict=verdict, summary="not better"
            )
        else:
            yield event_kinds.Published(
                version=version,
                digest=digest,
                release=number // 2 + 1,
                staging=digest[3:35],
                labels=("stable",),
                baseline=None,
                verdict=verdict,
            )


def main() -> None:
    """Make the registry, time the searches, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--versions", type=int, default=10_000, help="how many (default %(default)s)")
    parser.add_argument("--runs", type=int, default=5, help="runs of each search (default %(default)s)")
    parser.add_argument("--dir", type=Path, default=None, help="where to make it (default: the system's)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="hallmark-benchmark-") as scratch:
        root = Path(scratch) / "root"
        writer, objects = LogWriter(root), ObjectWriter(root)
        for data in history(options.versions, real_manifest(Path(scratch) / "template"), objects):
            writer.write(data)
        sizes = objects.bytes
        print(NOTES.format(runs=options.runs, manifest=sizes["Manifest"], evidence=sizes["Evidence"]))
        environment = {**os.environ, "PYTHONPATH": str(COMPONENTS), "HALLMARK_ROOT": str(root)}
        # Without compiled bytecode every start would compile the package anew.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        for search in SEARCHES:
            command = [sys.executable, "-m", "tfx_hallmark.cli.main", "list", MODEL, *search]
            subprocess.run(command, env=environment, stdout=subprocess.DEVNULL, check=True)
            taken = statistics.median(seconds(command, environment) for _ in range(options.runs))
            print(
                f"{options.versions:>9,}  {1000 * taken:7.0f} ms  {' '.join(search) or '(nothing)'}",
                flush=True,
            )


if __name__ == "__main__":
    main()
