"""Which ML Metadata a command works on: `--metadata`, else HALLMARK_METADATA, else `hallmark.yaml` here."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

from tfx_hallmark.cli.settings_file import SETTINGS, read_settings
from tfx_hallmark.registry.errors import ConfigError

if TYPE_CHECKING:
    from tfx_hallmark.lineage.connection.address import Connection

METADATA = "HALLMARK_METADATA"
PASSWORD = "HALLMARK_METADATA_PASSWORD"  # noqa: S105 - the name of a variable
_SQLITE = "sqlite:///"


class NoMetadataError(ConfigError):
    """Nothing says where ML Metadata is."""


def open_connection(metadata: str | None) -> "Connection | None":
    """Return the connection to ML Metadata; None if nothing names one.

    Args:
        metadata: What `--metadata` or its variable gave, if anything.

    Raises:
        MetadataError: If the text names no store, or holds a password.
        ConfigError: If `hallmark.yaml` cannot be used, or ML Metadata is not installed.
    """
    text = configured(metadata)
    if text is None:
        return None
    try:
        from absl import logging

        from tfx_hallmark.lineage.connection.connection_text import parse_connection
    except ImportError as error:
        msg = f"ML Metadata is not installed here ({error}): pip install 'tfx-hallmark[lineage]'"
        raise ConfigError(msg) from error
    # What it gives up it also raises, and that is told in one line.
    logging.set_verbosity(logging.FATAL)
    return parse_connection(text, password=os.environ.get(PASSWORD))


def require_connection(metadata: str | None) -> "Connection":
    """Return the connection to ML Metadata, of a command that is of no use without.

    Raises:
        NoMetadataError: If nothing names a store.
        MetadataError: As `open_connection` does.
        ConfigError: As `open_connection` does.
    """
    connection = open_connection(metadata)
    if connection is None:
        msg = (
            f"no metadata store is given: use --metadata STORE, set {METADATA}, "
            f"or write 'metadata: STORE' into {SETTINGS} here"
        )
        raise NoMetadataError(msg)
    return connection


def configured(metadata: str | None) -> str | None:
    """Return the text that names the store, with an absolute path; None if nothing does. Imports nothing heavy.

    Args:
        metadata: As of `open_connection`.

    Raises:
        ConfigError: If `hallmark.yaml` cannot be used.
    """
    given = metadata or os.environ.get(METADATA)
    return _absolute(given, Path.cwd()) if given else _in_settings()


def _in_settings() -> str | None:
    text = (read_settings(instead="--metadata STORE") or {}).get("metadata")
    if text is None:
        return None
    if not isinstance(text, str) or not text:
        msg = f"{SETTINGS.absolute()} names no metadata store: write 'metadata: STORE' into it, or use --metadata STORE"
        raise ConfigError(msg)
    # The file may be shared; what it says holds wherever it lies.
    return _absolute(text, SETTINGS.parent.absolute())


def _absolute(text: str, folder: Path) -> str:
    scheme, path = (_SQLITE, text.removeprefix(_SQLITE)) if text.startswith(_SQLITE) else ("", text)
    return text if "://" in path or not path else scheme + str(folder / Path(path).expanduser())
