"""StableBaseline at work."""

from typing import Any

from absl import logging
from tfx.dsl.components.base import base_executor
from tfx.types import artifact_utils
from tfx.types.artifact import Artifact
from tfx.utils import path_utils

from tfx_hallmark.artifact_files import write_release
from tfx_hallmark.artifacts import open_model
from tfx_hallmark.baseline.handover import write_baseline


class Executor(base_executor.BaseExecutor):
    """Puts the stable release into a Model artifact: by hard links where that is local."""

    def Do(  # noqa: N802
        self,
        input_dict: dict[str, list[Artifact]],
        output_dict: dict[str, list[Artifact]],
        exec_properties: dict[str, Any],
    ) -> None:
        """Hand out what is stable.

        Args:
            input_dict: `model` (the candidate) and `model_version`.
            output_dict: `baseline`.
            exec_properties: None are needed.

        Raises:
            NotFoundError: If the root holds no registry, or the release is gone from the disk.
            ConfigError: If nothing here knows a file system for the artifact's uri.
            StorageError: If the artifact cannot be written.
        """
        self._log_startup(input_dict, output_dict, exec_properties)
        model_version = artifact_utils.get_single_instance(input_dict["model_version"])
        output = artifact_utils.get_single_instance(output_dict["baseline"])
        model = open_model(model_version)
        stable = model.stable()
        write_baseline(output, stable)
        if stable is None:
            logging.info(
                "Nothing of %s is stable yet: the candidate is evaluated without a baseline.", model.name
            )
            return
        # Where the Evaluator looks for a model's serving form.
        write_release(model, stable.release, path_utils.serving_model_dir(output.uri))
        logging.info("Baseline of %s: %s, release %d.", model.name, stable.version, stable.release)
