"""Writes checkpoint indexes by the rules of TensorFlow's tensor bundle, to read them back in tests."""

import struct

from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.savedmodel.crc32c import masked_crc32c

MAGIC = 0xDB4775248B80FB57


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def block(entries, restarts=1):
    """Encodes sorted entries, each key without what it shares with the one before."""
    out, last = bytearray(), b""
    for key, value in entries:
        pairs = zip(last, key, strict=False)
        shared = next(
            (place for place, (one, other) in enumerate(pairs) if one != other), min(len(last), len(key))
        )
        out += varint(shared) + varint(len(key) - shared) + varint(len(value)) + key[shared:] + value
        last = key
    return bytes(out) + struct.pack("<II", 0, restarts)


def table(blocks, *, compression=0, restarts=1):
    """Writes blocks of entries, the last with a claim of `restarts`, an empty metaindex, the index, the footer."""
    out = bytearray()

    def append(content):
        handle = varint(len(out)) + varint(len(content))
        stored = content + bytes([compression])
        out.extend(stored + struct.pack("<I", masked_crc32c(stored)))
        return handle

    handles = [(entries[-1][0], append(block(entries))) for entries in blocks[:-1]]
    handles.append((blocks[-1][-1][0], append(block(blocks[-1], restarts))))
    metaindex = append(block([]))
    index = append(block(handles))
    return bytes(out) + (metaindex + index).ljust(40, b"\0") + struct.pack("<Q", MAGIC)


def header(**fields):
    message = protos.new("BundleHeaderProto")
    for name, value in fields.items():
        setattr(message, name, value)
    return b"", message.SerializeToString()


def entry(key, *, dtype=1, shape=(), shard=0, offset=0, size=4, slices=0):
    message = protos.new("BundleEntryProto")
    message.dtype, message.shard_id, message.offset, message.size = dtype, shard, offset, size
    for dim in shape:
        message.shape.dim.add().size = dim
    for _ in range(slices):
        message.slices.add()
    return key, message.SerializeToString()


def written(folder, data):
    (folder / "variables").mkdir(exist_ok=True)
    (folder / "variables" / "variables.index").write_bytes(data)
    return folder
