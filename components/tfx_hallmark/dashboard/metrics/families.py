"""The metrics that there are: names by Prometheus' conventions, and what each one says."""

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric


class Family(msgspec.Struct, frozen=True):
    """One metric.

    Attributes:
        kind: Its type.
        help: What it says.
        labels: Its labels; an info metric has those of its value besides.
    """

    kind: Literal["gauge", "counter", "info"]
    help: str
    labels: tuple[str, ...] = ("model",)


_AT = ("model", "metric", "slice")
_ROOT: tuple[str, ...] = ()

# Without the `_total` of a counter and the `_info` of an info metric, which are added.
FAMILIES: Mapping[str, Family] = {
    "hallmark_registry_readable": Family(
        "gauge", "Whether the list of models and the settings of the registry root could be read.", _ROOT
    ),
    "hallmark_models": Family("gauge", "Models in the registry.", _ROOT),
    "hallmark_models_left_out": Family("gauge", "Models beyond the bound, of which nothing is told.", _ROOT),
    "hallmark_unreadable_records": Family(
        "gauge",
        "Records that are damaged or cannot be read: of the log, of the live version's evidence, of its last "
        "evaluation, of its last monitoring.",
        ("model", "record"),
    ),
    "hallmark_live_version": Family("info", "The version that is stable, and the root's serving policy."),
    "hallmark_live_release": Family("gauge", "Number of the release that is stable."),
    "hallmark_live_version_created_timestamp_seconds": Family(
        "gauge", "When the version that is stable was tagged or, if adopted, made."
    ),
    "hallmark_stable_moved_timestamp_seconds": Family("gauge", "When the label stable last moved."),
    "hallmark_stable_moves": Family("counter", "Changes of what the label stable points to."),
    "hallmark_rollbacks": Family("counter", "Rollbacks."),
    "hallmark_canary": Family("gauge", "Whether there is a canary."),
    "hallmark_canary_version": Family("info", "The version that is canary."),
    "hallmark_versions": Family(
        "gauge", "Versions by status; one in quarantine is counted as that alone.", ("model", "status")
    ),
    "hallmark_versions_held": Family("gauge", "Versions whose files must stay."),
    "hallmark_newest_version_created_timestamp_seconds": Family("gauge", "When a version was last tagged."),
    "hallmark_releases": Family("counter", "Releases ever made."),
    "hallmark_releases_pruned": Family("counter", "Releases whose files were deleted."),
    "hallmark_events": Family("counter", "Events in the log."),
    "hallmark_refused_in_row": Family(
        "gauge",
        "Versions refused by the gate since the last one that was published, in the order of tagging.",
    ),
    "hallmark_last_refusal_timestamp_seconds": Family("gauge", "When the gate last refused."),
    "hallmark_live_metric": Family(
        "gauge", "A metric of the live version, as the evidence has it that the gate decided on.", _AT
    ),
    "hallmark_live_evaluated_metric": Family(
        "gauge", "The same metric on the data on which the live version was evaluated last since.", _AT
    ),
    "hallmark_live_metric_drift": Family(
        "gauge", "hallmark_live_evaluated_metric less hallmark_live_metric.", _AT
    ),
    "hallmark_live_evaluated_timestamp_seconds": Family(
        "gauge", "When the live version was last evaluated on further data."
    ),
    "hallmark_live_metrics_left_out": Family(
        "gauge", "Metrics of the live version beyond the bound, which are not told."
    ),
    "hallmark_delivery_backlog": Family(
        "gauge", "Events that wait for a mirror, a webhook or people.", ("model", "destination")
    ),
    "hallmark_delivery_failures_in_row": Family(
        "gauge", "Attempts to deliver that failed since the last one that did not.", ("model", "destination")
    ),
    "hallmark_monitored_timestamp_seconds": Family(
        "gauge", "When new data was last held against the live version."
    ),
    "hallmark_monitored_alerts": Family("gauge", "Findings of that look that alert; 0 for a normal one."),
    "hallmark_monitored_drift": Family(
        "gauge", "Distance of a feature of that data from the training data, 0 to 1.", ("model", "feature")
    ),
    "hallmark_monitored_drift_threshold": Family(
        "gauge", "The greatest distance that the rules allowed.", ("model", "feature")
    ),
    "hallmark_monitored_features_left_out": Family(
        "gauge", "Features of that data beyond the bound, which are not told."
    ),
    "hallmark_scrape_duration_seconds": Family("gauge", "How long reading the registry took.", _ROOT),
}
_MAKE = {"gauge": GaugeMetricFamily, "counter": CounterMetricFamily, "info": InfoMetricFamily}


class Samples:
    """Collects the values of one scrape."""

    def __init__(self) -> None:
        # Any: each kind of family takes values of its own.
        self._families = {
            name: _MAKE[family.kind](name, family.help, labels=family.labels)
            for name, family in FAMILIES.items()
        }

    def add(self, name: str, value: float | None, *labels: str) -> None:
        """Add a value, unless there is none; the labels come in the family's order."""
        if value is not None:
            self._families[name].add_metric(labels, value)

    def add_info(self, name: str, model: str, value: Mapping[str, str]) -> None:
        """Add an info metric of a model."""
        self._families[name].add_metric([model], dict(value))

    def families(self) -> Iterator[Metric]:
        """Give all families that have a value, in their order."""
        return (family for family in self._families.values() if family.samples)
