"""Which requests go to the canary: decided by the client from a key, the same everywhere and every time.

The rule, so that a client in any language does the same:

1. Take SHA-256 of the salt in UTF-8, one zero byte, and the key (a text in UTF-8).
2. Read the first 8 bytes as an unsigned whole number, the most significant byte first.
3. Its remainder by 1,000,000 is the place of the key.
4. The key is in the canary if its place is below percent times 10,000.
"""

import hashlib

from tfx_hallmark.registry.errors import ConfigError

_PLACES = 1_000_000
_PER_PERCENT = _PLACES // 100


def canary_place(key: str | bytes, *, salt: str = "") -> int:
    """Return the place of a key, from 0 to 999,999: the keys below a limit are in the canary.

    Args:
        key: What is sent to one of the two for good, such as the id of a user.
        salt: Makes another split of the same keys, e.g. the version of the canary; no zero byte.

    Raises:
        ConfigError: If there is a zero byte in the salt.
    """
    if "\0" in salt:
        msg = f"salt {salt!r} cannot be used: it must have no zero byte, which is what parts it from the key"
        raise ConfigError(msg)
    data = key.encode() if isinstance(key, str) else key
    digest = hashlib.sha256(salt.encode() + b"\0" + data).digest()
    return int.from_bytes(digest[:8], "big") % _PLACES


def in_canary(key: str | bytes, percent: float, *, salt: str = "") -> bool:
    """Tell whether the requests of a key go to the canary.

    The same key is always on the same side; one that is in stays in when the percentage grows.

    Args:
        key: What is sent to one of the two for good, such as the id of a user.
        percent: The canary's share, from 0 to 100, to four decimals.
        salt: Makes another split of the same keys, e.g. the version of the canary; no zero byte.

    Raises:
        ConfigError: If the percentage is out of bounds or finer than four decimals, or there is a zero
            byte in the salt.
    """
    return canary_place(key, salt=salt) < _limit(percent)


def _limit(percent: float) -> int:
    if not 0 <= percent <= 100:
        msg = f"a share of {percent} percent cannot be: give a number from 0 to 100"
        raise ConfigError(msg)
    limit = round(percent * _PER_PERCENT)
    # Finer ones would be rounded one way here and another way in a client of another language.
    if abs(percent * _PER_PERCENT - limit) > 1e-6:
        msg = f"a share of {percent} percent is too fine: give it to four decimals at most"
        raise ConfigError(msg)
    return limit
