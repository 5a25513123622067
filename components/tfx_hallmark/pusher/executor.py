"""RegistryPusher at work."""

import json
from pathlib import Path
from typing import Any

from absl import logging
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import write_tree
from tfx_hallmark.artifacts import open_model, required_property, saved_model_of
from tfx_hallmark.context import pipeline_run
from tfx_hallmark.lineage.property_text import safe_text
from tfx_hallmark.pusher.evaluation import read_evaluation
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.publisher import Push


class Executor(base_executor.BaseExecutor):
    """Asks the gate, publishes or records the refusal, and says what came of it."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Push the candidate.

        Args:
            input_dict: `model`, `model_version`, `model_blessing`, `evaluation`, `baseline`, and
                `infra_blessing` if there is one.
            output_dict: `pushed_model`.
            exec_properties: See `component.RegistryPusherSpec`.

        Raises:
            EvidenceError: If blessing or evaluation are of another model, or cannot be read.
            DigestMismatchError: If the candidate's bytes are not the tagged ones.
            ConfigError: If the push destination is not the registry's directory, or nothing here knows a
                file system for an artifact's uri.
            StorageError: If an artifact or the registry cannot be read or written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        candidate = artifact_utils.get_single_instance(input_dict["model"])
        model_version = artifact_utils.get_single_instance(input_dict["model_version"])
        pushed_model = artifact_utils.get_single_instance(output_dict["pushed_model"])
        model = open_model(model_version)
        self._check_destination(model, exec_properties.get("base_directory"))
        version = required_property(model_version, "version")
        evaluation = read_evaluation(input_dict)
        reason = f"pushed by {pipeline_run(self._context).in_run(exec_properties.get('pipeline_run_id'))}"
        with saved_model_of(candidate) as path:
            push = model.push(path, version, evaluation, reason=reason)
        logging.info("%s", push.verdict.sentence)
        self._describe(pushed_model, push)

    def _check_destination(self, model: Model, base_directory: str | None) -> None:
        if base_directory is not None and Path(base_directory).resolve() != model.path.resolve():
            msg = (
                f"push_destination is {base_directory}, but VersionTagger's registry publishes {model.name} under "
                f"{model.path}: leave push_destination out, or make the two agree"
            )
            raise ConfigError(msg)

    def _describe(self, pushed_model: Artifact, push: Push) -> None:
        """Write the outcome as TFX's Pusher does (tfx/components/pusher/executor.py), and ours beside it."""
        verdict = push.verdict
        pushed_model.set_int_custom_property("pushed", 1 if push.path is not None else 0)
        if push.path is not None:
            write_tree(push.path, pushed_model.uri)
            pushed_model.set_string_custom_property("pushed_destination", str(push.path))
            pushed_model.set_string_custom_property("pushed_version", str(push.release))
        pushed_model.set_string_custom_property("hallmark_model", verdict.model)
        pushed_model.set_string_custom_property("hallmark_version", verdict.version)
        pushed_model.set_string_custom_property("hallmark_digest", verdict.digest)
        pushed_model.set_string_custom_property(
            "hallmark_outcome", "already published" if push.already else verdict.outcome
        )
        pushed_model.set_string_custom_property("hallmark_verdict", safe_text(verdict.sentence))
        pushed_model.set_string_custom_property(
            "hallmark_reasons", json.dumps([reason.code for reason in verdict.reasons])
        )
