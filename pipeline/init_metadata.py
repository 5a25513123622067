"""Makes the database and tables of ML Metadata that a settings file names, once, before the first run."""

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pipeline.command_line import ended, settings_parser
from pipeline.config import Config, load_config
from tfx_hallmark.registry.errors import ConfigError

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection

_EXAMPLES = """
examples:
  python -m pipeline.init_metadata --config configs/airflow.yaml
  python -m pipeline.init_metadata --config configs/airflow.yaml --upgrade

Credentials come from the environment, by the variables that the settings name.

exit codes: 0 the store is ready, 1 it is not, 2 wrong settings
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code.

    Args:
        arguments: The arguments; by default those of the process.
    """
    options = _parser().parse_args(arguments)

    def command() -> None:
        config = load_config(options.config, options.overrides)
        print(upgrade(config) if options.upgrade else initialise(config))

    return ended(command)


def initialise(config: Config) -> str:
    """Make database and tables where there are none, and return what was done.

    Args:
        config: The settings, of which only the section `metadata` counts.

    Raises:
        ConfigError: If the runner keeps a store of its own.
        MetadataError: If the store cannot be reached or made.
    """
    from tfx_hallmark.lineage.connection.address import address_of
    from tfx_hallmark.lineage.connection.store import initialise_store

    connection = _connection(config)
    if initialise_store(connection):
        return f"made ML Metadata's tables in {address_of(connection)}"
    return f"nothing to do: {address_of(connection)} is ready"


def upgrade(config: Config) -> str:
    """Upgrade the tables of an older ML Metadata, and return what was done.

    Args:
        config: The settings, of which only the section `metadata` counts.

    Raises:
        ConfigError: If the runner keeps a store of its own.
        MetadataError: If the store cannot be reached, is not initialised, or is of a newer ML Metadata.
    """
    from tfx_hallmark.lineage.connection.address import address_of
    from tfx_hallmark.lineage.connection.store import upgrade_store

    connection = _connection(config)
    if upgrade_store(connection):
        return f"upgraded ML Metadata's tables in {address_of(connection)}"
    return f"nothing to do: {address_of(connection)} is up to date"


def _connection(config: Config) -> "Connection":
    connection = config.metadata.connection()
    if connection is None:
        msg = f"nothing to initialise: runner {config.runner.kind} has a metadata store of its own"
        raise ConfigError(msg)
    return connection


def _parser() -> argparse.ArgumentParser:
    parser = settings_parser(
        "pipeline.init_metadata",
        description="Make the database and tables of ML Metadata, once, before the first run. May be repeated.",
        examples=_EXAMPLES,
    )
    parser.add_argument(
        "--upgrade",
        action="store_true",
        help="upgrade tables that an older ML Metadata made; back them up first",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
