"""What a reproduction comes to: one word, and a sentence."""

from collections.abc import Sequence

from tfx_hallmark.registry.golden import OutputDifference
from tfx_hallmark.registry.reproduction import MetricDistance, Outcome, WeightsCompared


def outcome_of(
    weights: WeightsCompared, predictions: Sequence[OutputDifference], metrics: Sequence[MetricDistance]
) -> Outcome:
    """Return how near it came.

    Predictions that differ outweigh equal weights: a Transform that ran again may have put other constants into the
    graph. Equal metrics outweigh both, but are the weakest of the three.

    Args:
        weights: The weights, held against the recorded ones.
        predictions: The answers to the golden requests; empty if they were not asked.
        metrics: The metrics; empty if nothing was evaluated.
    """
    answered_alike = all(output.within for output in predictions)
    if weights.bit_equal and answered_alike:
        return "bit_equal"
    if predictions and answered_alike:
        return "same_predictions"
    if metrics and all(metric.within for metric in metrics):
        return "same_metrics"
    return "different"


def summary_of(
    weights: WeightsCompared,
    predictions: Sequence[OutputDifference],
    metrics: Sequence[MetricDistance],
    tolerance: float,
    *,
    requests: int,
) -> str:
    """Return the same in a sentence, with its figures.

    Args:
        weights: The weights, held against the recorded ones.
        predictions: The answers to the golden requests; empty if they were not asked.
        metrics: The metrics; empty if nothing was evaluated.
        tolerance: What counted as the same.
        requests: Number of golden requests.
    """
    told = [_weights(weights)]
    if predictions:
        told.append(_predictions(predictions, tolerance, requests))
    if metrics:
        told.append(_metrics(metrics, tolerance))
    return "; ".join(told)


def _weights(weights: WeightsCompared) -> str:
    assets = f"; {len(weights.assets)} assets differ" if weights.assets else ""
    if weights.equal is None:
        return f"weights differ; by how much cannot be told, for the recorded ones are gone{assets}"
    if weights.equal == weights.tensors and not weights.differing:
        return f"all {weights.tensors} weights are equal to the bit{assets}"
    differing = max(weights.tensors - weights.equal, len(weights.differing))
    most = "" if weights.largest is None else f", by {weights.largest:.2g} at most"
    return f"{differing} of {weights.tensors} weights differ{most}{assets}"


def _predictions(predictions: Sequence[OutputDifference], tolerance: float, requests: int) -> str:
    problems = [f"output {one.output} {one.problem}" for one in predictions if one.problem]
    if problems:
        return ", ".join(problems)
    gaps = [one.absolute for one in predictions if one.absolute is not None]
    asked = f"predictions on {requests} golden requests"
    if all(one.within for one in predictions):
        return f"{asked} differ by {max(gaps, default=0.0):.2g} at most, within {tolerance:g}"
    return f"{asked} differ by up to {max(gaps, default=0.0):.2g}, beyond {tolerance:g}"


def _metrics(metrics: Sequence[MetricDistance], tolerance: float) -> str:
    beyond = [metric for metric in metrics if not metric.within]
    if not beyond:
        return f"all {len(metrics)} metrics are the same within {tolerance:g}"
    worst = max(beyond, key=lambda one: abs((one.recorded or 0.0) - (one.reproduced or 0.0)))
    return (
        f"{len(beyond)} of {len(metrics)} metrics differ, {worst.metric} on {worst.slice} from "
        f"{_number(worst.recorded)} to {_number(worst.reproduced)}"
    )


def _number(value: float | None) -> str:
    return "none" if value is None else f"{value:.4g}"
