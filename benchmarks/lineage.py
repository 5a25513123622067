"""Times the lineage of one version, and the impact of what all versions share, as the store grows.

Run it from the repository: `python -m benchmarks.lineage`. What it makes is deleted at the end.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ml_metadata.metadata_store.metadata_store import MetadataStore
from ml_metadata.proto import metadata_store_pb2 as mlmd

from tests.lineage.synthetic import PenguinPipeline, SyntheticRun
from tfx_hallmark.lineage.connection.store import initialise_store, open_store
from tfx_hallmark.lineage.lineage import Lineage
from tfx_hallmark.registry.registry import Registry

AT_ONCE = 250  # runs written in one transaction
REPEATS = 25

NOTES = """\
A SQLite store in which every run of a ten-node pipeline has one and the same cached Examples artifact, and
trains, tags, evaluates and pushes a version of its own. In process, medians of {repeats}; in brackets as a
multiple of one bare get_artifacts_by_id. `impact` is that of the shared Examples on every version, once.
"""


def build(store: MetadataStore, pipeline: PenguinPipeline, start: int, end: int) -> SyntheticRun:
    """Write runs, and return the last."""
    runs: list[SyntheticRun] = []
    for number in range(start, end, AT_ONCE):
        runs = pipeline.runs([f"1.{minor}.0" for minor in range(number, min(number + AT_ONCE, end))])
    return runs[-1]


def median_ms(call: Callable[[], object], repeats: int = REPEATS) -> float:
    """Return the median time of a call in milliseconds."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000


def measure(lineage: Lineage, store: MetadataStore, runs: int, run: SyntheticRun) -> None:
    """Print the times for a store of some number of runs."""
    version, examples = run.artifact("VersionTagger.model_version"), run.artifact("CsvExampleGen.examples")
    bare = median_ms(lambda: store.get_artifacts_by_id([version]), 200)
    line = f"{runs:>7,}  {bare:9.3f}"
    for direction in ("upstream", "downstream", "both"):
        taken = median_ms(lambda direction=direction: lineage.around(version, direction=direction))
        line += f"  {taken:8.1f} ({taken / bare:4.0f} x)"
    began = time.perf_counter()
    impact = lineage.impact(f"artifact:{examples}")
    print(f"{line}  {time.perf_counter() - began:8.2f} s", flush=True)
    assert len(impact.versions) == runs


def main() -> None:
    """Build the stores and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 1_000, 10_000], help="sizes, growing")
    sizes = parser.parse_args().runs
    print(NOTES.format(repeats=REPEATS))
    print(
        f"{'runs':>7}  {'bare, ms':>9}  {'upstream, ms':>17}  {'downstream, ms':>17}  {'both, ms':>17}  impact"
    )
    with tempfile.TemporaryDirectory() as folder:
        config = mlmd.ConnectionConfig()
        config.sqlite.filename_uri = str(Path(folder) / "metadata.sqlite")
        initialise_store(config)
        store = open_store(config)
        pipeline = PenguinPipeline(store)
        lineage = Lineage(Registry.create(Path(folder) / "registry"), store)
        for before, size in zip([0, *sizes], sizes, strict=False):
            measure(lineage, store, size, build(store, pipeline, before, size))


if __name__ == "__main__":
    main()
