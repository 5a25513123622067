"""BaselineEvaluator at work."""

from typing import Any

from tfx.components.evaluator import executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifacts import required_property
from tfx_hallmark.baseline.handover import baseline_exists


class Executor(executor.Executor):
    """TFX's Evaluator, given the baseline only if there is one.

    It inherits from TFX's, for Kubeflow's entry point tells a blessing by that
    (tfx/orchestration/kubeflow/v2/container/kubeflow_v2_entrypoint_utils.py, refactor_model_blessing).
    """

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Evaluate the candidate, against the baseline where one exists.

        Args:
            input_dict: The Evaluator's inputs, and `model_version`.
            output_dict: `evaluation` and `blessing`.
            exec_properties: The Evaluator's.
        """
        inputs = dict(input_dict)
        model_version = artifact_utils.get_single_instance(inputs.pop("model_version"))
        inputs["baseline_model"] = [model for model in inputs["baseline_model"] if baseline_exists(model)]
        super().Do(inputs, output_dict, exec_properties)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        for key in ("model", "version", "digest"):
            blessing.set_string_custom_property(f"hallmark_{key}", required_property(model_version, key))
