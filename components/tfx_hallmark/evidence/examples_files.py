"""Finds the TFRecord files that somebody names, and looks into the first record before any work begins.

Beam reads them afterwards, so they are found by Beam's own file systems: local, and with its extras gs:// and s3://.
"""

import gzip
import io
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import DataError
from tfx_hallmark.registry.savedmodel.crc32c import masked_crc32c

_GZIP = b"\x1f\x8b"  # how a GZIP file begins (RFC 1952)
_HEADER = struct.Struct("<QI")  # length and its checksum (tensorflow/core/lib/io/record_writer.h)
_CHECKSUM = 4  # bytes after each record
_LONGEST = 1 << 31  # bytes; protobuf takes no longer message
_EVALUATED_SPLIT = "eval"  # what TFX's Evaluator takes unless told otherwise
_SPLIT = "Split-"  # what ExampleGen's folders begin with (tfx/types/artifact_utils.py)


class ExamplesFiles(msgspec.Struct, frozen=True):
    """TFRecord files, sorted.

    Attributes:
        plain: Those that are not compressed.
        compressed: Those in GZIP, whatever their names end in.
    """

    plain: tuple[str, ...]
    compressed: tuple[str, ...]


def find_examples(places: Sequence[str]) -> ExamplesFiles:
    """Return the files that are meant.

    Args:
        places: Each a file; a glob; a directory of files, such as a split; or the directory of an Examples
            artifact, of which the split `eval` is taken, as TFX's Evaluator does, or the only one.

    Raises:
        DataError: If there are none, one cannot be read, or an artifact has several splits and none is `eval`.
    """
    plain: list[str] = []
    compressed: list[str] = []
    for file in sorted({file for place in places for file in _files_at(place)}):
        (compressed if _beginning(file, len(_GZIP)) == _GZIP else plain).append(file)
    return ExamplesFiles(tuple(plain), tuple(compressed))


def first_features(files: ExamplesFiles) -> frozenset[str]:
    """Return the names of the features of the first example that there is.

    Raises:
        DataError: If there is none, or what is there is no tf.Example in a TFRecord file.
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    for file in (*files.plain, *files.compressed):
        record = _first_record(file, compressed=file in files.compressed)
        if record is not None:
            try:
                return frozenset(tf.train.Example.FromString(record).features.feature)
            except DecodeError as error:
                msg = f"the first record of {file} is no tf.Example: give TFRecord files as ExampleGen writes them"
                raise DataError(msg) from error
    msg = f"{(*files.plain, *files.compressed)[0]} and what lies beside it hold no example: give data that has some"
    raise DataError(msg)


def _files_at(place: str) -> list[str]:
    inside = _matching(f"{place.rstrip('/')}/*") or _chosen_split(place)
    found = inside or _matching(place)
    if not found:
        msg = f"there are no examples at {place}: give TFRecord files, a glob of them, or the directory of a split"
        raise DataError(msg)
    return found


def _chosen_split(place: str) -> list[str]:
    splits: dict[str, list[str]] = {}
    for file in _matching(f"{place.rstrip('/')}/{_SPLIT}*/*"):
        splits.setdefault(file.split("/")[-2].removeprefix(_SPLIT), []).append(file)
    if len(splits) > 1 and _EVALUATED_SPLIT not in splits:
        names = ", ".join(sorted(splits))
        msg = f"{place} has the splits {names} and none is 'eval': give the directory of one, {place}/{_SPLIT}..."
        raise DataError(msg)
    return splits.get(_EVALUATED_SPLIT) or next(iter(splits.values()), [])


def _matching(pattern: str) -> list[str]:
    from apache_beam.io.filesystems import FileSystems

    try:
        (result,) = FileSystems.match([pattern])
    except Exception as error:
        # Each file system raises what its client raises; what is missing stands in the text.
        msg = f"{pattern} cannot be listed ({' '.join(str(error).split())[:200]}): is it right, and may you read it?"
        raise DataError(msg) from error
    files = [entry.path for entry in result.metadata_list if not Path(entry.path).is_dir()]
    # Hidden files and marks such as _SUCCESS are no data.
    return [file for file in files if not file.rpartition("/")[2].startswith((".", "_"))]


def _opened(file: str) -> Any:
    from apache_beam.io.filesystem import CompressionTypes
    from apache_beam.io.filesystems import FileSystems

    return FileSystems.open(file, compression_type=CompressionTypes.UNCOMPRESSED)


def _beginning(file: str, size: int) -> bytes:
    try:
        with _opened(file) as stream:
            return bytes(stream.read(size))
    except OSError as error:  # also Beam's own kind (apache_beam/io/filesystem.py, BeamIOError)
        msg = f"{file} cannot be read ({' '.join(str(error).split())[:200]}): may you read it?"
        raise DataError(msg) from error


def _first_record(file: str, *, compressed: bool) -> bytes | None:
    """Read the first record; None if the file has none. Its own checksum is left to Beam, which reads it all."""
    try:
        with _opened(file) as raw:
            stream: Any = gzip.GzipFile(fileobj=io.BufferedReader(raw)) if compressed else raw
            header = stream.read(_HEADER.size)
            if not header:
                return None
            length, checksum = _HEADER.unpack(header)
            whole = length < _LONGEST and masked_crc32c(header[:8]) == checksum
            record = bytes(stream.read(length)) if whole else b""
            whole = whole and len(record) == length and len(stream.read(_CHECKSUM)) == _CHECKSUM
    except (struct.error, EOFError, OSError, zlib.error):
        whole = False
    if not whole:
        msg = f"{file} is no TFRecord file, or is cut short: give what ExampleGen writes"
        raise DataError(msg)
    return record
