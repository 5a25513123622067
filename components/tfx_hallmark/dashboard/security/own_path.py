"""Where a form may lead back to."""

from urllib.parse import urlsplit


def own_path(address: str, *, otherwise: str = "/") -> str:
    """Return the address if it is a path of this server: a link to our form must not lead on to a stranger.

    Args:
        address: What the request says, a path with or without a query.
        otherwise: What is returned for anything else.
    """
    # Browsers read `//host` and `/\host` as another host, and skip tabs and line breaks.
    if (
        not address.startswith("/")
        or address[1:2] in ("/", "\\")
        or not address.isascii()
        or not address.isprintable()
    ):
        return otherwise
    try:
        parts = urlsplit(address)
    except ValueError:
        return otherwise
    return otherwise if parts.scheme or parts.netloc else address
