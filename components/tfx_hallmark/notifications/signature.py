"""Signatures of requests, as the specification Standard Webhooks has them."""

import base64
import binascii
import hashlib
import hmac

from tfx_hallmark.registry.errors import DeliveryError

_ENCODED = "whsec_"
_ASYMMETRIC = "whsk_"


def keys_of(secret: str, variable: str) -> tuple[bytes, ...]:
    """Return the keys that a text holds.

    Args:
        secret: One key or more as `whsec_` and base64, with spaces between them; or a text that is the key.
        variable: Where it comes from, for the error; the text itself is never shown.

    Raises:
        DeliveryError: If it can be no key.
    """
    parts = secret.split()
    if any(part.startswith(_ASYMMETRIC) for part in parts):
        msg = f"{variable} holds a private key, {_ASYMMETRIC}…: requests are signed with a shared secret, {_ENCODED}…"
        raise DeliveryError(msg, lasting=True)
    if not any(part.startswith(_ENCODED) for part in parts):
        return (secret.encode(errors="surrogateescape"),)
    return tuple(_decoded(part, variable) for part in parts)


def signature_of(keys: tuple[bytes, ...], identity: str, timestamp: int, body: bytes) -> str:
    """Return the value of the header `webhook-signature`: one signature for each key.

    Args:
        keys: The keys.
        identity: The header `webhook-id`.
        timestamp: The header `webhook-timestamp`.
        body: The request's body.
    """
    signed = f"{identity}.{timestamp}.".encode() + body
    made = (hmac.new(key, signed, hashlib.sha256).digest() for key in keys)
    return " ".join(f"v1,{base64.b64encode(one).decode()}" for one in made)


def _decoded(text: str, variable: str) -> bytes:
    encoded = text.removeprefix(_ENCODED)
    try:
        # Standard Webhooks' own libraries take it without the padding too.
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key or encoded == text:
        msg = f"{variable} holds no key that requests can be signed with: after {_ENCODED} must come base64"
        raise DeliveryError(msg, lasting=True)
    return key
