"""Times TFX's data work on a few million rows: Beam in one process against two worker processes.

Run it from the repository, with TFX installed: `python -m benchmarks.beam_runners`. What it makes is
deleted at the end; it needs about 500 bytes of disk per row.
"""

import argparse
import contextlib
import multiprocessing
import os
import platform
import tempfile
from pathlib import Path

import numpy as np

from pipeline.config.beam import InMemory, MultiProcessing

FILES = 16  # of CSV; Beam shares them out among workers
COLUMNS = "trip_miles,fare,trip_seconds,trip_start_hour,payment_type,company,tips"
COMPANIES = [f"Company {number}" for number in range(50)]

NOTES = """\
{rows:,} generated taxi trips of 7 columns in {files} CSV files ({size:.0f} MB), read by a TFX pipeline of
two components on LocalDagRunner; a fresh process for each runner, {cpus} CPUs, load {load:.1f} at the start.
  CsvExampleGen  parses every row in Python and shuffles it: the most work per row that TFX has, as Transform
                 has it when it writes transformed rows
  StatisticsGen  reads every row and sums it up in C++: little work per row, as in Transform's analysis and in
                 evaluating a small model; starting the workers weighs more
Wall time of a component is from start to end of its execution in ML Metadata, with starting the workers in it.
"""


def write_rows(folder: Path, rows: int) -> None:
    """Write trips as CSV files, the same ones each time.

    Args:
        folder: Where to.
        rows: How many in all.
    """
    random = np.random.default_rng(1)
    for number, part in enumerate(np.array_split(np.arange(rows), FILES)):
        count = len(part)
        miles = random.gamma(2, 3, count)
        fare = 3 + 2 * miles + random.random(count)
        columns = (
            np.char.mod("%.2f", miles),
            np.char.mod("%.2f", fare),
            np.char.mod("%d", miles * 180 + random.integers(0, 300, count)),
            np.char.mod("%d", random.integers(0, 24, count)),
            random.choice(["Cash", "Credit Card", "Mobile", ""], count),
            random.choice(COMPANIES, count),
            np.char.mod("%.2f", fare * random.random(count) * 0.4),
        )
        with (folder / f"trips-{number:02d}.csv").open("w") as file:
            file.write(f"{COLUMNS}\n")
            file.writelines(",".join(row) + "\n" for row in zip(*columns, strict=True))


def run(data: Path, folder: Path, beam_arguments: list[str]) -> None:
    """Run the pipeline once; what the libraries print goes to a file in the folder.

    Args:
        data: The CSV files.
        folder: For artifacts and ML Metadata.
        beam_arguments: Options of Beam.
    """
    with (folder / "log").open("w") as log, contextlib.redirect_stdout(log):
        os.dup2(log.fileno(), 2)
        from tfx import v1 as tfx

        gen = tfx.components.CsvExampleGen(input_base=str(data))
        statistics = tfx.components.StatisticsGen(examples=gen.outputs["examples"])
        pipeline = tfx.dsl.Pipeline(
            pipeline_name="benchmark",
            pipeline_root=str(folder / "artifacts"),
            metadata_connection_config=tfx.orchestration.metadata.sqlite_metadata_connection_config(
                str(folder / "metadata.sqlite")
            ),
            components=[gen, statistics],
            beam_pipeline_args=beam_arguments,
        )
        tfx.orchestration.LocalDagRunner().run(pipeline)


def seconds(folder: Path) -> dict[str, float]:
    """Return the wall time of each component, from ML Metadata."""
    from ml_metadata.metadata_store import metadata_store
    from ml_metadata.proto import metadata_store_pb2

    connection = metadata_store_pb2.ConnectionConfig()
    connection.sqlite.filename_uri = str(folder / "metadata.sqlite")
    store = metadata_store.MetadataStore(connection)
    names = {kind.id: kind.name.rpartition(".")[2] for kind in store.get_execution_types()}
    return {
        names[execution.type_id]: (execution.last_update_time_since_epoch - execution.create_time_since_epoch)
        / 1000
        for execution in sorted(store.get_executions(), key=lambda execution: execution.id)
    }


def measure(data: Path, folder: Path, beam_arguments: list[str]) -> dict[str, float]:
    """Run the pipeline in a process of its own and return the wall time of each component, seconds.

    Raises:
        SystemExit: If it failed; with the end of what it printed.
    """
    folder.mkdir()
    # Spawned, not forked: Beam and TensorFlow start threads.
    process = multiprocessing.get_context("spawn").Process(target=run, args=(data, folder, beam_arguments))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("".join((folder / "log").read_text().splitlines(keepends=True)[-30:]))
    return seconds(folder)


def main() -> None:
    """Generate the rows, time both runners, print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=2_000_000, help="how many rows (default %(default)s)")
    parser.add_argument("--workers", type=int, default=2, help="worker processes (default %(default)s)")
    parser.add_argument("--dir", type=Path, default=None, help="where to work (default: the system's)")
    options = parser.parse_args()
    runners = {
        "in_memory": InMemory(runner="in_memory", extra=[]),
        "multi_processing": MultiProcessing(runner="multi_processing", workers=options.workers, extra=[]),
    }
    with tempfile.TemporaryDirectory(dir=options.dir, prefix="hallmark-benchmark-") as name:
        data = Path(name, "data")
        data.mkdir()
        write_rows(data, options.rows)
        size = sum(file.stat().st_size for file in data.iterdir()) / 1e6
        load = os.getloadavg()[0]
        print(
            NOTES.format(rows=options.rows, files=FILES, size=size, cpus=os.cpu_count(), load=load),
            flush=True,
        )
        times = {
            runner: measure(data, Path(name, runner), section.arguments())
            for runner, section in runners.items()
        }
    alone, shared = times["in_memory"], times["multi_processing"]
    heading = f"{options.workers} workers, s"
    print(f"{'Python ' + platform.python_version():<16}{'in memory, s':>14}{heading:>14}{'speed-up':>10}")
    for component in alone:
        print(
            f"{component:<16}{alone[component]:>14.1f}{shared[component]:>14.1f}"
            f"{alone[component] / shared[component]:>10.2f}"
        )


if __name__ == "__main__":
    main()
