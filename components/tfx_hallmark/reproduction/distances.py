"""How far a second training lies from the recorded one where weights are not equal: in predictions, in metrics."""

from collections.abc import Sequence
from pathlib import Path

from tfx_hallmark.registry.golden import GoldenPredictions, OutputDifference, differences
from tfx_hallmark.registry.reproduction import MetricDistance
from tfx_hallmark.registry.verdict import Evidence

RECORDED, REPRODUCED = "recorded", "reproduced"


def prediction_distance(
    golden: GoldenPredictions, reproduced: Path, tolerance: float
) -> tuple[OutputDifference, ...]:
    """Ask a second training the golden requests, and hold its answers against those on record.

    Args:
        golden: The requests, with the recorded answers.
        reproduced: What the second training exported.
        tolerance: See `golden.differences`.

    Raises:
        PredictionError: If it does not answer.
    """
    from tfx_hallmark.evidence.predictions import predict

    answers = predict(reproduced, golden.signature, golden.inputs)
    return differences(golden.outputs, answers, tolerance=tolerance)


def metric_distance(
    evidence: Evidence,
    recorded: Path | None,
    reproduced: Path,
    *,
    examples: Sequence[str],
    tolerance: float,
    output: Path,
) -> tuple[MetricDistance, ...]:
    """Evaluate both models with TFMA on the same examples, and set their metrics side by side.

    Args:
        evidence: An evaluation of the recorded version, for its EvalConfig.
        recorded: The version's files; None if they are gone, then its metrics are those of the evidence.
        reproduced: What the second training exported.
        examples: TFRecord files, or folders of them; see `evaluating.evaluate`.
        tolerance: As of `golden.differences`.
        output: Folder for TFMA's results.

    Raises:
        HallmarkError: As `evaluating.evaluate` does.
    """
    from tfx_hallmark.evidence.evaluating import evaluate

    models = {REPRODUCED: reproduced} if recorded is None else {RECORDED: recorded, REPRODUCED: reproduced}
    found = evaluate(models, eval_config=evidence.eval_config, examples=examples, output=output)
    return side_by_side(found.get(RECORDED, evidence), found[REPRODUCED], tolerance)


def side_by_side(recorded: Evidence, reproduced: Evidence, tolerance: float) -> tuple[MetricDistance, ...]:
    """Set two evaluations side by side; what has no number in either is passed over."""
    mine = {(value.slice, value.metric): value.value for value in recorded.metrics}
    theirs = {(value.slice, value.metric): value.value for value in reproduced.metrics}
    return tuple(
        MetricDistance(
            metric=metric,
            slice=slice_,
            recorded=mine.get((slice_, metric)),
            reproduced=theirs.get((slice_, metric)),
            within=_within(mine.get((slice_, metric)), theirs.get((slice_, metric)), tolerance),
        )
        for slice_, metric in sorted(mine.keys() | theirs.keys())
        if mine.get((slice_, metric)) is not None or theirs.get((slice_, metric)) is not None
    )


def _within(recorded: float | None, reproduced: float | None, tolerance: float) -> bool:
    if recorded is None or reproduced is None:
        return False
    return abs(recorded - reproduced) <= tolerance * (1 + abs(recorded))
