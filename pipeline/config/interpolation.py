"""Puts environment variables into settings where a file asks for them by `${NAME}`."""

import os
import re
from collections.abc import Mapping

from tfx_hallmark.registry.errors import ConfigError

_REFERENCE = re.compile(r"\$\$\{|\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)\}|\$\{")


def interpolate(text: str, origin: str, environment: Mapping[str, str] = os.environ) -> tuple[str, list[str]]:
    """Replace each `${NAME}` in a text by that environment variable, and each `$${` by `${`.

    Args:
        text: A value as the file has it.
        origin: File and line, for errors.
        environment: Variables by name.

    Returns:
        The text, and the names of the variables that are in it.

    Raises:
        ConfigError: If a variable is not set, or a reference is not of that form.
    """
    names: list[str] = []

    def replaced(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None:
            if match[0] == "$${":
                return "${"
            msg = f"{origin}: a '${{' without a variable's name and a '}}'; write ${{NAME}}, or $${{ for the text"
            raise ConfigError(msg)
        if name not in environment:
            msg = f"{origin}: the environment variable {name} is not set; set it, or write the value in its place"
            raise ConfigError(msg)
        names.append(name)
        return environment[name]

    return _REFERENCE.sub(replaced, text), names
