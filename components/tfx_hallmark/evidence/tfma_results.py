"""Reads what the Evaluator wrote: metrics by slice, thresholds, failures, missing slices."""

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from tfx_hallmark.evidence import confidence_level
from tfx_hallmark.evidence.intervals import StandardError, standard_errors, with_interval
from tfx_hallmark.evidence.slices import SliceKey, applies, slice_name, slice_of
from tfx_hallmark.evidence.tfma_objections import failures, missing_slices, without_examples
from tfx_hallmark.registry.errors import EvidenceError
from tfx_hallmark.registry.verdict import Comparison, Direction, Evidence, MetricValue

EVAL_CONFIG_FILE = "eval_config.json"  # tfma/writers/eval_config_writer.py
# Beside it, where BaselineEvaluator kept thresholds from TFMA that only the gate can judge: the whole EvalConfig.
GATE_CONFIG_FILE = "hallmark_eval_config.json"

# The kinds of values that have a bound to be held against; plots, matrices and the like have none.
_NUMBERS = frozenset(("double_value", "bounded_value", "t_distribution_value"))


class TfmaResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one evaluation directory holds.

    Attributes:
        evidence: The numbers, for the gate.
        candidate: Path of the model that was evaluated.
        baseline: Path of the model it was compared with; None if there was none.
    """

    evidence: Evidence
    candidate: str
    baseline: str | None


def read_evidence(evaluation: str, *, validated: bool) -> TfmaResult:
    """Read an `evaluation` artifact of the Evaluator.

    Args:
        evaluation: The artifact's uri.
        validated: Whether the Evaluator validated anything; without thresholds it does not.

    Raises:
        EvidenceError: If the directory is missing, or anything in it is missing or unreadable.
    """
    # TFX 1.21 puts stand-ins in place that TFMA's imports need, so it comes first.
    import tfx  # noqa: F401, I001
    import tensorflow_model_analysis as tfma
    from google.protobuf import json_format
    from tensorflow_model_analysis.metrics import metric_specs
    from tensorflow_model_analysis.proto import config_pb2

    written = _read_json(Path(evaluation) / EVAL_CONFIG_FILE)
    asked = Path(evaluation) / GATE_CONFIG_FILE
    asked_config = _read_json(asked) if asked.exists() else None
    try:
        of_tfma = json_format.ParseDict(written["evalConfig"], config_pb2.EvalConfig())
        asked_text = written["evalConfig"] if asked_config is None else asked_config
        config = json_format.ParseDict(asked_text, config_pb2.EvalConfig())
        # TFMA writes slices in whatever order Beam had them; the first one is all examples.
        found = {
            slice_of(entry): _MeasuredSlice(_values(entry), standard_errors(entry))
            for entry in tfma.load_metrics(evaluation)
            if entry.HasField("slice_key")
        }
        sliced = {where: found[where] for where in sorted(found, key=lambda where: (len(where), str(where)))}
        outcome = tfma.load_validation_result(evaluation) if validated else None
    except Exception as error:
        # TFMA raises whatever its readers raise: record errors, TensorFlow's own, assertions.
        msg = f"evaluation {evaluation} cannot be read ({_one_line(error)}): run the Evaluator again"
        raise EvidenceError(msg) from error
    names = _ModelNames(config)
    # What the Evaluator itself validates by (tfx/components/evaluator/executor.py).
    thresholds = metric_specs.metric_thresholds_from_metrics_specs(config.metrics_specs, eval_config=config)
    missing = []
    if outcome is not None:
        validated_on = metric_specs.metric_thresholds_from_metrics_specs(
            of_tfma.metrics_specs, eval_config=of_tfma
        )
        _check_complete(evaluation, validated_on, sliced, outcome)
        missing = list(dict.fromkeys((*missing_slices(outcome), *without_examples(thresholds, sliced))))
    evidence = Evidence(
        validation_ok=None if outcome is None else bool(outcome.validation_ok),
        comparisons=tuple(_comparisons(thresholds, sliced, names, config)),
        missing_slices=tuple(missing),
        failures=() if outcome is None else tuple(failures(outcome)),
        metrics=tuple(_metric_values(sliced, names.candidate)),
        baseline_metrics=() if names.baseline is None else tuple(_metric_values(sliced, names.baseline)),
        eval_config=json.dumps(asked_text, sort_keys=True),
    )
    locations = written.get("modelLocations", {})
    return TfmaResult(
        evidence=evidence,
        candidate=locations.get(names.candidate, ""),
        baseline=None if names.baseline is None else locations.get(names.baseline),
    )


class _ModelNames:
    """What TFMA calls the two models; with only one, it has no name (tfma/utils/config_util.py)."""

    def __init__(self, config: Any) -> None:
        baselines = [spec.name for spec in config.model_specs if spec.is_baseline]
        candidates = [spec.name for spec in config.model_specs if not spec.is_baseline]
        self.baseline: str | None = baselines[0] if baselines else None
        self.candidate: str = candidates[0] if baselines and candidates else ""


Thresholds = Mapping[Any, Any]  # by TFMA's MetricKey: pairs of slicing spec, or None, and bound
Values = dict[Any, float | None]  # by TFMA's MetricKey; None for what is not a finite number


class _MeasuredSlice(NamedTuple):
    values: Values
    errors: Mapping[Any, StandardError]


Sliced = Mapping[SliceKey, _MeasuredSlice]


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text())
    except FileNotFoundError as error:
        msg = f"evaluation {path.parent} is missing or has no {path.name}: run the Evaluator again"
        raise EvidenceError(msg) from error
    except (OSError, ValueError) as error:
        msg = f"{path} cannot be read ({_one_line(error)}): run the Evaluator again"
        raise EvidenceError(msg) from error


def _one_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def _values(entry: Any) -> Values:
    from tensorflow_model_analysis.metrics import metric_types

    found: Values = {}
    for pair in entry.metric_keys_and_values:
        if pair.value.WhichOneof("type") in _NUMBERS:
            found[metric_types.MetricKey.from_proto(pair.key)] = _number(pair.value)
    return found


def _number(value: Any) -> float | None:
    kind = value.WhichOneof("type")
    if kind == "bounded_value":
        number = value.bounded_value.value.value
    elif kind == "t_distribution_value":
        number = value.t_distribution_value.unsampled_value.value
    else:
        number = value.double_value.value
    # JSON has no NaN and no infinity, and no bound is met by one.
    return float(number) if math.isfinite(number) else None


def _comparisons(
    thresholds: Thresholds, sliced: Sliced, names: _ModelNames, config: Any
) -> Iterator[Comparison]:
    from tensorflow_model_analysis.proto import config_pb2

    confidence = confidence_level.asked_for(config)
    # TFMA takes it for the least number of examples that a slice is shown with (slicer/slicer_lib.py).
    least = config.options.min_slice_size.value
    for key, bounds in thresholds.items():
        # TFMA lists the thresholds for each model and checks only the candidate's.
        if names.baseline is not None and key.model_name == names.baseline:
            continue
        for spec, bound in bounds:
            if isinstance(spec, config_pb2.CrossSlicingSpec):
                continue
            for where, measured in sliced.items():
                if applies(spec, where):
                    made = msgspec.structs.replace(
                        _comparison(key, bound, where, measured.values, names),
                        examples=_examples(measured.values, names),
                        min_examples=least if least > 1 and where else None,
                    )
                    yield with_interval(made, key, measured.errors, confidence)


def _examples(values: Values, names: _ModelNames) -> int | None:
    """Return on how many examples a slice was measured; None without the metric ExampleCount."""
    for key, value in values.items():
        if key.name == "example_count" and key.model_name == names.candidate and not key.is_diff:
            return None if value is None else round(value)
    return None


def _check_complete(evaluation: str, thresholds: Thresholds, sliced: Sliced, outcome: Any) -> None:
    """Make sure that every threshold has a slice it applies to, or that TFMA says there is none.

    TFMA reads a metrics file that is gone or empty as no metrics (tfma/api/model_eval_lib.py).
    """
    from tensorflow_model_analysis.proto import config_pb2

    missing = list(outcome.missing_slices)
    for bounds in thresholds.values():
        for spec, _ in bounds:
            if isinstance(spec, config_pb2.CrossSlicingSpec) or spec in missing:
                continue
            if not any(applies(spec, where) for where in sliced):
                msg = f"evaluation {evaluation} lacks the metrics that it was validated on: run the Evaluator again"
                raise EvidenceError(msg)


def _comparison(key: Any, bound: Any, where: SliceKey, values: Values, names: _ModelNames) -> Comparison:
    from tensorflow_model_analysis.proto import config_pb2

    of_candidate = key._replace(is_diff=False)
    candidate = values.get(of_candidate)
    if isinstance(bound, config_pb2.GenericValueThreshold):
        return Comparison(
            metric=_metric_name(key),
            slice=slice_name(where),
            rule="value",
            lower=bound.lower_bound.value if bound.HasField("lower_bound") else None,
            upper=bound.upper_bound.value if bound.HasField("upper_bound") else None,
            candidate=candidate,
        )
    directions: dict[int, Direction] = {
        config_pb2.MetricDirection.HIGHER_IS_BETTER: "higher_is_better",
        config_pb2.MetricDirection.LOWER_IS_BETTER: "lower_is_better",
    }
    direction = directions.get(bound.direction)
    # TFMA bounds the difference, which for lower-is-better is negative; the gate bounds the improvement.
    sign = -1.0 if direction == "lower_is_better" else 1.0
    return Comparison(
        metric=_metric_name(key),
        slice=slice_name(where),
        rule="change",
        absolute=sign * bound.absolute.value + 0.0 if bound.HasField("absolute") else None,
        relative=sign * bound.relative.value + 0.0 if bound.HasField("relative") else None,
        direction=direction,
        candidate=candidate,
        baseline=None
        if names.baseline is None
        else values.get(of_candidate._replace(model_name=names.baseline)),
    )


def _metric_values(sliced: Sliced, model: str) -> Iterator[MetricValue]:
    for where, measured in sorted(sliced.items(), key=lambda entry: (len(entry[0]), slice_name(entry[0]))):
        for key, value in sorted(measured.values.items(), key=lambda pair: _metric_name(pair[0])):
            if key.model_name == model and not key.is_diff:
                yield MetricValue(metric=_metric_name(key), slice=slice_name(where), value=value)


def _metric_name(key: Any) -> str:
    name = str(key.name)
    if key.sub_key is not None:
        name = f"{name}@{key.sub_key}"
    return f"{key.output_name}/{name}" if key.output_name else name
