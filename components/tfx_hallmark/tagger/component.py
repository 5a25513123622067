"""VersionTagger, wired: what it takes, what it gives, and what can be checked before it runs."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import channel, standard_artifacts
from tfx.types.component_spec import ChannelParameter, ComponentSpec, ExecutionParameter

from tfx_hallmark.artifacts import ModelVersion
from tfx_hallmark.registry.bump import LEVELS, check_semantic_version
from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.tagging import DEFAULT_TAG, check_tag_template
from tfx_hallmark.tagger.executor import Executor
from tfx_hallmark.tagger.git import git_state, working_tree
from tfx_hallmark.tagger.provenance import TrainingRecord, file_digest


class VersionTaggerSpec(ComponentSpec):
    """Inputs, outputs and parameters of VersionTagger; structured parameters are JSON strings."""

    PARAMETERS = {
        "registry_root": ExecutionParameter(type=str),
        "model_name": ExecutionParameter(type=str),
        "training": ExecutionParameter(type=str),
        "module_file": ExecutionParameter(type=str, optional=True),
        "tag_template": ExecutionParameter(type=str),
        "bump": ExecutionParameter(type=str, optional=True),
        "version": ExecutionParameter(type=str, optional=True),
        "description": ExecutionParameter(type=str, optional=True),
        "notes": ExecutionParameter(type=str, optional=True),
        # Not `run_id`, which TFX keeps for itself on Airflow 2 (tfx/orchestration/metadata.py).
        "pipeline_run_id": ExecutionParameter(type=str, optional=True),
    }
    INPUTS = {
        "model": ChannelParameter(type=standard_artifacts.Model),
        "examples": ChannelParameter(type=standard_artifacts.Examples, optional=True),
        "schema": ChannelParameter(type=standard_artifacts.Schema, optional=True),
        "statistics": ChannelParameter(type=standard_artifacts.ExampleStatistics, optional=True),
        "transform_graph": ChannelParameter(type=standard_artifacts.TransformGraph, optional=True),
        "hyperparameters": ChannelParameter(type=standard_artifacts.HyperParameters, optional=True),
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
        training: TrainingRecord | None = None,
        module_file: str | None = None,
        bump: Literal["major", "minor", "patch"] | None = None,
        version: str | None = None,
        tag_template: str = DEFAULT_TAG,
        description: str | None = None,
        notes: Mapping[str, str] | None = None,
        run_id: str | None = None,
    ) -> None:
        """Construct a VersionTagger.

        Args:
            model: Channel of type `Model`, from a Trainer.
            registry_root: Directory that holds the releases and the event log.
            model_name: The model's name, and its directory under the root.
            examples: Channel of type `Examples` on which it was trained.
            schema: Channel of type `Schema`.
            statistics: Channel of type `ExampleStatistics`.
            transform_graph: Channel of type `TransformGraph`.
            hyperparameters: Channel of type `HyperParameters`, from a Tuner.
            training: What the Trainer was told; `after` fills it in.
            module_file: The module file, whose source is kept; `after` fills it in.
            bump: The level to use in place of the one inferred.
            version: The semantic version to use in place of the one inferred.
            tag_template: Template of the tag text, with the fields `model`, `version` and `date`.
            description: Free text to keep with the version.
            notes: Key-value notes to keep with the version.
            run_id: Run of the pipeline, where the orchestrator does not tell its executors: on Airflow
                `'{{ run_id }}'`.

        Raises:
            ConfigError: If a level is unknown, both `bump` and `version` are given, the template cannot be
                used, or a note is no text.
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
        spec = VersionTaggerSpec(
            model=model,
            examples=examples,
            schema=schema,
            statistics=statistics,
            transform_graph=transform_graph,
            hyperparameters=hyperparameters,
            registry_root=_absolute(registry_root),
            model_name=model_name,
            training=msgspec.json.encode(training or TrainingRecord(), order="sorted").decode(),
            module_file=module_file,
            tag_template=tag_template,
            bump=bump,
            version=version,
            description=description,
            notes=None if notes is None else json.dumps(dict(notes), sort_keys=True),
            pipeline_run_id=run_id,
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
            registry_root: Directory that holds the releases and the event log.
            model_name: The model's name, and its directory under the root.
            hyperparameters: What to record as such in place of the Trainer's `custom_config`.
            seed: The random seed; by default `seed` in `custom_config`.
            **options: Further arguments of the constructor.

        Raises:
            ConfigError: If the seed is no whole number, or as the constructor does.
            InvalidNameError: As the constructor does.
        """
        given = trainer.exec_properties
        settings = dict(_json(given, "custom_config") if hyperparameters is None else hyperparameters)
        chosen_seed = _check_seed(settings.pop("seed", None) if seed is None else seed)
        settings.pop("seed", None)
        record = TrainingRecord(
            hyperparameters=settings,
            train_args=_json(given, "train_args"),
            eval_args=_json(given, "eval_args"),
            seed=chosen_seed,
        )
        module_file = given.get("module_file")
        if isinstance(module_file, str) and Path(module_file).is_file():
            options.setdefault("module_file", str(Path(module_file).resolve()))
            record = _with_module_file(record, Path(module_file).resolve())
        elif isinstance(given.get("run_fn"), str):
            record = msgspec.structs.replace(record, module=given["run_fn"])
        inputs = {
            key: trainer.inputs[key]
            for key in ("examples", "schema", "statistics", "transform_graph", "hyperparameters")
            if key in trainer.inputs
        }
        return cls(
            trainer.outputs["model"],
            registry_root=registry_root,
            model_name=model_name,
            training=record,
            **{**inputs, **options},
        )


def _with_module_file(record: TrainingRecord, path: Path) -> TrainingRecord:
    # Read now: this is the code that the Trainer packs, on every orchestrator.
    top = working_tree(path.parent)
    return msgspec.structs.replace(
        record,
        module=path.name if top is None else str(path.relative_to(top)),
        module_digest=file_digest(path),
        git=git_state(path.parent),
    )


def _check_seed(seed: Any) -> int | None:
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        msg = f"seed is {seed!r}: give a whole number, by seed= or as 'seed' in the Trainer's custom_config"
        raise ConfigError(msg)
    return seed


def _check_notes(notes: Mapping[str, str] | None) -> None:
    for key, value in (notes or {}).items():
        if not isinstance(key, str) or not isinstance(value, str):
            msg = f"note {key!r} is {value!r}: notes are text, write {str(value)!r}"
            raise ConfigError(msg)


def _absolute(root: str) -> str:
    if "://" in root:
        msg = f"registry root {root!r} is a URI: give a directory, or where a volume is mounted in every task"
        raise ConfigError(msg)
    return str(Path(root).resolve())


def _json(properties: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = properties.get(key)
    # A RuntimeParameter is only known when the pipeline runs.
    return dict(json.loads(value) or {}) if isinstance(value, str) else {}
