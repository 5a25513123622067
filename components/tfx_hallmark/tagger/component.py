"""VersionTagger, wired: what it takes, what it gives, and what can be checked before it runs."""

import json
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.registry.bump import LEVELS, check_semantic_version
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.store_url import ROOT_EXAMPLES, SCHEMES, StoreUrl, parse_root
from tfx_hallmark.registry.tagging import DEFAULT_TAG, check_tag_template
from tfx_hallmark.tagger.executor import Executor
from tfx_hallmark.tagger.provenance import TRAINER_INPUTS, TrainingRecord
from tfx_hallmark.tagger.trainer_record import module_file_of, packed_code, record_of, redacted
from tfx_hallmark.tagger.training_code import PARAMETERS, in_parameters
from tfx_hallmark.tagger.warmup import MOST


class VersionTaggerSpec(ComponentSpec):
    """Inputs, outputs and parameters of VersionTagger; structured parameters are JSON strings."""

    PARAMETERS = {
        "registry_root": ExecutionParameter(type=str),
        "model_name": ExecutionParameter(type=str),
        "training": ExecutionParameter(type=str),
        **{name: ExecutionParameter(type=str, optional=True) for name in PARAMETERS},
        "tag_template": ExecutionParameter(type=str),
        "bump": ExecutionParameter(type=str, optional=True),
        "version": ExecutionParameter(type=str, optional=True),
        "description": ExecutionParameter(type=str, optional=True),
        "notes": ExecutionParameter(type=str, optional=True),
        # Not `run_id`, which TFX keeps for itself on Airflow 2 (tfx/orchestration/metadata.py).
        "pipeline_run_id": ExecutionParameter(type=str, optional=True),
        "container_image": ExecutionParameter(type=str, optional=True),
        "golden_examples": ExecutionParameter(type=int),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph, optional=True),
        "hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters, optional=True),
        "trained_on": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "base_model": ChannelParameter(type=standard_artifacts.Model, optional=True),
        "model_run": ChannelParameter(type=standard_artifacts.ModelRun, optional=True),
    }
    OUTPUTS = {"model_version": ChannelParameter(type=ModelVersion)}


class VersionTagger(base_component.BaseComponent):
    """A TFX component that gives a trained model its identity.

    The model gets a semantic version, inferred from what changed since the version that is stable, a
    content digest and a manifest of what it was made from. Content that was tagged before keeps its
    version, so a retry or a cached run is harmless.

    !!! Example
        ``` python
        tagger = VersionTagger.after(
            trainer, registry_root=serving_root, model_name='penguin')
        ```

    Component `outputs` contains:

     - `model_version`: Channel of type `ModelVersion` with the version, the digest and the manifest.
    """

    SPEC_CLASS = VersionTaggerSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(Executor)

    def __init__(
        self,
        model: channel.BaseChannel,
        *,
        registry_root: str,
        model_name: str,
        examples: channel.BaseChannel | None = None,
        schema: channel.BaseChannel | None = None,
        statistics: channel.BaseChannel | None = None,
        transform_graph: channel.BaseChannel | None = None,
        hyperparameters: channel.BaseChannel | None = None,
        trained_on: channel.BaseChannel | None = None,
        base_model: channel.BaseChannel | None = None,
        model_run: channel.BaseChannel | None = None,
        training: TrainingRecord | None = None,
        module_file: str | None = None,
        keep_sources: bool = True,
        keep_diff: bool = True,
        bump: Literal["major", "minor", "patch"] | None = None,
        version: str | None = None,
        tag_template: str = DEFAULT_TAG,
        description: str | None = None,
        notes: Mapping[str, str] | None = None,
        run_id: str | None = None,
        container_image: str | None = None,
        golden_examples: int = 16,
    ) -> None:
        """Construct a VersionTagger.

        Args:
            model: Channel of type `Model`, from a Trainer.
            registry_root: Directory, or URL in an object store, that holds the releases and the event log.
            model_name: The model's name, and its directory under the root.
            examples: Channel of type `Examples` on which it was trained, best as they were before Transform: on
                those is the span.
            schema: Channel of type `Schema`.
            statistics: Channel of type `ExampleStatistics`.
            transform_graph: Channel of type `TransformGraph`.
            hyperparameters: Channel of type `HyperParameters`, from a Tuner.
            trained_on: Channel of type `Examples` that the Trainer itself read, where `examples` are others; `after`
                fills it in.
            base_model: Channel of type `Model` that the Trainer started from; `after` fills it in.
            model_run: Channel of type `ModelRun`, from the Trainer: in it `training_log.epoch_callback` keeps the
                curve of the training; `after` fills it in.
            training: What the Trainer was told; `after` fills it in.
            module_file: The module file; `after` fills it in.
            keep_sources: Whether to keep the source of the module file and of the Python files beside it. They are
                kept as they are, so leave them out if they hold secrets.
            keep_diff: Whether to keep what is not committed in the working tree, likewise.
            bump: The level to use in place of the one inferred.
            version: The semantic version to use in place of the one inferred.
            tag_template: Template of the tag text, with the fields `model`, `version` and `date`.
            description: Free text to keep with the version.
            notes: Key-value notes to keep with the version.
            run_id: Run of the pipeline, where the orchestrator does not tell its executors: on Airflow
                `'{{ run_id }}'`.
            container_image: Image that the components run in; no orchestrator tells its executors.
            golden_examples: How many of the examples to keep in the registry together with the model's answers to
                them, at most 1,000: for `hallmark verify --predictions`, and as TensorFlow Serving's warm-up requests
                in every release. 0 keeps none, as where examples are personal data.

        Raises:
            ConfigError: If a level is unknown, both `bump` and `version` are given, the template cannot be
                used, a note is no text, or `golden_examples` is out of range.
            InvalidNameError: If the model's name or the version cannot be used.
        """
        check_model_name(model_name)
        check_tag_template(tag_template)
        if bump is not None and bump not in LEVELS:
            msg = f"bump {bump!r} is unknown: choose one of {', '.join(LEVELS)}"
            raise ConfigError(msg)
        if bump is not None and version is not None:
            msg = "bump and version are both given: leave one out"
            raise ConfigError(msg)
        if version is not None:
            check_semantic_version(version)
        _check_notes(notes)
        _check_golden_examples(golden_examples)
        record = redacted(training or TrainingRecord())
        spec = VersionTaggerSpec(
            model=model,
            examples=examples,
            schema=schema,
            statistics=statistics,
            transform_graph=transform_graph,
            hyperparameters=hyperparameters,
            trained_on=trained_on,
            base_model=base_model,
            model_run=model_run,
            registry_root=absolute_root(registry_root),
            model_name=model_name,
            training=msgspec.json.encode(record, order="sorted").decode(),
            **in_parameters(packed_code(record, module_file, keep_sources=keep_sources, keep_diff=keep_diff)),
            tag_template=tag_template,
            bump=bump,
            version=version,
            description=description,
            notes=None if notes is None else json.dumps(dict(notes), sort_keys=True),
            pipeline_run_id=run_id,
            container_image=container_image,
            golden_examples=golden_examples,
            model_version=channel.Channel(type=ModelVersion),
        )
        super().__init__(spec=spec)

    @classmethod
    def after(
        cls,
        trainer: base_component.BaseComponent,
        *,
        registry_root: str,
        model_name: str,
        hyperparameters: Mapping[str, Any] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> "VersionTagger":
        """Construct a VersionTagger that takes everything it can from a Trainer.

        Args:
            trainer: The Trainer, or any component with its inputs and parameters.
            registry_root: Directory, or URL in an object store, that holds the releases and the event log.
            model_name: The model's name, and its directory under the root.
            hyperparameters: What to record as such in place of the Trainer's `custom_config`.
            seed: The random seed; by default `seed` in `custom_config`.
            **options: Further arguments of the constructor.

        Raises:
            ConfigError: If the seed is no whole number, or as the constructor does.
            InvalidNameError: As the constructor does.
        """
        given = trainer.exec_properties
        inputs = {key: trainer.inputs[key] for key in TRAINER_INPUTS if key in trainer.inputs}
        if "examples" in inputs and options.get("examples", inputs["examples"]) is not inputs["examples"]:
            inputs["trained_on"] = inputs["examples"]
        read = tuple(sorted(key for key, own in inputs.items() if options.get(key, own) is own))
        made = trainer.outputs.get("model_run")
        if made is not None and made.type is standard_artifacts.ModelRun:
            options.setdefault("model_run", made)
        module_file = module_file_of(given)
        if module_file is not None:
            options.setdefault("module_file", str(module_file))
        return cls(
            trainer.outputs["model"],
            registry_root=registry_root,
            model_name=model_name,
            training=record_of(given, hyperparameters=hyperparameters, seed=seed, read=read),
            **{**inputs, **options},
        )


def _check_golden_examples(count: Any) -> None:
    if not isinstance(count, int) or isinstance(count, bool) or not 0 <= count <= MOST:
        msg = f"golden_examples is {count!r}: give a whole number from 0 to {MOST:,}"
        raise ConfigError(msg)


def _check_notes(notes: Mapping[str, str] | None) -> None:
    for key, value in (notes or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            msg = f"note {key!r} is {value!r}: notes are text, write {str(value)!r}"
            raise ConfigError(msg)


def absolute_root(root: str) -> str:
    """Return a registry root as every task of a pipeline can use it, whatever its working directory.

    Raises:
        ConfigError: If it is a URL that is no place for a registry.
    """
    place = parse_root(root)
    if isinstance(place, StoreUrl):
        if place.scheme not in SCHEMES:
            msg = f"registry root {root!r} is no place for a pipeline: give a directory or {ROOT_EXAMPLES}"
            raise ConfigError(msg)
        return str(place)
    return str(place.resolve())
