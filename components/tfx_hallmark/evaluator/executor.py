"""BaselineEvaluator at work."""

from typing import Any

from google.protobuf import json_format
from tfx.components.evaluator import executor
from tfx.types import artifact_utils, standard_component_specs
from tfx.types.artifact import Artifact
from tfx.utils import io_utils, proto_utils

from tfx_hallmark.artifacts import required_property
from tfx_hallmark.baseline.handover import baseline_exists
from tfx_hallmark.evaluator.tfma_share import judged_by_tfma
from tfx_hallmark.evidence.tfma_results import GATE_CONFIG_FILE


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
            exec_properties: The Evaluator's; TFMA gets the part of its EvalConfig that it can judge.
        """
        inputs = dict(input_dict)
        model_version = artifact_utils.get_single_instance(inputs.pop("model_version"))
        inputs["baseline_model"] = [model for model in inputs["baseline_model"] if baseline_exists(model)]
        config = _eval_config(exec_properties)
        share = judged_by_tfma(config)
        properties = dict(exec_properties)
        properties[standard_component_specs.EVAL_CONFIG_KEY] = proto_utils.proto_to_json(share)
        super().Do(inputs, output_dict, properties)
        if share != config:
            evaluation = artifact_utils.get_single_uri(output_dict["evaluation"])
            asked = _completed(config, has_baseline=bool(inputs["baseline_model"]))
            io_utils.write_string_file(f"{evaluation}/{GATE_CONFIG_FILE}", asked)
        blessing = artifact_utils.get_single_instance(output_dict["blessing"])
        for key in ("model", "version", "digest"):
            blessing.set_string_custom_property(f"hallmark_{key}", required_property(model_version, key))


def _eval_config(exec_properties: dict[str, Any]) -> Any:
    from tensorflow_model_analysis.proto import config_pb2

    config = config_pb2.EvalConfig()
    proto_utils.json_to_proto(exec_properties[standard_component_specs.EVAL_CONFIG_KEY], config)
    return config


def _completed(config: Any, *, has_baseline: bool) -> str:
    """Give an EvalConfig as JSON with what TFX's executor adds to it, and what it takes out."""
    from tensorflow_model_analysis.utils import config_util

    completed = config_util.update_eval_config_with_defaults(
        config, has_baseline=has_baseline, rubber_stamp=True
    )
    return str(json_format.MessageToJson(completed))
