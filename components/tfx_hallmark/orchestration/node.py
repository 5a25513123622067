"""Runs one node of a compiled pipeline; what an orchestrator starts as a task."""

import argparse
import importlib.util
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from tfx_hallmark.orchestration.compiled import CompiledPipeline, CompiledPipelineError, read_compiled
from tfx_hallmark.orchestration.failures import first_line, own_error
from tfx_hallmark.registry.errors import ConfigError, HallmarkError

DONE = 0
FAILED = 1
USAGE = 2
SKIPPED = 99  # by which Airflow's BashOperator knows it

_EXAMPLES = """
examples:
  python -m tfx_hallmark.orchestration.node penguin.json CsvExampleGen --run-id=2026-11-21
  python -m tfx_hallmark.orchestration.node penguin.json StatisticsGen --run-id=2026-11-21

A node that failed or was killed is tried again by the same command. One that ended well in a run is not
run again in it. Of a database of ML Metadata, the password comes from HALLMARK_METADATA_PASSWORD.

exit codes: 0 the node ended well, now or earlier in the run; 1 it failed; 2 it cannot be run so;
99 it was skipped, for its condition (tfx.dsl.Cond) does not hold
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    try:
        return _run(options.compiled, options.node, options.run_id)
    except (CompiledPipelineError, ConfigError) as error:
        return _fail(str(error), USAGE)
    except HallmarkError as error:
        return _fail(str(error), FAILED)
    except KeyboardInterrupt:
        return _fail("interrupted", FAILED)


def _run(file: Path, node_id: str, run_id: str) -> int:
    compiled = read_compiled(file)
    _check(compiled, file, node_id, run_id)
    # These import TensorFlow, so not before it is known that the node can be run.
    from absl import logging

    from tfx_hallmark.orchestration.launching import Ending, NodeFailedError, launch_node

    logging.set_verbosity(logging.INFO)
    try:
        ending = launch_node(compiled, node_id, run_id=run_id)
    except Exception as error:
        own = own_error(error)
        if own:
            raise own from None
        traceback.print_exc()
        msg = f"{node_id} failed: {first_line(error)} (traceback above)"
        raise NodeFailedError(msg) from None
    sys.stdout.write(f"{node_id} of run {run_id}: {ending.value}\n")
    return SKIPPED if ending is Ending.SKIPPED else DONE


def _check(compiled: CompiledPipeline, file: Path, node_id: str, run_id: str) -> None:
    """Raise an error if the node cannot be run by this command in this environment."""
    ids = [node.id for node in compiled.nodes]
    if node_id not in ids:
        msg = f"pipeline {compiled.name} in {file} has no node '{node_id}': it has {', '.join(ids)}"
        raise CompiledPipelineError(msg)
    if not run_id:
        msg = "--run-id is empty: give each run of the pipeline an id of its own"
        raise ConfigError(msg)
    if importlib.util.find_spec("tfx") is None:
        msg = (
            f"{sys.executable} has no TFX: use the interpreter of the TFX environment, e.g. {compiled.python}"
        )
        raise ConfigError(msg)
    import tfx

    if tfx.__version__ != compiled.tfx:
        msg = (
            f"{file} was compiled by TFX {compiled.tfx}, and this is TFX {tfx.__version__}: "
            "compile it again by this one"
        )
        raise CompiledPipelineError(msg)


def _fail(message: str, code: int) -> int:
    sys.stderr.write(f"error: {message}\n")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tfx_hallmark.orchestration.node",
        description="Run one node of a compiled pipeline in the TFX environment.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("compiled", type=Path, metavar="COMPILED", help="the compiled pipeline")
    parser.add_argument("node", metavar="NODE", help="id of the node, e.g. Trainer")
    parser.add_argument(
        "--run-id", required=True, metavar="ID", help="id of the run, the same for all its nodes"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
