"""Where RegistryPusher finds the key that it signs with: a path, for a key has no place in ML Metadata."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import ConfigError

VARIABLE = "HALLMARK_SIGNING_KEY"


def check_path(signing_key: str | None) -> str | None:
    """Return a component's parameter `signing_key`, once it is sure to be no key.

    Raises:
        ConfigError: If it is a key itself, or empty.
    """
    if signing_key is not None and ("-----BEGIN" in signing_key or not signing_key.strip()):
        msg = (
            "signing_key must be the path of a key file where the component runs, never the key: "
            "parameters are kept in ML Metadata for everybody to read"
        )
        raise ConfigError(msg)
    return signing_key


def signing_key(exec_properties: Mapping[str, Any]) -> Path | None:
    """Return the key file to sign with: the component's parameter, else what HALLMARK_SIGNING_KEY says, if anything."""
    path = check_path(exec_properties.get("signing_key")) or os.environ.get(VARIABLE)
    return Path(path) if path else None
