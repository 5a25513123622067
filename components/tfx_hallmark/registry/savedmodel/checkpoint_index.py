"""Reader of `variables/variables.index`: which tensors a SavedModel's weights hold, and where.

The format is TensorFlow's tensor bundle (tensorflow/core/util/tensor_bundle/tensor_bundle.h): an uncompressed
LevelDB table (tensorflow/core/lib/io/{format,block,table}.cc) whose entry "" is a `BundleHeaderProto` and
whose other entries are `BundleEntryProto`s, keyed by tensor name. The CRC-32C of every block is checked: index
files are small, 10,000 tensors make about 1 MB, which pure Python sums in about 0.1 s. The checksums of the
weights themselves are not: the content digest covers those bytes.
"""

import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.savedmodel.crc32c import masked_crc32c
from tfx_hallmark.registry.savedmodel.files import file_size, read_bytes
from tfx_hallmark.registry.savedmodel.signature import TensorSpec, shape_of

INDEX_FILE = "variables/variables.index"

_MAGIC = 0xDB4775248B80FB57
_FOOTER_SIZE = 48  # two block handles, padding, magic
_TRAILER_SIZE = 5  # compression type, masked CRC-32C
_LITTLE_ENDIAN = 0
_MAX_SHARDS = 99_999  # what the five digits in a data file's name can count


class StoredTensor(msgspec.Struct, frozen=True):
    """One tensor of a checkpoint.

    Attributes:
        spec: Type and shape.
        shard: Number of the data file that holds it.
        offset: Of its first byte in that file.
        size: In bytes.
        partitioned: Its values are stored as slices, under keys of their own; `size` is then 0.
    """

    spec: TensorSpec
    shard: int
    offset: int
    size: int
    partitioned: bool


class CheckpointIndex(msgspec.Struct, frozen=True):
    """What `variables.index` says.

    Attributes:
        shards: Number of data files.
        tensors: By checkpoint key. Slices of partitioned tensors are not among them.
        shard_sizes: The least size in bytes that each data file must have to hold every tensor.
    """

    shards: int
    tensors: dict[str, StoredTensor]
    shard_sizes: tuple[int, ...]

    def shard_files(self) -> list[str]:
        """Names the data files, relative to the model (`DataFilename` in tensorflow's naming.cc)."""
        return [f"variables/variables.data-{shard:05d}-of-{self.shards:05d}" for shard in range(self.shards)]


class _DamagedTable(Exception):
    """The bytes are not a table: the message says what does not fit."""


def read_checkpoint_index(model: Path) -> CheckpointIndex:
    """Reads `variables/variables.index` of a SavedModel.

    Raises:
        InvalidModelError: The file is missing, truncated, damaged, or of a kind that TensorFlow does not
            write for a SavedModel.
    """
    file = model / INDEX_FILE
    data = read_bytes(file)
    try:
        return _index(_entries(data))
    except (_DamagedTable, protos.DamagedMessageError, UnicodeDecodeError) as error:
        detail = f"{error}" if isinstance(error, _DamagedTable) else "an entry does not decode"
        msg = f"{file} is truncated or damaged ({detail}); copy or export the model again"
        raise InvalidModelError(msg) from error


def check_shards(model: Path, index: CheckpointIndex) -> None:
    """Checks that every data file is there and long enough for what the index places in it.

    Raises:
        InvalidModelError: One is missing or truncated.
    """
    for relative, needed in zip(index.shard_files(), index.shard_sizes, strict=True):
        file = model / relative
        if not file.exists():
            msg = f"{file} is missing: the model's weights are incomplete; copy or export the model again"
            raise InvalidModelError(msg)
        size = file_size(file)
        if size < needed:
            msg = (
                f"{file} is truncated: {size} bytes, but the index places tensors up to byte {needed}; "
                "copy or export the model again"
            )
            raise InvalidModelError(msg)


def _index(entries: Iterator[tuple[bytes, bytes]]) -> CheckpointIndex:
    key, value = next(entries, (b"?", b""))
    if key:
        msg = "it has no header"
        raise _DamagedTable(msg)
    header = protos.decode("BundleHeaderProto", value)
    if header.endianness != _LITTLE_ENDIAN:
        msg = "it was written on a big-endian machine, which TensorFlow cannot load here"
        raise _DamagedTable(msg)
    if not 1 <= header.num_shards <= _MAX_SHARDS:
        msg = f"it claims {header.num_shards} shards"
        raise _DamagedTable(msg)
    tensors: dict[str, StoredTensor] = {}
    sizes: dict[int, int] = {}
    for key, value in entries:
        entry = protos.decode("BundleEntryProto", value)
        if not (0 <= entry.shard_id < header.num_shards and entry.offset >= 0 and entry.size >= 0):
            msg = f"it places a tensor in shard {entry.shard_id} of {header.num_shards} at {entry.offset}"
            raise _DamagedTable(msg)
        sizes[entry.shard_id] = max(sizes.get(entry.shard_id, 0), entry.offset + entry.size)
        # A slice's key is an encoded name that starts with the byte 0 (EncodeTensorNameSlice).
        if not key.startswith(b"\0"):
            tensors[key.decode()] = StoredTensor(
                spec=TensorSpec(protos.dtype_name(entry.dtype), shape_of(entry.shape)),
                shard=entry.shard_id,
                offset=entry.offset,
                size=entry.size,
                partitioned=bool(entry.slices),
            )
    return CheckpointIndex(
        shards=header.num_shards,
        tensors=tensors,
        shard_sizes=tuple(sizes.get(shard, 0) for shard in range(header.num_shards)),
    )


def _entries(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Gives the table's keys and values in their order."""
    if len(data) < _FOOTER_SIZE:
        msg = f"{len(data)} bytes are less than a footer"
        raise _DamagedTable(msg)
    footer = data[-_FOOTER_SIZE:]
    if struct.unpack("<Q", footer[-8:])[0] != _MAGIC:
        msg = "it does not end like a TensorFlow checkpoint index"
        raise _DamagedTable(msg)
    metaindex, position = _handle(footer, 0)
    _block(data, metaindex)  # TensorFlow leaves it empty: only its checksum matters
    handle, _ = _handle(footer, position)
    for _, block_handle in _block_entries(_block(data, handle)):
        yield from _block_entries(_block(data, _handle(block_handle, 0)[0]))


def _handle(data: bytes, position: int) -> tuple[tuple[int, int], int]:
    """Decodes a block's offset and size; gives them and the position after them."""
    offset, position = _varint(data, position)
    size, position = _varint(data, position)
    return (offset, size), position


def _block(data: bytes, handle: tuple[int, int]) -> bytes:
    offset, size = handle
    end = offset + size
    if end + _TRAILER_SIZE > len(data) - _FOOTER_SIZE:
        msg = "a block lies outside the file"
        raise _DamagedTable(msg)
    compression = data[end]
    if compression:
        msg = f"block compression {compression} is not what TensorFlow writes"
        raise _DamagedTable(msg)
    if struct.unpack_from("<I", data, end + 1)[0] != masked_crc32c(data[offset : end + 1]):
        msg = "a block's checksum does not match"
        raise _DamagedTable(msg)
    return data[offset:end]


def _block_entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Decodes a block: entries that share a prefix with the key before, then restart points."""
    if len(block) < 4:
        msg = "a block is too short"
        raise _DamagedTable(msg)
    (restarts,) = struct.unpack("<I", block[-4:])
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        msg = "a block has more restart points than bytes"
        raise _DamagedTable(msg)
    position, key = 0, b""
    while position < end:
        shared, position = _varint(block, position)
        unshared, position = _varint(block, position)
        length, position = _varint(block, position)
        middle, last = position + unshared, position + unshared + length
        if shared > len(key) or last > end:
            msg = "an entry lies outside its block"
            raise _DamagedTable(msg)
        key = key[:shared] + block[position:middle]
        yield key, block[middle:last]
        position = last


def _varint(data: bytes, position: int) -> tuple[int, int]:
    """Decodes a base-128 number of at most 64 bits; gives it and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            break
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    msg = "a number does not end"
    raise _DamagedTable(msg)
