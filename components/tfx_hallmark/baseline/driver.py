"""Makes what is stable part of StableBaseline's cache key.

Kubeflow Pipelines ignores drivers; the gate finds a baseline that moved either way, so nothing rests on this.
"""

from typing import Any

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2
from tfx.types.artifact import Artifact

from tfx_hallmark.artifacts import open_model


class Driver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Adds the execution property `stable`: version and release that are stable when the run gets here."""

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Look up what is stable (tfx/orchestration/portable/launcher.py calls this before the cache)."""
        model_version = execution_info.input_dict["model_version"][0]
        output = driver_output_pb2.DriverOutput()
        for key, value in execution_info.exec_properties.items():
            if value is not None:
                data_types_utils.set_metadata_value(output.exec_properties[key], value)
        data_types_utils.set_metadata_value(output.exec_properties["stable"], _stable(model_version))
        return output

    def resolve_input_artifacts(
        self,
        input_dict: dict[str, Any],
        exec_properties: dict[str, Any],
        driver_args: Any,
        pipeline_info: Any,
    ) -> dict[str, list[Artifact]]:
        """Find the inputs, and look up what is stable: the last call before the cache on Airflow 2.

        See `pre_execution` in tfx/dsl/components/base/base_driver.py, which goes on with the parameters it
        passed in here.

        Args:
            input_dict: Input channels by key.
            exec_properties: The parameters; `stable` is added.
            driver_args: TFX's.
            pipeline_info: The pipeline and the run.
        """
        artifacts: dict[str, list[Artifact]] = super().resolve_input_artifacts(
            input_dict, exec_properties, driver_args, pipeline_info
        )
        exec_properties["stable"] = _stable(artifacts["model_version"][0])
        return artifacts


def _stable(model_version: Artifact) -> str:
    stable = open_model(model_version).stable()
    return "none" if stable is None else f"{stable.version} as release {stable.release}"
