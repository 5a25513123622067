"""Evaluates SavedModels with TFMA on data of one's choice, outside any pipeline."""

import contextlib
import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tfx_hallmark.evidence.examples_files import ExamplesFiles, find_examples, first_features
from tfx_hallmark.evidence.tfma_results import read_evidence
from tfx_hallmark.registry.errors import ConfigError, DataError, EvidenceError
from tfx_hallmark.registry.verdict import Evidence

# Beam 2.73 tries the Prism runner before its in-process one and downloads it for that; Prism ignores the
# running mode. It steps back for pipelines that allow unsafe triggers (apache_beam/runners/direct/
# direct_runner.py), and batch pipelines such as TFX's have no triggers that the option could matter to.
WITHOUT_PRISM = "--allow_unsafe_triggers"
# Beam's own runner, in this process.
IN_MEMORY = (
    "--runner=DirectRunner",
    "--direct_running_mode=in_memory",
    "--direct_num_workers=1",
    WITHOUT_PRISM,
)
# With TFX 1.21, `import tfx` puts stand-ins in place that TFMA's imports need: in worker processes too.
IMPORT_TFX = "--beam_plugins=tfx"
_NAMED = 8  # how many features an error lists
_OF_THE_GRAPH = ("Graph execution error", "Detected at node", "<stack traces", "[[{{node")
_LONGEST = 300  # characters of somebody else's message


def _untold(_: str) -> None:
    """Tell nobody."""


def evaluate(
    models: Mapping[str, Path],
    *,
    eval_config: str,
    examples: Sequence[str],
    beam_arguments: Sequence[str] = IN_MEMORY,
    output: Path,
    begins: Callable[[str], None] = _untold,
) -> dict[str, Evidence]:
    """Evaluate SavedModels one after the other on the same examples.

    There is no baseline, so change thresholds say nothing and are left out; value thresholds are validated.
    Confidence intervals are left out too: with them TFMA adds up the samples of some metrics.

    Args:
        models: By name: directories of SavedModels.
        eval_config: A `tfma.EvalConfig` as JSON text, as `Evidence.eval_config` holds it.
        examples: TFRecord files of tf.Examples, GZIP or not, globs of them, or directories; see
            `examples_files.find_examples`.
        beam_arguments: Options of Beam; by default its runner in this process.
        output: A directory for TFMA's results, one below it for each model.
        begins: Told the name of each model before its turn.

    Returns:
        What TFMA measured, by name.

    Raises:
        ConfigError: If TFX is not installed, the EvalConfig is none, or Beam cannot take its options.
        DataError: If there are no such examples, or they cannot be read, or lack the label.
        EvidenceError: If TFMA cannot evaluate a model.
    """
    _require_tfx()
    config = _without_baseline(eval_config)
    files = find_examples(examples)
    _check_labels(config, first_features(files), examples)
    validated = _has_thresholds(config)
    found = {}
    for index, (name, model) in enumerate(models.items()):
        begins(name)
        folder = output / str(index)
        folder.mkdir(parents=True, exist_ok=True)
        _run(name, model, config, files, [*beam_arguments, IMPORT_TFX], folder)
        found[name] = read_evidence(str(folder), validated=validated).evidence
        if not found[name].metrics:
            msg = "the EvalConfig names no metrics: give a tfma.EvalConfig with metrics_specs"
            raise ConfigError(msg)
    return found


def _require_tfx() -> None:
    try:
        # TFX 1.21 puts stand-ins in place that TFMA's imports need, so it comes first.
        import tfx  # noqa: F401, I001
        import tensorflow_model_analysis  # noqa: F401
        import apache_beam  # noqa: F401
    except ImportError as error:
        msg = f"TensorFlow Model Analysis is not installed here ({error}): pip install 'tfx-hallmark[tfx]'"
        raise ConfigError(msg) from error


def _without_baseline(text: str) -> Any:
    """Read an EvalConfig, and make of it one for a single model, as TFX's Evaluator does for a first version."""
    from google.protobuf import json_format
    from tensorflow_model_analysis.proto import config_pb2
    from tensorflow_model_analysis.utils import config_util

    try:
        config = json_format.Parse(text, config_pb2.EvalConfig())
        config.options.ClearField("compute_confidence_intervals")
        # TFMA would drop the numbers of small slices, and fail every threshold for them.
        config.options.ClearField("min_slice_size")
        # tfx/components/evaluator/executor.py
        config = config_util.update_eval_config_with_defaults(config, has_baseline=False, rubber_stamp=True)
        config_util.verify_eval_config(config)
    except (json_format.ParseError, ValueError) as error:
        msg = f"the EvalConfig cannot be used ({_one_line(error)}): give a tfma.EvalConfig as JSON"
        raise ConfigError(msg) from error
    return config


def _has_thresholds(config: Any) -> bool:
    from tensorflow_model_analysis.metrics import metric_specs

    # What TFX's Evaluator itself goes by (tfx/components/evaluator/executor.py).
    return bool(metric_specs.metric_thresholds_from_metrics_specs(config.metrics_specs, eval_config=config))


def _check_labels(config: Any, features: frozenset[str], examples: Sequence[str]) -> None:
    """Make sure that the label is there: without it TFMA fails late, and says nothing of it."""
    for spec in config.model_specs:
        # What a preprocessing function makes may be the label: only the model can tell.
        if spec.preprocessing_function_names:
            continue
        weights = [spec.example_weight_key, *spec.example_weight_keys.values()]
        wanted = [spec.label_key, *spec.label_keys.values(), *weights]
        missing = sorted({key for key in wanted if key} - features)
        if missing:
            known = ", ".join(sorted(features)[:_NAMED])
            more = f" and {len(features) - _NAMED} more" if len(features) > _NAMED else ""
            msg = (
                f"{', '.join(examples)} lacks {', '.join(missing)}, which the EvalConfig takes for label or weight; "
                f"its features are {known}{more}: give labelled examples, or another EvalConfig"
            )
            raise DataError(msg)


def _run(
    name: str, model: Path, config: Any, files: ExamplesFiles, arguments: Sequence[str], folder: Path
) -> None:
    import tensorflow_model_analysis as tfma

    pipeline = beam_pipeline(arguments)
    try:
        shared = tfma.default_eval_shared_model(eval_saved_model_path=str(model), eval_config=config)
        _evaluate(pipeline, shared, config, files, folder)
    except Exception as error:
        # Beam raises what its runner, TFMA or TensorFlow raised, with the step's name at the end.
        msg = f"TFMA cannot evaluate {name} on this data ({_one_line(error)}): do its signature and the data fit?"
        raise EvidenceError(msg) from error


def beam_pipeline(arguments: Sequence[str]) -> Any:
    """Make a Beam pipeline.

    Raises:
        ConfigError: If Beam cannot take its options.
    """
    import apache_beam as beam
    from apache_beam.options.pipeline_options import PipelineOptions

    complaint = io.StringIO()
    try:
        # argparse writes on standard error, and leaves the process.
        with contextlib.redirect_stderr(complaint):
            options = PipelineOptions(list(arguments))
            options.get_all_options()  # reads them all: else that happens when the pipeline runs
            return beam.Pipeline(options=options)
    except (SystemExit, ValueError) as error:
        why = complaint.getvalue().rpartition("error: ")[2].strip() or _one_line(error)
        msg = f"Beam cannot take its options {' '.join(arguments)} ({why}): see its documentation"
        raise ConfigError(msg) from error


def _evaluate(pipeline: Any, shared: Any, config: Any, files: ExamplesFiles, folder: Path) -> None:
    import apache_beam as beam
    import tensorflow_model_analysis as tfma
    from apache_beam.io.filesystem import CompressionTypes
    from tfx_bsl.tfxio import tf_example_record  # type: ignore[import-untyped]

    tfxio = tf_example_record.TFExampleBeamRecord(
        physical_format="tfrecord",
        raw_record_column_name=tfma.constants.ARROW_INPUT_COLUMN,
        telemetry_descriptors=["tfx_hallmark"],
    )
    with pipeline:
        read = [
            pipeline
            | f"{how} files" >> beam.Create(list(paths))
            | f"read {how}" >> beam.io.ReadAllFromTFRecord(compression_type=compression)
            for how, paths, compression in (
                ("plain", files.plain, CompressionTypes.UNCOMPRESSED),
                ("compressed", files.compressed, CompressionTypes.GZIP),
            )
            if paths
        ]
        batches = read | "all records" >> beam.Flatten() | "as Arrow" >> tfxio.BeamSource()
        _ = batches | "evaluate" >> tfma.ExtractEvaluateAndWriteResults(
            eval_shared_model=shared, eval_config=config, output_path=str(folder)
        )


def _one_line(error: BaseException) -> str:
    """Tell what is at the root of an error, without what TensorFlow says of its own graph."""
    root = error
    while (inner := error.__cause__ or error.__context__) is not None:
        error = inner
        # TensorFlow calls a signature in two ways, and the first one fails with a TypeError
        # (tensorflow/python/eager/polymorphic_function/concrete_function.py).
        root = root if isinstance(error, TypeError) else error
    lines = [line.strip() for line in str(root).partition("[while running")[0].splitlines()]
    told = [line for line in lines if line and not line.startswith(_OF_THE_GRAPH)]
    return (told[0] if told else type(root).__name__)[:_LONGEST]
