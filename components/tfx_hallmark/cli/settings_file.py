"""`hallmark.yaml` of the working directory: what a command works on where its options do not say."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import ConfigError

SETTINGS = Path("hallmark.yaml")


def read_settings(*, instead: str) -> Mapping[str, Any] | None:
    """Return what the file says; None if there is no such file.

    Args:
        instead: The option that makes the file needless, for the error.

    Raises:
        ConfigError: If it cannot be read, or is no YAML.
    """
    try:
        text = SETTINGS.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        msg = (
            f"{SETTINGS.absolute()} cannot be read ({error}): check its permissions and that it is UTF-8 text"
        )
        raise ConfigError(msg) from error
    # Only here: reading YAML is dear at the start of a command, and most are told otherwise.
    import yaml

    try:
        settings = yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        msg = f"{SETTINGS.absolute()} is no YAML ({reason}): correct it, or use {instead}"
        raise ConfigError(msg) from error
    return settings if isinstance(settings, dict) else {}
