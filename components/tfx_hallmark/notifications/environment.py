"""What the environment of a delivery holds: secrets, and where the pages are."""

import os

from tfx_hallmark.registry.errors import DeliveryError

UI_URL = "HALLMARK_UI_URL"


def required(variable: str, where: str, what: str) -> str:
    """Return what an environment variable holds.

    Args:
        variable: Its name.
        where: Who needs it, for the error.
        what: What it should hold, for the error.

    Raises:
        DeliveryError: If it is not set, or empty.
    """
    value = os.environ.get(variable, "")
    if not value.strip():
        msg = f"{where} needs {what} in the environment variable {variable}, which is not set here"
        raise DeliveryError(msg, lasting=True)
    return value
