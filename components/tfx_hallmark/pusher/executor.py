"""RegistryPusher at work."""

from pathlib import Path
from typing import Any

import msgspec
from absl import logging
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import write_release
from tfx_hallmark.artifacts import open_model, required_property, saved_model_of
from tfx_hallmark.context import pipeline_run
from tfx_hallmark.delivery.background import start_delivery
from tfx_hallmark.lineage.property_text import safe_json, safe_text
from tfx_hallmark.pusher.evaluation import read_evaluation
from tfx_hallmark.pusher.replay import replay
from tfx_hallmark.pusher.signing_key import signing_key
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.publisher import Push
from tfx_hallmark.registry.rollout import check_policy, check_rollout
from tfx_hallmark.registry.state import STABLE
from tfx_hallmark.registry.store_url import Root, parse_root


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
            ConfigError: If the push destination is not the registry's directory, the serving policy knows
                no canary, or nothing here knows a file system for an artifact's uri.
            SignatureError: If the registry requires signatures, and the candidate has no good one.
            SigningKeyError: If the key cannot sign.
            StorageError: If an artifact or the registry cannot be read or written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        candidate = artifact_utils.get_single_instance(input_dict["model"])
        model_version = artifact_utils.get_single_instance(input_dict["model_version"])
        pushed_model = artifact_utils.get_single_instance(output_dict["pushed_model"])
        model = open_model(model_version)
        self._check_destination(model, exec_properties.get("base_directory"))
        rollout = check_rollout(exec_properties.get("rollout", STABLE))
        check_policy(rollout, model.settings.serving_policy)
        version = required_property(model_version, "version")
        reason = f"pushed by {pipeline_run(self._context).in_run(exec_properties.get('pipeline_run_id'))}"
        evaluation = read_evaluation(input_dict, allow_breaking=bool(exec_properties.get("allow_breaking")))
        with saved_model_of(candidate) as path:
            evaluation = msgspec.structs.replace(evaluation, replay=replay(model, evaluation.baseline, path))
            push = model.push(
                path,
                version,
                evaluation,
                reason=reason,
                label=rollout,
                signing_key=signing_key(exec_properties),
            )
        start_delivery(model.root, model.name)
        logging.info("%s", push.verdict.sentence)
        for line in push.verdict.allowed_breaks:
            logging.warning("Let through although clients may break: %s.", line)
        self._describe(pushed_model, model, push)
        pushed_model.set_string_custom_property("hallmark_rollout", rollout)

    def _check_destination(self, model: Model, base_directory: str | None) -> None:
        if base_directory is not None and _place(base_directory) != _place(model.location):
            msg = (
                f"push_destination is {base_directory}, but VersionTagger's registry publishes {model.name} under "
                f"{model.location}: leave push_destination out, or make the two agree"
            )
            raise ConfigError(msg)

    def _describe(self, pushed_model: Artifact, model: Model, push: Push) -> None:
        """Write the outcome as TFX's Pusher does (tfx/components/pusher/executor.py), and ours beside it."""
        verdict = push.verdict
        pushed_model.set_int_custom_property("pushed", 1 if push.release is not None else 0)
        if push.release is not None:
            write_release(model, push.release, pushed_model.uri)
            pushed_model.set_string_custom_property("pushed_destination", model.location_of(push.release))
            pushed_model.set_string_custom_property("pushed_version", str(push.release))
        pushed_model.set_string_custom_property("hallmark_model", verdict.model)
        pushed_model.set_string_custom_property("hallmark_version", verdict.version)
        pushed_model.set_string_custom_property("hallmark_digest", verdict.digest)
        pushed_model.set_string_custom_property(
            "hallmark_outcome", "already published" if push.already else verdict.outcome
        )
        pushed_model.set_string_custom_property("hallmark_verdict", safe_text(verdict.sentence))
        pushed_model.set_string_custom_property(
            "hallmark_reasons", safe_json(reason.code for reason in verdict.reasons)
        )


def _place(text: str) -> Root:
    root = parse_root(text)
    return root.resolve() if isinstance(root, Path) else root
