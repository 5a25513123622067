"""The settings of the monitoring pipeline: where new data comes from, and the rules it is held to."""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from pipeline.config.beam import BeamSection
from pipeline.config.loading import load_settings
from pipeline.config.metadata import MetadataSection
from pipeline.config.runner import RunnerSection
from pipeline.config.sections import PipelineSection, RegistrySection, Section, Text, data_folder
from tfx_hallmark.registry.monitoring.rules import MonitoringRules

Share = Annotated[float, Field(ge=0, le=1)]


class NewDataSection(Section):
    """Where new labelled data comes from.

    Attributes:
        folder: Folder of CSV files.
        pattern: Which files of it; with `{SPAN}` in it, those of the newest span.
    """

    folder: Annotated[Text, AfterValidator(data_folder)]
    pattern: Text


class MonitorSection(Section):
    """What is an alert, and what may follow by itself.

    Attributes:
        drift_categorical: Greatest L-infinity distance of a categorical feature; null judges none.
        drift_numeric: Greatest Jensen-Shannon divergence of a numeric feature; null judges none.
        drift_features: The same for single features; null leaves one out.
        schema_anomalies: Whether what the schema of the training data does not allow is an alert.
        min_examples: With fewer rows nothing is judged.
        metric: The metric that is watched, as `hallmark show` has it; larger must be better.
        floor: Least value over all rows; null for no such bound.
        predecessor_tolerance: How far what is stable may fall below its predecessor; null does not compare them.
        auto_rollback: Whether a rollback that follows is done; false proposes it.
        auto_promote: Whether a promotion of the canary that follows is done; false proposes it.
    """

    drift_categorical: Share | None
    drift_numeric: Share | None
    drift_features: dict[str, Share | None]
    schema_anomalies: bool
    min_examples: Annotated[int, Field(ge=1)]
    metric: Text
    floor: float | None
    predecessor_tolerance: Annotated[float, Field(ge=0)] | None
    auto_rollback: bool
    auto_promote: bool

    def rules(self) -> MonitoringRules:
        """Return the same as ServingMonitor takes it.

        Raises:
            ConfigError: If they can never be what somebody meant.
        """
        given: dict[str, Any] = {
            "drift": {
                "categorical": self.drift_categorical,
                "numeric": self.drift_numeric,
                "features": self.drift_features,
                "anomalies": self.schema_anomalies,
            },
            "min_examples": self.min_examples,
            "auto_rollback": self.auto_rollback,
            "auto_promote": self.auto_promote,
        }
        if self.floor is not None:
            given["floors"] = [{"metric": self.metric, "min": self.floor}]
        if self.predecessor_tolerance is not None:
            rule = {"direction": "higher_is_better", "tolerance": self.predecessor_tolerance}
            given["predecessor"] = [{"metric": self.metric, **rule}]
        return MonitoringRules.of(given)


class MonitorConfig(Section):
    """All settings of a run of the monitoring pipeline, one attribute per section."""

    runner: RunnerSection
    pipeline: PipelineSection
    beam: BeamSection
    metadata: MetadataSection
    data: NewDataSection
    registry: RegistrySection
    monitor: MonitorSection


def load_monitor_config(file: Path, overrides: Iterable[str] = ()) -> MonitorConfig:
    """Read and check the settings of a run of the monitoring pipeline; see `load_config`.

    Args:
        file: A YAML file such as configs/monitor.yaml.
        overrides: `section.key=value` each, applied in order.

    Raises:
        ConfigError: If anything is wrong.
    """
    return load_settings(file, overrides, MonitorConfig)
