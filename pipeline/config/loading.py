"""Loads the settings of a run, and checks all of them before anything runs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pipeline.config.beam import BeamSection
from pipeline.config.complaints import explain, place
from pipeline.config.metadata import FromEnvironment, MetadataSection
from pipeline.config.runner import RunnerSection
from pipeline.config.sections import (
    DataSection,
    GateSection,
    PipelineSection,
    RegistrySection,
    Section,
    TrainerSection,
)
from pipeline.config.source import KeyPath, Settings, dotted, read_settings
from tfx_hallmark.registry.errors import ConfigError

S = TypeVar("S", bound=Section)


class Config(Section):
    """All settings of a run, one attribute per section."""

    runner: RunnerSection
    pipeline: PipelineSection
    beam: BeamSection
    metadata: MetadataSection
    data: DataSection
    trainer: TrainerSection
    registry: RegistrySection
    gate: GateSection


def load_config(file: Path, overrides: Iterable[str] = ()) -> Config:
    """Read and check the settings of a run.

    Args:
        file: A YAML file such as configs/local.yaml. Relative paths in it are taken from the working
            directory, as on a command line.
        overrides: `section.key=value` each, applied in order.

    Raises:
        ConfigError: If anything is wrong. The message names the file and line (or the override), the
            key, and what to do.
    """
    return load_settings(file, overrides, Config)


def load_settings(file: Path, overrides: Iterable[str], schema: type[S]) -> S:
    """Read and check settings of any pipeline; see `load_config`.

    Args:
        file: A YAML file.
        overrides: `section.key=value` each, applied in order.
        schema: What they should be.

    Raises:
        ConfigError: If anything is wrong.
    """
    settings = read_settings(file, overrides)
    try:
        config = _validated(settings, schema)
    except ValidationError as error:
        raise ConfigError(explain(error, settings, schema)) from error
    for path in _credentials(config):
        if not settings.variables(path):
            msg = f"{settings.origin(path)}: {dotted(path)}: write it as ${{NAME}} and set that environment variable"
            raise ConfigError(msg)
    return config


def _validated(settings: Settings, schema: type[S]) -> S:
    runner = settings.values.get("runner")
    # Whether a path must lie on this machine depends on where the components will run.
    context = {"kind": runner.get("kind") if isinstance(runner, dict) else None}
    try:
        return schema.model_validate(settings.values, context=context)
    except ValidationError as error:
        # What comes from the environment is text; where a number is asked for, it is read as YAML would.
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        retyped = [settings.read_as_yaml(place(problem["loc"], settings)) for problem in problems]
        if not any(retyped):
            raise
    return schema.model_validate(settings.values, context=context)


def _credentials(section: BaseModel, path: KeyPath = ()) -> Iterator[KeyPath]:
    for name, field in type(section).model_fields.items():
        value: Any = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _credentials(value, (*path, name))
        elif any(isinstance(mark, FromEnvironment) for mark in field.metadata):
            yield (*path, name)
