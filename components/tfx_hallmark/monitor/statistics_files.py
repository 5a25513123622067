"""Statistics of examples: read where StatisticsGen wrote them, or made anew."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tfx_hallmark.artifact_files import local_view
from tfx_hallmark.evidence.evaluating import IMPORT_TFX, beam_pipeline
from tfx_hallmark.registry.errors import DataError

_FILE = "FeatureStats.pb"  # tfx/components/statistics_gen/executor.py
_ALL = "All Examples"  # tensorflow_data_validation/constants.py, DEFAULT_SLICE_KEY
_LONGEST = 300  # characters of somebody else's message


def read_statistics(uri: str, split: str) -> Any:
    """Read the statistics of a split, as a list with one dataset.

    Args:
        uri: Where an ExampleStatistics artifact lies.
        split: The split.

    Raises:
        DataError: If there are none, or they cannot be read.
        ConfigError: If nothing here knows a file system for the uri.
        StorageError: If they are remote and cannot be copied.
    """
    # TFX 1.21 puts stand-ins in place that TFDV's imports need, so it comes first.
    import tfx  # noqa: F401, I001
    import tensorflow_data_validation as tfdv

    with local_view(uri) as folder:
        file = folder / f"Split-{split}" / _FILE
        if not file.is_file():
            known = sorted(one.name.removeprefix("Split-") for one in folder.glob("Split-*"))
            msg = f"{uri} holds no statistics of the split {split}: there is {', '.join(known) or 'nothing'}"
            raise DataError(msg)
        try:
            return _whole(tfdv.load_stats_binary(str(file)))
        except Exception as error:
            # protobuf's own kind, or TensorFlow's.
            msg = f"the statistics {uri} of {split} cannot be read ({_one_line(error)}): run StatisticsGen again"
            raise DataError(msg) from error


def make_statistics(patterns: Sequence[str], beam_arguments: Sequence[str]) -> Any:
    """Make the statistics of TFRecord files, as a list with one dataset.

    Args:
        patterns: Globs of files with tf.Examples.
        beam_arguments: Options of Beam.

    Raises:
        ConfigError: If Beam cannot take its options.
        DataError: If they cannot be made.
    """
    import tfx  # noqa: F401, I001
    import tensorflow_data_validation as tfdv
    from tfx_bsl.tfxio import tf_example_record  # type: ignore[import-untyped]

    pipeline = beam_pipeline([*beam_arguments, IMPORT_TFX])
    with tempfile.TemporaryDirectory(prefix="hallmark-") as folder:
        file = Path(folder) / _FILE
        source = tf_example_record.TFExampleRecord(
            file_pattern=list(patterns), telemetry_descriptors=["tfx_hallmark"]
        )
        try:
            with pipeline:
                _ = (
                    pipeline
                    | "read" >> source.BeamSource()
                    | "statistics" >> tfdv.GenerateStatistics()
                    | "write" >> tfdv.WriteStatisticsToBinaryFile(str(file))
                )
            return _whole(tfdv.load_stats_binary(str(file)))
        except Exception as error:
            # Beam raises what its runner or a file system raised.
            msg = f"no statistics can be made of {patterns[0]} ({_one_line(error)}): is it what ExampleGen wrote?"
            raise DataError(msg) from error


def _whole(statistics: Any) -> Any:
    """Keep of statistics by slices those of all examples: only one dataset can be compared with another."""
    if len(statistics.datasets) > 1:
        whole = next((one for one in statistics.datasets if one.name == _ALL), statistics.datasets[0])
        kept = type(statistics)()
        kept.datasets.add().CopyFrom(whole)
        return kept
    return statistics


def _one_line(error: Exception) -> str:
    return " ".join(str(error).partition("[while running")[0].split())[:_LONGEST] or type(error).__name__
