"""Sends a candidate the requests that the baseline answers, before clients do."""

from pathlib import Path

from tfx_hallmark.evidence.predictions import predict
from tfx_hallmark.registry.compatibility import answer_failures
from tfx_hallmark.registry.errors import PredictionError
from tfx_hallmark.registry.golden import GoldenPredictions
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Replay, VersionAt


def replay(model: Model, baseline: VersionAt | None, candidate: Path) -> Replay:
    """Ask a candidate what the baseline was asked when it was tagged.

    Args:
        model: The model in the registry.
        baseline: What the candidate was evaluated against; None if nothing was stable.
        candidate: Its SavedModel.

    Raises:
        NotFoundError: If a record of the baseline is missing.
        DigestMismatchError: If one was changed.
    """
    if baseline is None:
        return Replay(requests=0, note="nothing was stable")
    version = model.version(baseline.version)
    golden = version.golden_predictions
    if golden is None:
        return Replay(requests=0, note=f"{baseline.version} has no golden predictions")
    return Replay(requests=golden.requests, failures=_failures(golden, candidate))


def _failures(golden: GoldenPredictions, candidate: Path) -> tuple[str, ...]:
    try:
        answers = predict(candidate, golden.signature, golden.inputs)
    except PredictionError as error:
        # Without the candidate's path, which is a temporary one if it is remote: a retry must say the same.
        return (f"the candidate {str(error).removeprefix(f'{candidate} ')}",)
    return answer_failures(golden, answers)
