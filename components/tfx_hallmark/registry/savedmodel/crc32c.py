"""CRC-32C as TensorFlow stores it, in pure Python: checkpoint indexes are small."""

import functools

_REFLECTED_POLYNOMIAL = 0x82F63B78  # Castagnoli, RFC 3720 appendix B.4
_MASK_DELTA = 0xA282EAD8  # tensorflow/core/lib/hash/crc32c.h


@functools.cache
def _table() -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (_REFLECTED_POLYNOMIAL if value & 1 else 0)
        rows.append(value)
    return tuple(rows)


def crc32c(data: bytes) -> int:
    """Gives the CRC-32C of `data`."""
    table = _table()
    value = 0xFFFFFFFF
    for byte in data:
        value = table[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF


def masked_crc32c(data: bytes) -> int:
    """Gives the CRC-32C of `data` as tables and bundle entries store it: rotated and offset."""
    value = crc32c(data)
    return (((value >> 15) | (value << 17)) + _MASK_DELTA) & 0xFFFFFFFF
