"""What an Examples artifact holds, whatever order its records lie in.

ExampleGen shuffles (Reshuffle in tfx/components/example_gen/write_split.py), so two runs on the same
data write different files: their records are what can be compared. And protobuf writes the features of
an Example in any order, so a record is hashed as if they were written by name.
"""

from collections.abc import Callable, Iterator

import msgspec
from blake3 import blake3
from google.protobuf.message import DecodeError
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import file_names, one_line, readable_by_tensorflow
from tfx_hallmark.registry.errors import DataError, HallmarkError

_MODULUS = 1 << 256
_GZIP = b"\x1f\x8b"  # how a GZIP file begins (RFC 1952)


class ExamplesContent(msgspec.Struct, frozen=True):
    """The records of Examples artifacts.

    Attributes:
        digest: `b3:` and 64 hex digits over every split's records, in any order and in any of the artifacts.
        records: Number of records by split.
    """

    digest: str
    records: dict[str, int]


def read_examples(*examples: Artifact) -> ExamplesContent:
    """Read every record of Examples artifacts: TFRecord files, GZIP or not, streamed where they lie.

    The same records have the same digest, be they in one artifact or spread over several.

    Args:
        *examples: The artifacts; several, where a resolver gave a window of spans.

    Raises:
        DataError: If a split is missing, or a file cannot be read.
        StorageError: If a file has to be copied to be read, and cannot be.
    """
    counts: dict[str, int] = {}
    totals: dict[str, int] = {}
    for artifact in examples:
        for split, (count, total) in _read_artifact(artifact).items():
            counts[split] = counts.get(split, 0) + count
            totals[split] = (totals.get(split, 0) + total) % _MODULUS
    whole = blake3()
    for split in sorted(counts):
        whole.update(f"{split}\0{counts[split]}\0{totals[split]:064x}\n".encode())
    return ExamplesContent(f"b3:{whole.hexdigest()}", {split: counts[split] for split in sorted(counts)})


def _read_artifact(examples: Artifact) -> dict[str, tuple[int, int]]:
    """Return by split how many records there are, and the sum of their digests."""
    canonical = canonical_form(examples)
    found = {}
    try:
        for split in artifact_utils.decode_split_names(examples.split_names):
            folder = artifact_utils.get_split_uri([examples], split)
            files = [f"{folder}/{name}" for name in file_names(folder)]
            found[split] = _read_split(files, canonical)
    except HallmarkError:
        raise
    except Exception as error:
        # TensorFlow raises its own kind, and a registered file system whatever its client raises.
        msg = f"examples {examples.uri} cannot be read ({one_line(error)}): run ExampleGen again"
        raise DataError(msg) from error
    return found


def _read_split(files: list[str], canonical: Callable[[bytes], bytes]) -> tuple[int, int]:
    count = total = 0
    for file in files:
        with readable_by_tensorflow(file) as readable:
            for record in read_records(readable):
                # A sum does not depend on the order, and a record that is there twice counts twice.
                total = (total + int.from_bytes(blake3(canonical(record)).digest(), "big")) % _MODULUS
                count += 1
    return count, total


def canonical_form(examples: Artifact) -> Callable[[bytes], bytes]:
    """Return what gives records with the same content the same bytes, whatever wrote them."""
    import tensorflow as tf

    kinds = {
        example_gen_pb2.FORMAT_TF_EXAMPLE: tf.train.Example,
        example_gen_pb2.FORMAT_TF_SEQUENCE_EXAMPLE: tf.train.SequenceExample,
    }
    kind = kinds.get(examples_utils.get_payload_format(examples))

    def canonical(record: bytes) -> bytes:
        try:
            return record if kind is None else kind.FromString(record).SerializeToString(deterministic=True)
        except DecodeError:  # an artifact that does not say what it holds is taken for Examples
            return record

    return canonical


def read_records(file: str) -> Iterator[bytes]:
    """Yield the records of a TFRecord file, GZIP or not."""
    import tensorflow as tf

    with tf.io.gfile.GFile(file, "rb") as beginning:
        compression = "GZIP" if beginning.read(len(_GZIP)) == _GZIP else ""
    yield from tf.data.TFRecordDataset(file, compression_type=compression).as_numpy_iterator()
