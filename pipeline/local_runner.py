"""Runs the penguin pipeline on this machine, one component after the other."""

import contextlib
import datetime
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from pipeline.command_line import ended, runner_parser
from pipeline.config import Config, load_config
from pipeline.config.runner import check_kind
from pipeline.console import ComponentLines, noise_into
from pipeline.outcome import outcome
from tfx_hallmark.orchestration.failures import first_line, own_error
from tfx_hallmark.registry.storage import explain_os_errors

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2
    from tfx.v1.dsl import Pipeline

    from pipeline.config.monitoring import MonitorConfig

    Define = Callable[[], Pipeline]
    Tell = Callable[[metadata_store_pb2.ConnectionConfig, str], str]

_EXAMPLES = """
examples:
  python -m pipeline.local_runner --config configs/local.yaml
  python -m pipeline.local_runner --config configs/local.yaml --set trainer.learning_rate=1e-5
  python -m pipeline.local_runner --config configs/local.yaml --set trainer.steps=200 \\
      --set 'trainer.hidden_units=[32]'

exit codes: 0 the pipeline ran (a refused model is a normal outcome), 1 it failed, 2 wrong settings
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = runner_parser(
        "pipeline.local_runner",
        description="Train, tag, evaluate and publish a penguin model on this machine.",
        examples=_EXAMPLES,
    ).parse_args(arguments)

    def command() -> None:
        config = load_config(options.config, options.overrides)
        check_kind(config.runner, "local")
        run(config, verbose=options.verbose)

    return ended(command)


def run(config: Config, *, verbose: bool = False) -> None:
    """Run the pipeline once and say on the terminal what happened.

    Args:
        config: The settings of the run.
        verbose: Whether to show what the libraries print, which else goes to a log file under the
            pipeline's root.

    Raises:
        HallmarkError: If a component failed or did not run. What is no HallmarkError becomes a
            RunFailedError, with the traceback in the log.
    """

    def define() -> "Pipeline":
        from pipeline.penguin_pipeline import create_pipeline

        return create_pipeline(config)

    def tell(connection: "metadata_store_pb2.ConnectionConfig", run_id: str) -> str:
        from pipeline.run_record import read_result

        return outcome(config.registry, read_result(connection, run_id))

    run_pipeline(config, define, tell, verbose=verbose)


def run_pipeline(
    config: "Config | MonitorConfig", define: "Define", tell: "Tell", *, verbose: bool = False
) -> None:
    """Run any pipeline once and say on the terminal what happened; otherwise as `run`.

    Args:
        config: The settings of the run.
        define: Makes the pipeline. It imports TensorFlow and TFX, which is slow and noisy, so not before it must.
        tell: Says what a complete run came to, in lines for the terminal.
        verbose: As of `run`.
    """
    # pip is run for each packed module file; its check for a newer pip would use the network.
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    if verbose:
        _run(config, define, tell, sys.stdout, where_details_are="above")
        return
    log_file = Path(config.pipeline.root, "logs", f"{datetime.datetime.now():%Y%m%dT%H%M%S.%f}.log")
    with explain_os_errors(f"creating the log file {log_file}"):
        log_file.parent.mkdir(parents=True, exist_ok=True)
        log_file.touch()
    with noise_into(log_file) as terminal:
        terminal.write(f"pipeline {config.pipeline.name}; details in {log_file}\n")
        _run(config, define, tell, terminal, where_details_are=f"in {log_file}")


def _run(
    config: "Config | MonitorConfig",
    define: "Define",
    tell: "Tell",
    terminal: TextIO,
    *,
    where_details_are: str,
) -> None:
    started = time.monotonic()
    from tfx_hallmark.lineage.connection.log_filter import passwords_hidden
    from tfx_hallmark.lineage.connection.store import prepare_store

    prepare_store(config.metadata.connection())
    from tfx import v1 as _tfx  # noqa: F401 slow, and told as imports rather than as the pipeline

    from pipeline.run_record import RunFailedError, check_run

    terminal.write(f"  {'(imports)':<18}{time.monotonic() - started:6.1f} s\n")
    pipeline = define()
    with _component_lines(terminal) as lines, passwords_hidden():
        try:
            run_id = run_components(pipeline)
        except Exception as error:
            # To the descriptor, because that is what goes into the log.
            os.write(2, traceback.format_exc().encode())
            own = own_error(error)
            if own:
                raise own from None
            what = lines.component or "packing the module file"
            msg = f"{what} failed: {first_line(error)} (details {where_details_are})"
            raise RunFailedError(msg) from None
    check_run(
        pipeline.metadata_connection_config,
        pipeline_name=config.pipeline.name,
        run_id=run_id,
        nodes=[component.id for component in pipeline.components],
    )
    terminal.write(tell(pipeline.metadata_connection_config, run_id))
    terminal.write(f"done in {time.monotonic() - started:.1f} s\n")


def run_components(pipeline: "Pipeline") -> str:
    """Run every component and return the id of the run."""
    from tfx import v1 as tfx

    class Runner(tfx.orchestration.LocalDagRunner):
        # LocalDagRunner chooses the run's id by itself, and writes it nowhere but into the IR it is given.
        run_id = ""

        def run_with_ir(self, pipeline: Any, run_options: Any = None) -> None:
            super().run_with_ir(pipeline, run_options)
            self.run_id = pipeline.runtime_spec.pipeline_run_id.field_value.string_value

    runner = Runner()
    runner.run(pipeline)
    return runner.run_id


@contextlib.contextmanager
def _component_lines(terminal: TextIO) -> Iterator[ComponentLines]:
    from absl import logging as absl_logging

    lines = ComponentLines(terminal)
    logger, verbosity = absl_logging.get_absl_logger(), absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    logger.addHandler(lines)
    try:
        yield lines
    finally:
        logger.removeHandler(lines)
        absl_logging.set_verbosity(verbosity)


if __name__ == "__main__":
    sys.exit(main())
