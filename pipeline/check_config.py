"""Checks a settings file and prints the effective settings, with secrets left out."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

from pipeline.command_line import add_overrides, ended
from pipeline.config import Config, load_config
from pipeline.config.monitoring import MonitorConfig, load_monitor_config
from pipeline.config.source import read_settings

_EXAMPLES = """
examples:
  python -m pipeline.check_config configs/local.yaml
  python -m pipeline.check_config configs/monitor.yaml
  python -m pipeline.check_config configs/airflow.yaml --set runner.retries=3 --json

exit codes: 0 the settings are right, 2 they are not
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)
    return ended(lambda: print(_effective(_load(options.file, options.overrides), as_json=options.json)))


def _load(file: Path, overrides: Sequence[str]) -> Config | MonitorConfig:
    watches = "monitor" in read_settings(file, overrides).values
    return load_monitor_config(file, overrides) if watches else load_config(file, overrides)


def _effective(config: Config | MonitorConfig, *, as_json: bool) -> str:
    settings, beam = config.plain(), config.beam.arguments()
    if as_json:
        return json.dumps({**settings, "beam_pipeline_args": beam}, indent=2)
    return (
        yaml.safe_dump(settings, sort_keys=False, allow_unicode=True) + f"# Beam is given: {' '.join(beam)}"
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.check_config",
        description="Check a settings file, and print what is in effect: variables filled in, no secrets.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="settings, in YAML")
    add_overrides(parser)
    parser.add_argument("--json", action="store_true", help="print JSON in place of YAML")
    return parser


if __name__ == "__main__":
    sys.exit(main())
