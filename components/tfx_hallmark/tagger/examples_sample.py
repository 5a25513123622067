"""A few records of Examples artifacts, the same ones in whatever order and files they lie."""

import heapq
from collections.abc import Iterator, Sequence

import msgspec
from blake3 import blake3
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import file_names, one_line, readable_by_tensorflow
from tfx_hallmark.registry.errors import DataError, HallmarkError
from tfx_hallmark.tagger.examples_content import canonical_form, read_records

_PREFERRED = "eval"


class Sample(msgspec.Struct, frozen=True):
    """Records of one split.

    Attributes:
        split: Its name.
        records: In the order of their content hashes; features lie in the order of names.
    """

    split: str
    records: tuple[bytes, ...]


def sample_examples(examples: Sequence[Artifact], count: int) -> Sample:
    """Choose the records with the smallest content hashes, each content once.

    Args:
        examples: The artifacts, at least one; those of one split are taken together.
        count: How many records, at most.

    Returns:
        Records of the split `eval` if there is one, else of the first in the order of names; none if there is no split.

    Raises:
        DataError: If a split is missing, or a file cannot be read.
        StorageError: If a file has to be copied to be read, and cannot be.
    """
    splits = sorted(
        {name for each in examples for name in artifact_utils.decode_split_names(each.split_names)}
    )
    split = _PREFERRED if _PREFERRED in splits else next(iter(splits), "")
    chosen: dict[bytes, bytes] = {}
    for record in _records_of(examples, split):
        chosen[blake3(record).digest()] = record
        if (
            len(chosen) > 2 * count
        ):  # not at every record: a search each time would take longer than the reading
            chosen = _smallest(chosen, count)
    return Sample(split, tuple(_smallest(chosen, count).values()))


def _smallest(records: dict[bytes, bytes], count: int) -> dict[bytes, bytes]:
    return {digest: records[digest] for digest in heapq.nsmallest(count, records)}


def _records_of(examples: Sequence[Artifact], split: str) -> Iterator[bytes]:
    for artifact in examples:
        if split not in artifact_utils.decode_split_names(artifact.split_names):
            continue
        canonical = canonical_form(artifact)
        try:
            folder = artifact_utils.get_split_uri([artifact], split)
            for name in file_names(folder):
                with readable_by_tensorflow(f"{folder}/{name}") as file:
                    yield from map(canonical, read_records(file))
        except HallmarkError:
            raise
        except Exception as error:
            # As in `examples_content`.
            msg = f"examples {artifact.uri} cannot be read ({one_line(error)}): run ExampleGen again"
            raise DataError(msg) from error
