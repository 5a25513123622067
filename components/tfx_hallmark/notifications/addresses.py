"""Addresses on the web, checked before anything is sent to them."""

from urllib.parse import SplitResult

from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.web_addresses import web_address


def check_address(text: str, what: str) -> SplitResult:
    """Return the parts of an `http://` or `https://` address.

    Args:
        text: The address.
        what: What it should be, for the error.

    Raises:
        DeliveryError: If it is none, or holds a user name or password, which would stay on record.
    """
    if not (text.isascii() and text.isprintable()) or " " in text:
        # Not shown: what it holds beside the address may be anything.
        msg = (
            f"{what} has characters that no address can have: write them percent-encoded, a host as punycode"
        )
        raise DeliveryError(msg, lasting=True)
    parts = web_address(text)
    if parts is None:
        msg = f"{what} is no address on the web: write http://HOST/PATH or https://HOST/PATH"
        raise DeliveryError(msg, lasting=True)
    if "@" in parts.netloc:
        msg = f"{what} holds a user name or password: leave them out, for addresses are shown and kept on record"
        raise DeliveryError(msg, lasting=True)
    return parts


def origin(parts: SplitResult) -> str:
    """Return scheme, host and port: what may be shown of an address whose path may hold a secret."""
    return f"{parts.scheme}://{parts.netloc}"
