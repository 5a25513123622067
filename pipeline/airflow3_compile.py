"""Compiles the penguin pipeline to the file that Airflow 3 plans by and its tasks run from."""

import argparse
import datetime
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path

from pipeline.command_line import ended, settings_parser
from pipeline.config import Config, load_config
from pipeline.config.runner import check_kind
from pipeline.console import noise_into
from tfx_hallmark.orchestration.compiled import CompiledPipeline, CompiledPipelineError, compile_pipeline
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.storage import explain_os_errors

_EXAMPLES = """
examples:
  python -m pipeline.airflow3_compile --config configs/airflow.yaml --out /srv/airflow/dags/penguin.json

Do so in the TFX environment whenever the settings, the pipeline or TFX changes, e.g. in the deployment.
Runs take up the new file with their next task, so deploy while no run is going on.

exit codes: 0 compiled, 1 failed, 2 wrong settings
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)

    def command() -> None:
        compiled = _compile(load_config(options.config, options.overrides), options.out)
        print(f"compiled {compiled.name}: {len(compiled.nodes)} nodes, TFX {compiled.tfx}, in {options.out}")
        if compiled.password_left_out:
            print(
                "The metadata password is not in it: set HALLMARK_METADATA_PASSWORD where Airflow's tasks run."
            )

    return ended(command)


def _compile(config: Config, file: Path) -> CompiledPipeline:
    check_kind(config.runner, "airflow")
    log_file = Path(config.pipeline.root, "logs", f"compile-{datetime.datetime.now():%Y%m%dT%H%M%S.%f}.log")
    with explain_os_errors(f"creating the log file {log_file}"):
        log_file.parent.mkdir(parents=True, exist_ok=True)
        log_file.touch()
    # pip packs the module files; its check for a newer pip would use the network.
    os.environ.setdefault("PIP_DISABLE_PIP_VERSION_CHECK", "1")
    with noise_into(log_file):
        try:
            # This imports TensorFlow and TFX, which is slow and noisy.
            from pipeline.penguin_pipeline import create_pipeline

            return compile_pipeline(
                create_pipeline(config), file, settings=config.runner.model_dump(mode="json")
            )
        except HallmarkError:
            raise
        except Exception as error:
            # To the descriptor, because that is what goes into the log.
            os.write(2, traceback.format_exc().encode())
            msg = f"the pipeline cannot be compiled: {type(error).__name__} (details in {log_file})"
            raise CompiledPipelineError(msg) from None


def _parser() -> argparse.ArgumentParser:
    parser = settings_parser(
        "pipeline.airflow3_compile",
        description="Compile the penguin pipeline for pipeline/airflow3_dag.py.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FILE",
        help="the compiled pipeline; replaced if it is there",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
