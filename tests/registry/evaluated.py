"""Versions of a model with evaluations on record, made through the public API."""

from collections.abc import Callable, Mapping
from pathlib import Path

from tfx_hallmark.registry.manifest import DataSource, Provenance
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Evaluation, Evidence, MetricValue, VersionAt

BISCOE, DREAM = "island:Biscoe", "island:Dream"
Numbers = Mapping[str, float]  # accuracy by slice
COUNTS = {OVERALL: 100, BISCOE: 60, DREAM: 40}


def numbers(overall: float, biscoe: float = 0.8, dream: float = 0.8) -> Numbers:
    return {OVERALL: overall, BISCOE: biscoe, DREAM: dream}


def measured(values: Numbers, counts: Mapping[str, int] = COUNTS) -> tuple[MetricValue, ...]:
    return (
        *(MetricValue(metric="accuracy", slice=where, value=value) for where, value in values.items()),
        *(MetricValue(metric="example_count", slice=where, value=float(counts[where])) for where in values),
    )


def evidence(
    values: Numbers,
    before: Numbers | None = None,
    *,
    confidence: float | None = None,
    counts: Mapping[str, int] = COUNTS,
    floor: float = 0.5,
) -> Evidence:
    """Gives what TFMA would tell: a floor on all examples, better overall, and no slice worse by 0.1."""
    comparisons = [
        Comparison(
            metric="accuracy",
            slice=OVERALL,
            rule="value",
            lower=floor,
            candidate=values[OVERALL],
            examples=counts[OVERALL],
        )
    ]
    for where, value in values.items():
        gain = None if before is None or confidence is None else value - before[where]
        change = Comparison(
            metric="accuracy",
            slice=where,
            rule="change",
            absolute=0.0 if where == OVERALL else -0.1,
            direction="higher_is_better",
            candidate=value,
            baseline=None if before is None else before[where],
            examples=counts[where],
            confidence=confidence,
            interval=None if gain is None else (gain - 0.05, gain + 0.05),
        )
        comparisons.append(change)
    return Evidence(
        validation_ok=True,
        comparisons=tuple(comparisons),
        metrics=measured(values, counts),
        baseline_metrics=() if before is None else measured(before, counts),
    )


def evaluation(found: Evidence, baseline: VersionAt | None, *, blessed: int | None = 1) -> Evaluation:
    return Evaluation(blessed=blessed, baseline=baseline, compared=baseline is not None, evidence=found)


def provenance(digest: str | None) -> Callable[[object], Provenance]:
    data = DataSource(uri=f"/data/{digest}", digest=digest, span="7")
    return lambda _: Provenance(data=data)


def push(
    model: Model,
    candidate: Path,
    values: Numbers,
    before: Numbers | None = None,
    *,
    data: str | None = "b3:12",
    confidence: float | None = None,
) -> str:
    """Tags a candidate and pushes it with an evaluation beside what is stable, if anything is; gives its version."""
    version = model.tag(candidate, provenance=provenance(data)).version
    stable = model.state.stable_at
    found = evidence(values, before if stable else None, confidence=confidence)
    model.push(candidate, version, evaluation(found, stable))
    return version


def push_two(model: Model, make_candidate: Callable[[int], Path]) -> Model:
    """Pushes 1.0.0, and 1.0.1, which was measured beside it, beat it and is stable."""
    push(model, make_candidate(1), numbers(0.7))
    push(model, make_candidate(2), numbers(0.8, 0.9, 0.75), numbers(0.7))
    return model
