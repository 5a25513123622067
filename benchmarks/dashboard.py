"""Times the pages of `hallmark ui` over a model with many versions, and its lineage page over many runs.

Run it from the repository: `python -m benchmarks.dashboard`. What it makes is deleted at the end.
"""

import argparse
import contextlib
import http.client
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec
from fastapi.testclient import TestClient

from benchmarks.registry import MODEL, LogWriter, fake_digest, real_manifest
from tests.lineage.synthetic import PenguinPipeline
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings
from tfx_hallmark.lineage.connection.address import Connection
from tfx_hallmark.lineage.connection.connection_text import parse_connection
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.registry import event_kinds
from tfx_hallmark.registry.manifest import Manifest, Provenance
from tfx_hallmark.registry.objects import object_digest
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import OVERALL, Check, Evidence, MetricValue, Reason, Verdict, VersionAt

COMPONENTS = Path(__file__).parents[1] / "components"
STATIC = "/static/style.css"
SLICES = (OVERALL, "island:Biscoe", "island:Dream", "island:Torgersen", "sex:female", "sex:male")
METRICS = ("sparse_categorical_accuracy", "sparse_categorical_crossentropy")
AT_ONCE = 250  # runs written in one transaction

NOTES = """\
{versions:,} versions, each second one refused, each with a manifest, a verdict of {checks} thresholds and as many
metrics; {runs:,} pipeline runs in a SQLite metadata store. Medians of {repeats} requests, one after the other, after
the first, whose time is beside it: in process (ASGI), and as a client of `hallmark ui` has it over HTTP; in brackets
as a multiple of the same server's answer for a static file. Files are in the page cache.
"""


def write_registry(
    root: Path, versions: int, template: Manifest, made_from: Mapping[int, Provenance]
) -> list[tuple[str, str, str]]:
    """Make a model whose versions all have their records.

    Args:
        root: The registry root to make.
        versions: How many.
        template: A real manifest.
        made_from: The provenance of those versions that a pipeline run is to be found for, by position.

    Returns:
        Version, content digest and manifest digest of each.
    """
    writer = LogWriter(root)
    folder = root / ".hallmark" / MODEL / "objects"
    folder.mkdir()

    def put(value: msgspec.Struct) -> str:
        digest = object_digest(value)
        # Past the store, which waits for the disk each time.
        (folder / digest.removeprefix("b3:")).write_bytes(msgspec.json.encode(value, order="sorted"))
        return digest

    stable: VersionAt | None = None
    made = []
    for number in range(versions):
        version, digest = f"1.{number // 100}.{number % 100}", fake_digest("content", number)
        provenance = made_from.get(number, template.provenance)
        manifest = put(
            msgspec.structs.replace(template, version=version, digest=digest, provenance=provenance)
        )
        writer.write(
            event_kinds.Tagged(
                version=version,
                digest=digest,
                tag=f"{MODEL}_v{version}_2026_01_01",
                manifest=manifest,
                size=2_000_000,
                bump="patch",
                reasons=("only weights changed",),
                compared_with=None if stable is None else stable.version,
            )
        )
        verdict = _verdict(number, version, digest, stable, put(_evidence(number)))
        stable = _decide(writer, number, verdict, put(verdict)) or stable
        made.append((version, digest, manifest))
    return made


def _evidence(number: int) -> Evidence:
    values = tuple(
        MetricValue(metric=metric, slice=where, value=0.5 + number % 1000 / 2500)
        for metric in METRICS
        for where in SLICES
    )
    return Evidence(validation_ok=number % 2 == 0, metrics=values, baseline_metrics=values)


def _verdict(number: int, version: str, digest: str, stable: VersionAt | None, evidence: str) -> Verdict:
    passed = number % 2 == 0
    return Verdict(
        model=MODEL,
        version=version,
        digest=digest,
        outcome="published" if passed else "refused",
        bootstrap=stable is None,
        baseline=stable,
        compared_with=stable,
        reasons=(
            Reason(
                "better" if passed else "not_better", "it beats what was stable" if passed else "it does not"
            ),
        ),
        checks=tuple(
            Check(
                metric=metric,
                slice=where,
                rule="change",
                threshold="better by more than 0",
                candidate=0.5 + number % 1000 / 2500,
                baseline=0.5,
                improvement=0.1,
                margin=0.1,
                passed=passed,
            )
            for metric in METRICS
            for where in SLICES
        ),
        evidence=evidence,
    )


def _decide(writer: LogWriter, number: int, verdict: Verdict, stored: str) -> VersionAt | None:
    baseline = None if verdict.baseline is None else verdict.baseline.version
    if not verdict.passed:
        summary = "not better: sparse_categorical_accuracy on Overall is 0.8000 against 0.8000"
        writer.write(
            event_kinds.Refused(
                version=verdict.version,
                digest=verdict.digest,
                baseline=baseline,
                verdict=stored,
                summary=summary,
            )
        )
        return None
    release = number // 2 + 1
    writer.write(
        event_kinds.Published(
            version=verdict.version,
            digest=verdict.digest,
            release=release,
            staging=verdict.digest[3:35],
            labels=("stable",),
            baseline=baseline,
            verdict=stored,
            bootstrap=verdict.bootstrap,
        )
    )
    return VersionAt(verdict.version, release, verdict.digest)


def write_runs(connection: Connection, root: Path, runs: int) -> PenguinPipeline:
    """Make a metadata store of many runs; return the pipeline that they are of."""
    initialise_store(connection)
    pipeline = PenguinPipeline(open_store(connection), registry_root=str(root))
    for first in range(0, runs, AT_ONCE):
        pipeline.runs([f"0.{number}.0" for number in range(first, min(first + AT_ONCE, runs))])
    return pipeline


def write_both(
    root: Path, connection: Connection, options: argparse.Namespace, template: Manifest
) -> list[tuple[str, str, str]]:
    """Make the registry and the store, in which the last two versions have their runs."""
    pipeline = write_runs(connection, root, options.runs)
    last = range(options.versions - 2, options.versions)
    trained = {number: pipeline.train(settings={"number": number}) for number in last}
    made_from = {number: pipeline.provenance(run) for number, run in trained.items()}
    made = write_registry(root, options.versions, template, made_from)
    for number, run in trained.items():
        version, digest, manifest = made[number]
        pipeline.tag(run, version, digest, manifest=manifest)
        pipeline.push(run, "published", release=1)
    return made


@contextlib.contextmanager
def served(root: Path, metadata: Path) -> Iterator[Callable[[str], None]]:
    """Run `hallmark ui`; give what requests a path over one connection that is kept open."""
    command = [sys.executable, "-m", "tfx_hallmark.cli.main", "ui", "--port", "0", "--root", str(root)]
    process = subprocess.Popen(
        [*command, "--metadata", str(metadata)],
        env={**os.environ, "PYTHONPATH": str(COMPONENTS)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://([^:]+):(\d+)/", process.stdout.readline())
        assert found
        connection = http.client.HTTPConnection(found[1], int(found[2]))

        def get(path: str) -> None:
            connection.request("GET", path)
            answer = connection.getresponse()
            assert answer.status == 200, (path, answer.status, answer.read())
            answer.read()

        yield get
    finally:
        process.terminate()
        process.wait()


def in_process(settings: Settings) -> Callable[[str], None]:
    """Give what requests a path of an application in this process."""
    client = TestClient(create_app(settings), base_url="http://127.0.0.1")

    def get(path: str) -> None:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)

    return get


def milliseconds(get: Callable[[str], None], path: str, repeats: int) -> tuple[float, float]:
    """Return the time of the first request, and the median of those after it."""
    times = []
    for _ in range(repeats + 1):
        began = time.perf_counter()
        get(path)
        times.append(1000 * (time.perf_counter() - began))
    return times[0], statistics.median(times[1:])


def measure(get: Callable[[str], None], paths: dict[str, str], repeats: int) -> dict[str, str]:
    """Time each page; return a cell of the table for each."""
    get(STATIC)
    _, static = milliseconds(get, STATIC, repeats)
    cells = {"a static file": f"{static:.1f} ms"}
    for name, path in paths.items():
        first, median = milliseconds(get, path, repeats)
        cells[name] = f"{median:.0f} ms ({median / static:.0f} x), first {first:.0f} ms"
    return cells


def main() -> None:
    """Make the registry and the store, time the pages, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--versions", type=int, default=10_000, help="default %(default)s")
    parser.add_argument("--runs", type=int, default=10_000, help="runs in ML Metadata (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=15, help="requests of each page (default %(default)s)")
    options = parser.parse_args()
    print(NOTES.format(**vars(options), checks=len(METRICS) * len(SLICES)))
    with tempfile.TemporaryDirectory(prefix="hallmark-benchmark-") as scratch:
        root, file = Path(scratch) / "registry", Path(scratch) / "metadata.sqlite"
        connection = parse_connection(str(file))
        made = write_both(root, connection, options, real_manifest(Path(scratch) / "template"))
        Registry.open(root).model(MODEL)  # saves the checkpoint that any registry of this age has
        last, before = made[-1][0], made[-2][0]
        page = f"/models/{MODEL}"
        paths = {
            "models": "/",
            "a model": page,
            "a model, searched": f"{page}?q=1.7",
            "a model, by version": f"{page}?sort=version",
            "a version": f"{page}/versions/{last}",
            "two compared": f"{page}/compare?version={before}&version={last}",
            "audit": "/audit",
            "metrics": "/metrics",
            "lineage": f"{page}/versions/{last}/lineage",
            "API: versions": f"/api{page}/versions",
            "API: all events": f"/api{page}/events?limit=1000",
            "API: lineage": f"/api{page}/versions/{last}/lineage",
        }
        asgi = measure(in_process(Settings(root=root, metadata=connection)), paths, options.repeats)
        with served(root, file) as get:
            over_http = measure(get, paths, options.repeats)
        print(f"{'':22}{'in process':>34}{'over HTTP':>34}")
        for name, cell in asgi.items():
            print(f"{name:22}{cell:>34}{over_http[name]:>34}")


if __name__ == "__main__":
    main()
