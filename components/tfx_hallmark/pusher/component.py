"""RegistryPusher, wired: what it takes, what it gives, and what can be checked before it runs."""

from tfx.dsl.components.base import base_component, executor_spec
from tfx.proto import pusher_pb2
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.pusher.executor import Executor
from tfx_hallmark.pusher.signing_key import check_path
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.rollout import check_rollout
from tfx_hallmark.registry.state import STABLE


class RegistryPusherSpec(ComponentSpec):
    """Inputs, outputs and parameters of RegistryPusher."""

    PARAMETERS = {
        "base_directory": ExecutionParameter(type=str, optional=True),
        # Not `run_id`, which TFX keeps for itself on Airflow 2 (tfx/orchestration/metadata.py).
        "pipeline_run_id": ExecutionParameter(type=str, optional=True),
        "rollout": ExecutionParameter(type=str, optional=True),
        "signing_key": ExecutionParameter(type=str, optional=True),
        # No bool, which Kubeflow Pipelines does not hand on as one.
        "allow_breaking": ExecutionParameter(type=int, optional=True),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "model_version": ChannelParameter(type=ModelVersion),
        "model_blessing": ChannelParameter(type=standard_artifacts.ModelBlessing),
        "evaluation": ChannelParameter(type=standard_artifacts.ModelEvaluation),
        "baseline": ChannelParameter(type=standard_artifacts.Model),
        "infra_blessing": ChannelParameter(type=standard_artifacts.InfraBlessing, optional=True),
    }
    OUTPUTS = {"pushed_model": ChannelParameter(type=standard_artifacts.PushedModel)}


class RegistryPusher(base_component.BaseComponent):
    """A TFX component that publishes a candidate only if it beats what serves, and always says why.

    It takes the place of TFX's Pusher: the same inputs, the same `PushedModel`. A refusal is a normal
    outcome (`pushed=0`, reasons on record, pipeline green); evidence about another model is an error.

    !!! Example
        ``` python
        pusher = RegistryPusher(
            model=trainer.outputs['model'],
            model_version=tagger.outputs['model_version'],
            model_blessing=evaluator.outputs['blessing'],
            evaluation=evaluator.outputs['evaluation'],
            baseline=baseline.outputs['baseline'])
        ```

    Component `outputs` contains:

     - `pushed_model`: Channel of type `PushedModel` with `pushed`, `pushed_destination` and
                       `pushed_version` as TFX's Pusher sets them, a copy of the model at its uri, and
                       `hallmark_version`, `hallmark_digest`, `hallmark_rollout`, `hallmark_verdict`,
                       `hallmark_reasons`.
    """

    SPEC_CLASS = RegistryPusherSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: channel.BaseChannel,
        model_blessing: channel.BaseChannel,
        infra_blessing: channel.BaseChannel | None = None,
        push_destination: pusher_pb2.PushDestination | None = None,
        *,
        model_version: channel.BaseChannel,
        evaluation: channel.BaseChannel,
        baseline: channel.BaseChannel,
        run_id: str | None = None,
        rollout: str = STABLE,
        signing_key: str | None = None,
        allow_breaking: bool = False,
    ) -> None:
        """Construct a RegistryPusher.

        Args:
            model: Channel of type `Model`: the candidate.
            model_blessing: Channel of type `ModelBlessing` from BaselineEvaluator.
            infra_blessing: Channel of type `InfraBlessing`; if given, it must be blessed too.
            push_destination: As for TFX's Pusher. VersionTagger's root and model name already say where
                to push; if this is given as well, it must name the same directory.
            model_version: Channel of type `ModelVersion` from VersionTagger.
            evaluation: Channel of type `ModelEvaluation` from BaselineEvaluator.
            baseline: Channel of type `Model` from StableBaseline.
            run_id: Run of the pipeline, where the orchestrator does not tell its executors: on Airflow
                `'{{ run_id }}'`.
            rollout: `stable`, so that a candidate which beats what serves takes its place, or `canary`, so
                that it is published under the label `canary` and `stable` stays where it is. A canary needs
                the serving policy `labels`.
            signing_key: Path, where the component runs, of the private key that signs a candidate before it
                is published; by default what the environment variable `HALLMARK_SIGNING_KEY` says there, and
                nothing is signed without either.
            allow_breaking: Whether a candidate may take the place of what serves although requests that this
                answers would break: its signatures changed, or it fails the baseline's golden requests. What
                breaks stays on record.

        Raises:
            ConfigError: If `push_destination` is given and is no directory, there is no such rollout,
                `signing_key` is a key and no path, or `allow_breaking` is neither True nor False.
        """
        spec = RegistryPusherSpec(
            model=model,
            model_version=model_version,
            model_blessing=model_blessing,
            evaluation=evaluation,
            baseline=baseline,
            infra_blessing=infra_blessing,
            base_directory=None if push_destination is None else _base_directory(push_destination),
            pipeline_run_id=run_id,
            rollout=check_rollout(rollout),
            signing_key=check_path(signing_key),
            # Left out where it says nothing: a parameter that is there is part of TFX's cache key.
            allow_breaking=1 if _check_allow_breaking(allow_breaking) else None,
            pushed_model=channel.Channel(type=standard_artifacts.PushedModel),
        )
        super().__init__(spec=spec)


def _check_allow_breaking(allow_breaking: bool) -> bool:
    # The text "false" would be true.
    if not isinstance(allow_breaking, bool):
        msg = f"allow_breaking is {allow_breaking!r}: give True or False"
        raise ConfigError(msg)
    return allow_breaking


def _base_directory(destination: pusher_pb2.PushDestination) -> str:
    base = str(destination.filesystem.base_directory)
    if not base:
        msg = "push_destination names no filesystem.base_directory: give one, or leave push_destination out"
        raise ConfigError(msg)
    return base
