"""BaselineEvaluator, wired: what it takes, what it gives, and what can be checked before it runs."""

from typing import Any

from tfx.components.evaluator.component import Evaluator
from tfx.dsl.components.base import base_beam_component, executor_spec
from tfx.types import channel, standard_artifacts, standard_component_specs
from tfx.types.component_spec import ChannelParameter
from tfx.utils import json_utils

from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.evaluator.eval_config_check import check_eval_config
from tfx_hallmark.evaluator.executor import Executor


class BaselineEvaluatorSpec(standard_component_specs.EvaluatorSpec):
    """The Evaluator's inputs, outputs and parameters, with the candidate's version beside them."""

    INPUTS = {
        **standard_component_specs.EvaluatorSpec.INPUTS,
        "model_version": ChannelParameter(type=ModelVersion),
    }


class BaselineEvaluator(Evaluator):
    """A TFX Evaluator that compares the candidate with the version which serves by default.

    It takes its baseline from StableBaseline, and evaluates without one only if that says that nothing
    is stable. An EvalConfig which could never bless a model, or would bless any, is refused when the
    pipeline is defined. Where the EvalConfig asks for a confidence, or for a least size of slices, the
    blessing speaks of what TFMA can judge; the rest is judged by RegistryPusher's gate.

    !!! Example
        ``` python
        evaluator = BaselineEvaluator(
            examples=example_gen.outputs['examples'],
            model=trainer.outputs['model'],
            baseline=baseline.outputs['baseline'],
            model_version=tagger.outputs['model_version'],
            eval_config=beats_baseline('binary_accuracy', min_value=0.8, label_key='label'))
        ```

    Component `outputs` contains:

     - `evaluation`: Channel of type `ModelEvaluation` with TFMA's results.
     - `blessing`: Channel of type `ModelBlessing`, which also names the candidate's version.
    """

    SPEC_CLASS = BaselineEvaluatorSpec
    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: channel.BaseChannel,
        model: channel.BaseChannel,
        *,
        baseline: channel.BaseChannel,
        model_version: channel.BaseChannel,
        eval_config: Any,
        example_splits: list[str] | None = None,
        schema: channel.BaseChannel | None = None,
        module_path: str | None = None,
    ) -> None:
        """Construct a BaselineEvaluator.

        Args:
            examples: Channel of type `Examples` to evaluate on.
            model: Channel of type `Model`: the candidate.
            baseline: Channel of type `Model` from StableBaseline.
            model_version: Channel of type `ModelVersion` from VersionTagger.
            eval_config: A `tfma.EvalConfig`; `beats_baseline` makes one.
            example_splits: Splits to evaluate on; by default `eval`.
            schema: Channel of type `Schema`, for TFXIO.
            module_path: Dotted name of a module with `custom_eval_shared_model` or `custom_extractors`.

        Raises:
            ConfigError: If the EvalConfig does not mean what it seems to, see `check_eval_config`.
        """
        check_eval_config(eval_config)
        spec = BaselineEvaluatorSpec(
            examples=examples,
            model=model,
            baseline_model=baseline,
            model_version=model_version,
            schema=schema,
            eval_config=eval_config,
            example_splits=json_utils.dumps(example_splits),
            fairness_indicator_thresholds=json_utils.dumps(None),
            module_path=module_path,
            evaluation=channel.Channel(type=standard_artifacts.ModelEvaluation),
            blessing=channel.Channel(type=standard_artifacts.ModelBlessing),
        )
        # Not Evaluator's own constructor: it builds a spec without the version.
        base_beam_component.BaseBeamComponent.__init__(self, spec=spec)
