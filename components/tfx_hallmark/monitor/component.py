"""ServingMonitor, wired: what it takes, what it gives, and what can be checked before it runs."""

from collections.abc import Mapping
from typing import Any

from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter
from tfx.utils import proto_utils

from tfx_hallmark.artifacts import MonitoringFindings
from tfx_hallmark.monitor.executor import Executor
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.monitoring.rules import MonitoringRules
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.tagger.component import absolute_root


class ServingMonitorSpec(ComponentSpec):
    """Inputs, outputs and parameters of ServingMonitor; structured parameters are JSON strings."""

    PARAMETERS = {
        "registry_root": ExecutionParameter(type=str),
        "model_name": ExecutionParameter(type=str),
        "rules": ExecutionParameter(type=str),
        "eval_config": ExecutionParameter(type=str, optional=True),
        "example_split": ExecutionParameter(type=str),
        "training_split": ExecutionParameter(type=str),
        # Not `run_id`, which TFX keeps for itself on Airflow 2 (tfx/orchestration/metadata.py).
        "pipeline_run_id": ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "examples": ChannelParameter(type=standard_artifacts.Examples),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics),
    }
    OUTPUTS = {"findings": ChannelParameter(type=MonitoringFindings)}


class ServingMonitor(base_beam_component.BaseBeamComponent):
    """A TFX component that holds new labelled data against what serves, in a pipeline of its own.

    It compares the data's statistics with those of the data that the stable version was trained on, evaluates that
    version and the canary on it, and decides by rules what is an alert, and whether the canary should take the
    place of what is stable, or the version before. All of it goes on record in the registry. It rolls back and
    promotes only if the rules say so by `auto_rollback` and `auto_promote`.

    !!! Example
        ``` python
        monitor = ServingMonitor(
            examples=example_gen.outputs['examples'],
            statistics=statistics_gen.outputs['statistics'],
            registry_root=serving_root, model_name='penguin',
            rules={'drift': {'categorical': 0.2, 'numeric': 0.2},
                   'floors': [{'metric': 'binary_accuracy', 'min': 0.8}]})
        ```

    Component `outputs` contains:

     - `findings`: Channel of type `MonitoringFindings` with the outcome, what was found, and `report.json`.
    """

    SPEC_CLASS = ServingMonitorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        statistics: channel.BaseChannel,
        *,
        registry_root: str,
        model_name: str,
        rules: MonitoringRules | Mapping[str, Any],
        eval_config: Any = None,
        example_split: str = "eval",
        training_split: str = "train",
        run_id: str | None = None,
    ) -> None:
        """Construct a ServingMonitor.

        Args:
            examples: Channel of type `Examples`: new data, with labels, as it is before Transform.
            statistics: Channel of type `ExampleStatistics` of that data.
            registry_root: Directory, or URL in an object store, that holds the releases and the event log.
            model_name: The model's name, and its directory under the root.
            rules: What is an alert and what follows; see `MonitoringRules` and docs/monitoring.md.
            eval_config: A `tfma.EvalConfig`; by default the one by which the stable version was evaluated.
            example_split: The split of the new data to look at.
            training_split: The split of the training data to compare it with.
            run_id: Run of the pipeline, where the orchestrator does not tell its executors: on Airflow
                `'{{ run_id }}'`.

        Raises:
            ConfigError: If the rules cannot be what somebody meant, or the root is no place for a registry.
            InvalidNameError: If the model's name cannot be used.
        """
        check_model_name(model_name)
        given = rules.checked() if isinstance(rules, MonitoringRules) else MonitoringRules.of(rules)
        for name, split in (("example_split", example_split), ("training_split", training_split)):
            if not isinstance(split, str) or not split:
                msg = f"{name} is {split!r}: name a split"
                raise ConfigError(msg)
        spec = ServingMonitorSpec(
            examples=examples,
            statistics=statistics,
            registry_root=absolute_root(registry_root),
            model_name=model_name,
            rules=given.text,
            eval_config=None if eval_config is None else proto_utils.proto_to_json(eval_config),
            example_split=example_split,
            training_split=training_split,
            pipeline_run_id=run_id,
            findings=channel.Channel(type=MonitoringFindings),
        )
        super().__init__(spec=spec)
