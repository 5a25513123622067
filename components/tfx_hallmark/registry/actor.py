"""Who acts, and why: what every operation keeps on record."""

import getpass
import os
import socket

from tfx_hallmark.registry.errors import ConfigError


def current_actor() -> str:
    """Return who is acting: HALLMARK_ACTOR if it is set, else `user@host`."""
    named = os.environ.get("HALLMARK_ACTOR")
    if named:
        return named
    try:
        user = getpass.getuser()
    except (KeyError, OSError):
        # A container may run under a user id that has no name.
        user = f"uid{os.getuid()}"
    return f"{user}@{socket.gethostname()}"


def check_reason(reason: str) -> str:
    """Return a reason that says something.

    Raises:
        ConfigError: If it is empty.
    """
    if not reason.strip():
        msg = "no reason is given: say why, it stays on record"
        raise ConfigError(msg)
    return reason


def responsible(actor: str | None, reason: str) -> dict[str, str]:
    """Return `actor` and `reason` as operations take them: the current actor by default, and never no reason.

    Raises:
        ConfigError: If the reason is empty.
    """
    return {"actor": actor or current_actor(), "reason": check_reason(reason)}
