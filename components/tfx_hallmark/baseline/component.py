"""StableBaseline, wired: what it takes and what it gives."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.baseline.driver import Driver
from tfx_hallmark.baseline.executor import Executor


class StableBaselineSpec(ComponentSpec):
    """Inputs and outputs of StableBaseline."""

    PARAMETERS: dict[str, ExecutionParameter] = {}
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_version": ChannelParameter(type=ModelVersion),
    }
    # Not `model`: on Airflow, outputs of one type and one key in one run get into each other's way.
    OUTPUTS = {"baseline": ChannelParameter(type=standard_artifacts.Model)}


class StableBaseline(base_component.BaseComponent):
    """A TFX component that hands out the version which serves by default, to be evaluated against.

    An ordinary component, for resolvers and drivers do not work on every orchestrator. Where nothing is
    stable yet the output says so by its property `exists`, for an output can nowhere be left out.

    !!! Example
        ``` python
        baseline = StableBaseline(
            model=trainer.outputs['model'],
            model_version=tagger.outputs['model_version'])
        ```

    Component `outputs` contains:

     - `baseline`: Channel of type `Model` with the custom properties `exists` (0 or 1), `version`,
                   `release`, `digest`.
    """

    SPEC_CLASS = StableBaselineSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)
    DRIVER_CLASS = Driver

    def __init__(self, model: channel.BaseChannel, model_version: channel.BaseChannel) -> None:
        """Construct a StableBaseline.

        Args:
            model: Channel of type `Model`: the candidate, so that a new candidate always meets the
                baseline of its own time, and not a cached one.
            model_version: Channel of type `ModelVersion` from VersionTagger, which says which registry
                and which model.
        """
        spec = StableBaselineSpec(
            model=model,
            model_version=model_version,
            baseline=channel.Channel(type=standard_artifacts.Model),
        )
        super().__init__(spec=spec)
