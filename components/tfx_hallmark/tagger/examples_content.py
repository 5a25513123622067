"""What an Examples artifact holds, whatever order its records lie in.

ExampleGen shuffles (Reshuffle in tfx/components/example_gen/write_split.py), so two runs on the same
data write different files: their records are what can be compared.
"""

from pathlib import Path

import msgspec
from blake3 import blake3
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.registry.errors import DataError

_MODULUS = 1 << 256
_GZIP = b"\x1f\x8b"  # how a GZIP file begins (RFC 1952)


class ExamplesContent(msgspec.Struct, frozen=True):
    """The records of an Examples artifact.

    Attributes:
        digest: `b3:` and 64 hex digits over every split's records, in any order.
        records: Number of records by split.
    """

    digest: str
    records: dict[str, int]


def read_examples(examples: Artifact) -> ExamplesContent:
    """Read every record of an Examples artifact: TFRecord files, GZIP or not.

    Raises:
        DataError: If a split is missing, or a file cannot be read.
    """
    import tensorflow as tf

    whole = blake3()
    counts: dict[str, int] = {}
    try:
        for split in sorted(artifact_utils.decode_split_names(examples.split_names)):
            folder = Path(artifact_utils.get_split_uri([examples], split))
            count, total = _read_split(sorted(path for path in folder.iterdir() if path.is_file()))
            counts[split] = count
            whole.update(f"{split}\0{count}\0{total:064x}\n".encode())
    except (OSError, tf.errors.OpError) as error:
        why = next(iter(str(error).splitlines()), type(error).__name__)
        msg = f"examples {examples.uri} cannot be read ({why}): run ExampleGen again"
        raise DataError(msg) from error
    return ExamplesContent(f"b3:{whole.hexdigest()}", counts)


def _read_split(files: list[Path]) -> tuple[int, int]:
    """Return how many records there are, and the sum of their digests."""
    import tensorflow as tf

    count = total = 0
    for file in files:
        with file.open("rb") as beginning:
            compression = "GZIP" if beginning.read(len(_GZIP)) == _GZIP else ""
        for record in tf.data.TFRecordDataset(str(file), compression_type=compression).as_numpy_iterator():
            # A sum does not depend on the order, and a record that is there twice counts twice.
            total = (total + int.from_bytes(blake3(record).digest(), "big")) % _MODULUS
            count += 1
    return count, total
