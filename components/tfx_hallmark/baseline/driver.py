"""Makes what is stable part of StableBaseline's cache key.

Where the orchestrator ignores drivers (Kubeflow Pipelines) or runs the older kind (Airflow), the key is
the candidate alone; the gate finds a baseline that moved either way, so nothing rests on this.
"""

from tfx.dsl.components.base import base_driver
from tfx.orchestration import data_types_utils, metadata
from tfx.orchestration.portable import base_driver as portable_driver
from tfx.orchestration.portable import data_types
from tfx.proto.orchestration import driver_output_pb2

from tfx_hallmark.artifacts import open_model


class Driver(base_driver.BaseDriver, portable_driver.BaseDriver):
    """Adds the execution property `stable`: version and release that are stable when the run gets here."""

    def __init__(self, metadata_handle: metadata.Metadata) -> None:
        base_driver.BaseDriver.__init__(self, metadata_handle)
        portable_driver.BaseDriver.__init__(self, metadata_handle)

    def run(self, execution_info: data_types.ExecutionInfo) -> driver_output_pb2.DriverOutput:
        """Look up what is stable (tfx/orchestration/portable/launcher.py calls this before the cache)."""
        model_version = execution_info.input_dict["model_version"][0]
        stable = open_model(model_version).stable()
        output = driver_output_pb2.DriverOutput()
        for key, value in execution_info.exec_properties.items():
            if value is not None:
                data_types_utils.set_metadata_value(output.exec_properties[key], value)
        now = "none" if stable is None else f"{stable.version} as release {stable.release}"
        data_types_utils.set_metadata_value(output.exec_properties["stable"], now)
        return output
