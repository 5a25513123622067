"""What every runner needs to be told: the pipeline, its data, its hyperparameters, the registry and the gate."""

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from tfx_hallmark.registry.errors import ConfigError, InvalidNameError
from tfx_hallmark.registry.names import check_model_name
from tfx_hallmark.registry.rollout import Rollout
from tfx_hallmark.registry.store_url import ROOT_EXAMPLES, SCHEMES, StoreUrl, is_url
from tfx_hallmark.training_log.targets import parse_targets

# Kinds of runner whose components run in containers, elsewhere.
IN_CONTAINERS = {"kubeflow": ("gs://", "s3://"), "vertex": ("gs://",)}


def runner_kind(info: ValidationInfo) -> str:
    """Return the kind of runner that these settings are for."""
    return str((info.context or {}).get("kind"))


def local_path(text: str) -> str:
    """Return a path on this machine as an absolute one.

    Raises:
        ValueError: If it is a URI.
    """
    if "://" in text:
        msg = "should be a local path"
        raise ValueError(msg)
    return str(Path(text).absolute())


def _artifact_root(text: str, info: ValidationInfo) -> str:
    schemes = IN_CONTAINERS.get(runner_kind(info))
    if schemes is None:
        return local_path(text)
    # Open-source KFP: gs:// or s3:// only, as TFX reads artifacts by these; Vertex: Cloud Storage only.
    if not any(re.match(f"{scheme}[^/]", text) for scheme in schemes):
        msg = f"should begin with {' or '.join(schemes)} and a bucket"
        raise ValueError(msg)
    return text.rstrip("/")


def data_folder(text: str, info: ValidationInfo) -> str:
    """Return a folder of data as every component finds it.

    Raises:
        ValueError: If it is none, or out of reach of where the components run.
    """
    schemes = IN_CONTAINERS.get(runner_kind(info))
    if schemes is not None:
        if not text.startswith((*schemes, "/")):
            msg = f"should begin with {' or '.join(schemes)}, or be an absolute path in the image"
            raise ValueError(msg)
        return text
    if not Path(local_path(text)).is_dir():
        msg = "should be a folder that is there"
        raise ValueError(msg)
    return local_path(text)


def _registry_root(text: str, info: ValidationInfo) -> str:
    if is_url(text):
        if text.partition("://")[0] not in SCHEMES:
            msg = f"should be a path, or a URL like {ROOT_EXAMPLES}"
            raise ValueError(msg)
        return str(StoreUrl(text))
    if runner_kind(info) in IN_CONTAINERS and not text.startswith("/"):
        msg = "should be the absolute path at which the containers see the registry"
        raise ValueError(msg)
    return local_path(text)


def _model_name(text: str) -> str:
    try:
        return check_model_name(text)
    except InvalidNameError as error:
        raise ValueError(str(error)) from error


def _mirrors(texts: list[str]) -> list[str]:
    try:
        parse_targets(texts)
    except ConfigError as error:
        raise ValueError(str(error)) from error
    return texts


Text = Annotated[str, Field(min_length=1)]
LocalPath = Annotated[Text, AfterValidator(local_path)]
Units = Annotated[int, Field(ge=1, le=4096)]


class Section(BaseModel):
    """A section of the settings: every key is required, and no other is accepted."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    def plain(self) -> dict[str, Any]:
        """Return the settings as JSON values, secrets as asterisks."""
        return self.model_dump(mode="json")


class PipelineSection(Section):
    """What the pipeline is called and where its artifacts go.

    Attributes:
        name: The pipeline's name in ML Metadata (TFX allows 63 characters).
        root: Folder for artifacts and logs; in containers `gs://` or, on Kubeflow, `s3://`.
        enable_cache: Whether a component whose inputs did not change is skipped.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]{0,62}$")]
    root: Annotated[Text, AfterValidator(_artifact_root)]
    enable_cache: bool


class DataSection(Section):
    """The training data and its splits.

    Attributes:
        folder: Folder of CSV files, read together.
        train_buckets: How many of the hash buckets become the split `train`.
        eval_buckets: How many become the split `eval`.
    """

    folder: Annotated[Text, AfterValidator(data_folder)]
    train_buckets: Annotated[int, Field(ge=1, le=1000)]
    eval_buckets: Annotated[int, Field(ge=1, le=1000)]


class TrainerSection(Section):
    """The model's hyperparameters.

    Attributes:
        seed: Seeds weights, shuffling and dropout.
        learning_rate: Adam's learning rate.
        hidden_units: Width of each hidden layer; an empty list is a linear model.
        dropout: Share of each hidden layer dropped in training.
        batch_size: Rows per step.
        steps: Batches trained on.
        log_to: Tools that every epoch is logged to while it trains; no hyperparameter.
    """

    seed: Annotated[int, Field(ge=0, lt=2**32)]
    learning_rate: Annotated[float, Field(gt=0, le=100)]
    hidden_units: Annotated[list[Units], Field(max_length=16)]
    dropout: Annotated[float, Field(ge=0, lt=1)]
    batch_size: Annotated[int, Field(ge=1)]
    steps: Annotated[int, Field(ge=1)]
    log_to: Annotated[list[Text], AfterValidator(_mirrors)] = Field(default_factory=list)


class RegistrySection(Section):
    """The registry that tags and publishes the model.

    Attributes:
        root: Folder that TF Serving loads from; in containers, where it is mounted.
        model: The model's name there, and in TF Serving.
        rollout: The label that a candidate gets which is good enough, `stable` or `canary`.
    """

    root: Annotated[Text, AfterValidator(_registry_root)]
    model: Annotated[str, AfterValidator(_model_name)]
    rollout: Rollout = "stable"


class GateSection(Section):
    """What a candidate must reach to be published.

    Attributes:
        metric: A TFMA metric class whose larger values are better.
        min_value: Least value of the metric over all rows.
        min_improvement: Least gain over the baseline, over all rows; must be exceeded.
        slices: Columns; each of their values is a slice that is judged by itself.
        slice_min_value: Least value of the metric in each slice; null for no such bound.
        slice_tolerance: How far a slice may fall below the baseline's; null leaves slices uncompared.
        slice_min_examples: Slices with fewer evaluation rows are told and not judged; null judges all.
        confidence: How sure a gain must be, between 0 and 1; null compares the measured values alone.
    """

    metric: Text
    min_value: float
    min_improvement: Annotated[float, Field(ge=0)]
    slices: list[Text]
    slice_min_value: float | None
    slice_tolerance: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    slice_min_examples: Annotated[int, Field(ge=1)] | None = None
    confidence: Annotated[float, Field(gt=0, lt=1)] | None = None
