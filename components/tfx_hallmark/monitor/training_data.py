"""The statistics of what a version was trained on: those on record, or made of the training data."""

from collections.abc import Sequence
from typing import Any

import msgspec
from tfx.types import artifact_utils, standard_artifacts

from tfx_hallmark.artifact_files import exists, local_view
from tfx_hallmark.monitor.statistics_files import make_statistics, read_statistics
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.manifest import DataSource
from tfx_hallmark.registry.tree import digest_tree
from tfx_hallmark.registry.version import Version
from tfx_hallmark.tagger.examples_content import read_examples


class TrainingStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """Statistics of the training data, or why there are none.

    Attributes:
        statistics: A list with one dataset; None if there are none.
        origin: What they are, in words; empty if there are none.
        missing: Why there are none; empty if there are.
    """

    statistics: Any = None
    origin: str = ""
    missing: str = ""


def training_statistics(version: Version, split: str, beam_arguments: Sequence[str]) -> TrainingStatistics:
    """Find the statistics of a version's training data; what is gone or was changed is told, and is no error.

    Args:
        version: The version.
        split: The split of the training data.
        beam_arguments: Options of Beam, for statistics that must be made.
    """
    data = version.manifest.provenance.data
    if data is None:
        return TrainingStatistics(missing=f"what {version} was trained on is not on record")
    try:
        return _recorded(data, split) or _made(version, data, split, beam_arguments)
    except HallmarkError as error:
        return TrainingStatistics(missing=str(error))


def _recorded(data: DataSource, split: str) -> TrainingStatistics | None:
    """Read the statistics on record, unless they are gone, were changed, or are of one artifact of several."""
    uri = data.statistics_uri
    if uri is None or data.statistics is None or data.uris or not exists(uri):
        return None
    with local_view(uri) as folder:
        if digest_tree(folder).digest != data.statistics:
            return None
    found = read_statistics(uri, split)
    return TrainingStatistics(statistics=found, origin=f"the statistics {uri}, split {split}")


def _made(
    version: Version, data: DataSource, split: str, beam_arguments: Sequence[str]
) -> TrainingStatistics:
    uris = data.uris or (data.uri,)
    gone = [uri for uri in uris if not exists(uri)]
    if gone:
        return TrainingStatistics(
            missing=f"the data that {version} was trained on is gone from {gone[0]}, and so are its statistics"
        )
    if split not in data.splits:
        known = ", ".join(data.splits) or "no split"
        return TrainingStatistics(
            missing=f"the data that {version} was trained on has no split {split}: there is {known}"
        )
    artifacts = []
    for uri in uris:
        artifact = standard_artifacts.Examples()
        artifact.uri = uri
        artifact.split_names = artifact_utils.encode_split_names(list(data.splits))
        artifacts.append(artifact)
    if data.digest is not None and read_examples(*artifacts).digest != data.digest:
        return TrainingStatistics(missing=f"the data in {uris[0]} is no longer what {version} was trained on")
    patterns = [f"{uri.rstrip('/')}/Split-{split}/*" for uri in uris]
    return TrainingStatistics(
        statistics=make_statistics(patterns, beam_arguments), origin=f"{uris[0]}, split {split}"
    )
