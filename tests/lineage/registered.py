"""Runs whose versions are in a real registry too."""

from pathlib import Path

from tests.lineage.synthetic import PenguinPipeline, SyntheticRun
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.verdict import Evaluation
from tfx_hallmark.registry.version import Version


def run_and_register(
    pipeline: PenguinPipeline, model: Model, candidate: Path, evaluation: Evaluation | None = None, **training
) -> tuple[SyntheticRun, Version]:
    """Writes a run, and does in the registry what its components do.

    Args:
        pipeline: Whose run.
        model: Where the candidate is tagged and pushed.
        candidate: What the Trainer made.
        evaluation: With it, the candidate is pushed; without, it is pushed past the gate.
        training: As for `PenguinPipeline.train`.
    """
    run = pipeline.train(**training)
    version = model.tag(candidate, provenance=lambda _: pipeline.provenance(run))
    pipeline.tag(run, version.version, version.digest, manifest=version.state.manifest)
    if evaluation is None:
        push = model.push_unchecked(candidate, version.version, reason="the gate is not tried here")
    else:
        push = model.push(candidate, version.version, evaluation)
    pipeline.push(run, push.verdict.outcome, release=push.release)
    return run, model.version(version.version)
