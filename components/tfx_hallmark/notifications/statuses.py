"""What an HTTP status says about the next attempt."""

from http import HTTPStatus

_PASSING = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}


def is_lasting(status: int) -> bool:
    """Tell whether the same request will be answered so again until somebody changes something."""
    return 300 <= status < 500 and status not in _PASSING
