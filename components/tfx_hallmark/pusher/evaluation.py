"""Puts the evaluator's artifacts together for the gate, and makes sure that they speak of one model."""

from collections.abc import Mapping
from pathlib import PurePosixPath

from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import local_view
from tfx_hallmark.artifacts import required_property
from tfx_hallmark.baseline.handover import read_baseline
from tfx_hallmark.evidence.tfma_results import TfmaResult, read_evidence
from tfx_hallmark.registry.errors import EvidenceError
from tfx_hallmark.registry.verdict import Evaluation


def read_evaluation(inputs: Mapping[str, list[Artifact]], *, allow_breaking: bool) -> Evaluation:
    """Read what the pipeline found out about a candidate.

    Args:
        inputs: RegistryPusher's input artifacts.
        allow_breaking: Whether the candidate may break the baseline's clients.

    Raises:
        EvidenceError: If the evaluation cannot be read, or anything is about another model than the
            candidate or the baseline.
        ConfigError: If nothing here knows a file system for the evaluation's uri.
        StorageError: If the evaluation is remote and cannot be copied.
    """
    candidate = artifact_utils.get_single_instance(inputs["model"])
    baseline = artifact_utils.get_single_instance(inputs["baseline"])
    blessing = artifact_utils.get_single_instance(inputs["model_blessing"])
    evaluation = artifact_utils.get_single_instance(inputs["evaluation"])
    # Without thresholds the Evaluator writes no blessing at all (tfx/components/evaluator/executor.py).
    blessed = blessing.get_int_custom_property("blessed") if blessing.has_custom_property("blessed") else None
    _check_blessing(blessing, candidate, baseline)
    _check_version(blessing, artifact_utils.get_single_instance(inputs["model_version"]))
    # TFMA reads through TensorFlow alone, which not every file system of TFX's is known to.
    with local_view(evaluation.uri) as folder:
        result = read_evidence(str(folder), validated=blessed is not None)
    _check_models(result, evaluation, candidate, baseline)
    return Evaluation(
        blessed=blessed,
        infra_blessed=_infra_blessed(inputs),
        baseline=read_baseline(baseline),
        compared=result.baseline is not None,
        evidence=result.evidence,
        allow_breaking=allow_breaking,
    )


def _check_blessing(blessing: Artifact, candidate: Artifact, baseline: Artifact) -> None:
    if blessing.has_custom_property("blessed") and not blessing.get_string_custom_property("current_model"):
        msg = f"blessing {blessing.uri} names no model: connect the blessing of this model's evaluator"
        raise EvidenceError(msg)
    # Uris, for on Kubeflow Pipelines ids are made up anew in each container.
    for key, artifact, what in (
        ("current_model", candidate, "candidate"),
        ("baseline_model", baseline, "baseline"),
    ):
        named = blessing.get_string_custom_property(key)
        if named and named != artifact.uri:
            msg = (
                f"blessing {blessing.uri} is of another {what} ({named}, not {artifact.uri}): "
                "connect the blessing of this model's evaluator"
            )
            raise EvidenceError(msg)


def _check_version(blessing: Artifact, model_version: Artifact) -> None:
    named = blessing.get_string_custom_property("hallmark_digest")
    if named and named != required_property(model_version, "digest"):
        msg = (
            f"blessing {blessing.uri} is of version {blessing.get_string_custom_property('hallmark_version')}, "
            f"not of {required_property(model_version, 'version')}: connect the blessing of this version's evaluator"
        )
        raise EvidenceError(msg)


def _check_models(result: TfmaResult, evaluation: Artifact, candidate: Artifact, baseline: Artifact) -> None:
    for path, artifact, what in (
        (result.candidate, candidate, "candidate"),
        (result.baseline, baseline, "baseline"),
    ):
        if path is not None and not PurePosixPath(path).is_relative_to(artifact.uri):
            msg = (
                f"evaluation {evaluation.uri} is of another {what} ({path}, not {artifact.uri}): "
                "connect the evaluation of this model"
            )
            raise EvidenceError(msg)


def _infra_blessed(inputs: Mapping[str, list[Artifact]]) -> int | None:
    artifacts = inputs.get("infra_blessing")
    if not artifacts:
        return None
    # tfx/components/infra_validator/executor.py: blessed is 1, not blessed is 0.
    return int(artifacts[0].get_int_custom_property("blessed"))
