"""Runs the monitoring pipeline on this machine: looks at new data, and says what it means for what serves."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.command_line import ended, runner_parser
from pipeline.config.monitoring import MonitorConfig, load_monitor_config
from pipeline.config.runner import check_kind
from pipeline.local_runner import run_pipeline

if TYPE_CHECKING:
    from ml_metadata.proto import metadata_store_pb2
    from tfx.v1.dsl import Pipeline

_EXAMPLES = """
examples:
  python -m pipeline.monitor --config configs/monitor.yaml
  python -m pipeline.monitor --config configs/monitor.yaml --set data.folder=/srv/new \\
      --set 'data.pattern=span-{SPAN}/*.csv'
  python -m pipeline.monitor --config configs/monitor.yaml --set monitor.auto_rollback=true

exit codes: 0 the pipeline ran (an alert is a normal outcome), 1 it failed, 2 wrong settings
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = runner_parser(
        "pipeline.monitor",
        description="Hold new data against the version that serves, on this machine.",
        examples=_EXAMPLES,
    ).parse_args(arguments)

    def command() -> None:
        config = load_monitor_config(options.config, options.overrides)
        check_kind(config.runner, "local")
        config.monitor.rules()
        run(config, verbose=options.verbose)

    return ended(command)


def run(config: MonitorConfig, *, verbose: bool = False) -> None:
    """Run the pipeline once and say on the terminal what was found; otherwise as `local_runner.run`."""

    def define() -> "Pipeline":
        from pipeline.monitor_pipeline import create_monitor_pipeline

        return create_monitor_pipeline(config)

    def tell(connection: "metadata_store_pb2.ConnectionConfig", run_id: str) -> str:
        from pipeline.run_record import read_findings

        found = read_findings(connection, run_id)
        if "version" not in found:
            return f"nothing of {config.registry.model} is stable: there is nothing to watch\n"
        reference = f"{config.registry.model}@{found['version']}"
        return (
            f"{reference}: {found['outcome']}: {found['summary']}\n"
            f"  for all of it: hallmark show {reference} --root {config.registry.root}\n"
        )

    run_pipeline(config, define, tell, verbose=verbose)


if __name__ == "__main__":
    sys.exit(main())
