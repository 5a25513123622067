"""The settings of the reference pipeline: their names, types and ranges, and how they are loaded."""

import difflib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from pipeline.settings_source import KeyPath, Settings, dotted, read_settings
from tfx_hallmark.registry.errors import ConfigError, InvalidNameError
from tfx_hallmark.registry.names import check_model_name


def _local_path(text: str) -> str:
    if "://" in text:
        msg = "should be a local path"
        raise ValueError(msg)
    return str(Path(text).absolute())


def _existing_folder(path: str) -> str:
    if not Path(path).is_dir():
        msg = "should be a folder that is there"
        raise ValueError(msg)
    return path


def _model_name(text: str) -> str:
    try:
        return check_model_name(text)
    except InvalidNameError as error:
        raise ValueError(str(error)) from error


LocalPath = Annotated[str, Field(min_length=1), AfterValidator(_local_path)]
Units = Annotated[int, Field(ge=1, le=4096)]
Text = Annotated[str, Field(min_length=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class PipelineSection(_Section):
    """Where and how the pipeline runs.

    Attributes:
        name: The pipeline's name in ML Metadata (TFX allows 63 characters).
        root: Folder for artifacts and logs.
        metadata: The SQLite file of ML Metadata.
        enable_cache: Whether a component whose inputs did not change is skipped.
        beam_args: Beam pipeline options, e.g. `--direct_num_workers=1`.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
    root: LocalPath
    metadata: LocalPath
    enable_cache: bool
    beam_args: list[Annotated[str, Field(pattern=r"^--[a-z]")]]


class DataSection(_Section):
    """The training data and its splits.

    Attributes:
        folder: Folder of CSV files, read together.
        train_buckets: How many of the hash buckets become the split `train`.
        eval_buckets: How many become the split `eval`.
    """

    folder: Annotated[LocalPath, AfterValidator(_existing_folder)]
    train_buckets: Annotated[int, Field(ge=1, le=1000)]
    eval_buckets: Annotated[int, Field(ge=1, le=1000)]


class TrainerSection(_Section):
    """The model's hyperparameters.

    Attributes:
        seed: Seeds weights, shuffling and dropout.
        learning_rate: Adam's learning rate.
        hidden_units: Width of each hidden layer; an empty list is a linear model.
        dropout: Share of each hidden layer dropped in training.
        batch_size: Rows per step.
        steps: Batches trained on.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    learning_rate: Annotated[float, Field(gt=0, le=100)]
    hidden_units: Annotated[list[Units], Field(max_length=16)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    batch_size: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=1)]


class RegistrySection(_Section):
    """The registry that tags and publishes the model.

    Attributes:
        root: Folder that TF Serving loads from.
        model: The model's name there, and in TF Serving.
    """

    root: LocalPath
    model: Annotated[str, AfterValidator(_model_name)]


class GateSection(_Section):
    """What a candidate must reach to be published.

    Attributes:
        metric: A TFMA metric class whose larger values are better.
        min_value: Least value of the metric over all rows.
        min_improvement: Least gain over the baseline, over all rows; must be exceeded.
        slices: Columns; each of their values is a slice that is judged by itself.
        slice_min_value: Least value of the metric in each slice; null for no such bound.
        slice_tolerance: How far a slice may fall below the baseline's; null leaves slices uncompared.
    """

    metric: Text
    min_value: float
    min_improvement: Annotated[float, Field(ge=0)]
    slices: list[Text]
    slice_min_value: float | None
    slice_tolerance: Annotated[float, Field(ge=0)] | None


class Config(_Section):
    """All settings of a run, one attribute per section."""

    pipeline: PipelineSection
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
    settings = read_settings(file, overrides)
    try:
        return Config.model_validate(settings.values)
    except ValidationError as error:
        raise ConfigError(_explain(error, settings)) from error


def _explain(error: ValidationError, settings: Settings) -> str:
    """Return one line on the first problem, and how many more there are."""
    problems = error.errors(include_url=False, include_context=False)
    # A misspelt key is also a missing one; what is in the file is the easier of the two to find.
    first = min(problems, key=lambda problem: problem["type"] == "missing")
    path: KeyPath = tuple(first["loc"])
    line = f"{settings.origin(path)}: {dotted(path)}: {_complaint(first['type'], first['msg'], first['input'], path)}"
    more = len(problems) - 1
    return f"{line} (and {more} more)" if more else line


def _complaint(kind: str, message: str, value: Any, path: KeyPath) -> str:
    if kind == "extra_forbidden":
        return f"unknown key; {_nearest(path)}"
    if kind == "missing":
        return "missing; add it (configs/local.yaml explains every key)"
    if kind == "model_type":
        message = "should be a section with keys below it"
    message = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    return message if repr(value) in message else f"{message}, not {json.dumps(value, default=str)}"


def _nearest(path: KeyPath) -> str:
    name, section = str(path[-1]), dotted(path[:-1])
    keys = list(_keys(Config))
    beside = [key for where, key in keys if where == section]
    elsewhere = {key: where for where, key in keys}
    for candidates in (dict.fromkeys(beside, section), elsewhere):
        for similar in difflib.get_close_matches(name, candidates, n=1):
            return f"did you mean {'.'.join(filter(None, (candidates[similar], similar)))}?"
    return f"remove it, or use one of {', '.join(beside)}"


def _keys(section: type[BaseModel], where: str = "") -> Iterator[tuple[str, str]]:
    for name, field in section.model_fields.items():
        yield where, name
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from _keys(field.annotation, name)
