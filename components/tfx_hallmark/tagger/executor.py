"""VersionTagger at work."""

import json
from typing import Any

import msgspec
from absl import logging
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact

from tfx_hallmark.artifact_files import write_file
from tfx_hallmark.artifacts import saved_model_of
from tfx_hallmark.context import pipeline_run
from tfx_hallmark.delivery.background import start_delivery
from tfx_hallmark.registry import numbering
from tfx_hallmark.registry.golden import keep
from tfx_hallmark.registry.manifest import Run
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.tagger.golden import golden_predictions
from tfx_hallmark.tagger.provenance import TrainingRecord, collect
from tfx_hallmark.tagger.training_code import code_in


class Executor(base_executor.BaseExecutor):
    """Tags the candidate and writes its identity on the ModelVersion artifact."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Tag the candidate.

        Args:
            input_dict: `model`, and what it was made from: `examples`, `schema`, `statistics`, `transform_graph`,
                `hyperparameters`, `trained_on`, `base_model`, each optional; and `model_run`, likewise, in which the
                training was logged.
            output_dict: `model_version`.
            exec_properties: See `component.VersionTaggerSpec`.

        Raises:
            InvalidModelError: If the model is not a servable SavedModel.
            VersionExistsError: If an explicit version is taken.
            DataError: If the examples cannot be read.
            ConfigError: If nothing here knows a file system for an artifact's uri.
            StorageError: If an artifact or the registry cannot be read or written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        candidate = artifact_utils.get_single_instance(input_dict["model"])
        root = exec_properties["registry_root"]
        training = msgspec.json.decode(exec_properties["training"], type=TrainingRecord)
        code = code_in(exec_properties)
        run = self._run(candidate, exec_properties)
        with saved_model_of(candidate) as path:
            version = (
                Registry.create(root)
                .model(exec_properties["model_name"])
                .tag(
                    path,
                    provenance=lambda objects: collect(
                        input_dict,
                        training,
                        code,
                        run,
                        objects,
                        container_image=exec_properties.get("container_image"),
                    ),
                    golden=lambda content, objects: keep(
                        golden_predictions(
                            path,
                            exec_properties["model_name"],
                            input_dict.get("examples") or [],
                            int(exec_properties["golden_examples"]),
                        ),
                        content,
                        objects,
                    ),
                    number=self._number(exec_properties),
                    template=exec_properties["tag_template"],
                    description=exec_properties.get("description") or "",
                    notes=json.loads(exec_properties.get("notes") or "{}"),
                )
            )
        output = artifact_utils.get_single_instance(output_dict["model_version"])
        output.describe(version, registry_root=root)
        write_file(f"{output.uri}/manifest.json", msgspec.json.encode(version.manifest))
        start_delivery(root, exec_properties["model_name"])
        logging.info("Tagged %s as %s (%s).", candidate.uri, version, "; ".join(version.manifest.reasons))

    def _number(self, exec_properties: dict[str, Any]) -> numbering.Number:
        if exec_properties.get("version"):
            return numbering.Exactly(exec_properties["version"])
        if exec_properties.get("bump"):
            return numbering.AtLevel(exec_properties["bump"])
        return numbering.Inferred()

    def _run(self, candidate: Artifact, exec_properties: dict[str, Any]) -> Run:
        known = pipeline_run(self._context).in_run(exec_properties.get("pipeline_run_id"))
        return Run(
            pipeline=known.pipeline,
            run_id=known.run_id,
            orchestrator=known.orchestrator,
            model_uri=candidate.uri,
            model_id=str(candidate.id) if candidate.id and known.has_metadata_ids else None,
        )
