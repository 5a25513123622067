"""The few parameters of an execution that a person wants to see beside it."""

from tfx_hallmark.lineage.graph import Node, Value
from tfx_hallmark.lineage.reading.settings import execution_settings

_LONGEST = 40
# What TFX's and this package's components write that is the same in nearly every pipeline, or told elsewhere.
_NOISE = {
    "disable_statistics", "eval_config", "example_splits", "exclude_splits", "fairness_indicator_thresholds",
    "force_tf_compat_v1", "golden_examples", "infer_feature_shape", "input_config", "input_fingerprint", "module_file",
    "module_path", "output_config", "output_data_format", "output_file_format", "registry_root", "model_name",
    "tag_template", "training", "seal", "seq", "model", "sentence", "actor", "version", "time",
}  # fmt: skip
_GROUPS = {"custom_config", "train_args", "eval_args"}
SAID = frozenset({"reason", "override", "summary"})  # of a registry's event: sentences, to be told whole


def parameters_of(node: Node) -> dict[str, Value]:
    """Return what an execution was given, hyperparameters by their own names, long texts left out.

    Args:
        node: An execution.
    """
    told: dict[str, Value] = {}
    for name, value in execution_settings(node, {}).items():
        group, _, inner = name.partition(".")
        if group in _NOISE or value == "":
            continue
        # A long configuration is not for one line.
        if len(str(value)) <= _LONGEST or name in SAID:
            told[inner if group in _GROUPS and inner else name] = value
    return told
