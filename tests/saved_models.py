"""Small real SavedModels for tests, without running TensorFlow: tests/fixtures/saved_models, and variations."""

import random
import shutil
import struct
from pathlib import Path

from tfx_hallmark.registry.savedmodel.checkpoint_index import INDEX_FILE, read_checkpoint_index
from tfx_hallmark.registry.savedmodel.crc32c import masked_crc32c

FIXTURES = Path(__file__).parent / "fixtures" / "saved_models"
NAMES = ("doubler", "keras", "linear", "two_signatures", "vocabulary")

_BLOCK_TRAILER = 5
_CRC32C_TAG = b"\x35"  # BundleEntryProto.crc32c: field 6, fixed32


def copy_saved_model(name: str, destination: Path) -> Path:
    """Copies a fixture and gives `destination`.

    Args:
        name: One of `NAMES`.
        destination: The directory to make; its parents are made too.
    """
    destination.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(FIXTURES / name, destination)
    return destination


def change_weights(model: Path, number: int) -> Path:
    """Sets the first float weight of a model to `number` and gives `model`.

    Checksums are set with it, so TensorFlow loads the result; 64 numbers make 64 different models.
    TensorFlow's `fingerprint.pb` stays as it was.

    Args:
        model: A copy of a fixture with weights.
        number: Any that a float32 holds.
    """
    index = read_checkpoint_index(model)
    weight = next(tensor for tensor in index.tensors.values() if tensor.spec.dtype == "float32")
    shard = model / index.shard_files()[weight.shard]
    data = bytearray(shard.read_bytes())
    old = bytes(data[weight.offset : weight.offset + weight.size])
    new = struct.pack("<f", number) + old[4:]
    # model.export of Keras stores a weight under two keys: both copies change.
    for tensor in index.tensors.values():
        end = tensor.offset + tensor.size
        if data[tensor.offset : end] == old:
            data[tensor.offset : end] = new
    shard.write_bytes(data)
    _replace_checksum(model / INDEX_FILE, old=masked_crc32c(old), new=masked_crc32c(new))
    return model


def pad_with_asset(model: Path, size: int) -> Path:
    """Adds `assets/padding.bin` so that the model's files make `size` bytes in all, and gives `model`.

    Args:
        model: A copy of a fixture.
        size: Bytes; more than the model has.
    """
    missing = size - sum(file.stat().st_size for file in model.rglob("*") if file.is_file())
    if missing <= 0:
        raise ValueError(f"{model} already has {size - missing} bytes")
    block = random.Random(0).randbytes(1 << 20)
    (model / "assets").mkdir(exist_ok=True)
    with (model / "assets" / "padding.bin").open("wb") as file:
        for start in range(0, missing, len(block)):
            file.write(block[: missing - start])
    return model


def _replace_checksum(file: Path, *, old: int, new: int) -> None:
    """Replaces a tensor's checksum in an index of one data block, which ends where the metaindex block begins."""
    data = bytearray(file.read_bytes())
    metaindex, shift = 0, 0
    for byte in data[-48:]:
        metaindex |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            break
    end = metaindex - _BLOCK_TRAILER
    stored = _CRC32C_TAG + struct.pack("<I", old)
    if stored not in data[:end]:
        raise ValueError(f"{file} has no tensor with the checksum {old:#x} in its one data block")
    data[:end] = data[:end].replace(stored, _CRC32C_TAG + struct.pack("<I", new))
    struct.pack_into("<I", data, end + 1, masked_crc32c(bytes(data[: end + 1])))
    file.write_bytes(data)
