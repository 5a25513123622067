"""Reads a registry when it is scraped."""

import datetime
import time
from collections.abc import Iterator

from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from tfx_hallmark.dashboard.metrics.families import Samples
from tfx_hallmark.dashboard.metrics.model_numbers import Labelled, ModelNumbers, ModelReader
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.delivery.backlog import backlogs
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.registry import Registry

MOST_MODELS = 500
LOOK_BACK_SECONDS = 1.0  # Prometheus gives a scrape 10
_DIGEST = len("b3:") + 12  # characters of it that are told


class RegistryCollector(Collector):
    """The metrics of a registry, read anew at each scrape; a damaged model is a metric, and no failure.

    Args:
        source: The registry.
        look_back: For how many seconds a scrape may read back in logs; where it stopped, the next one goes on.
    """

    def __init__(self, source: Source, *, look_back: float) -> None:
        self._source = source
        self._look_back = look_back
        self._readers: dict[str, ModelReader] = {}

    def collect(self) -> Iterator[Metric]:
        """Read everything, then give it."""
        began = time.monotonic()
        samples = Samples()
        names, policy = self._root(samples)
        for name in names:
            try:
                # One thread at a time has the model, and so its reader.
                with self._source.model(name) as model:
                    reader = self._readers.setdefault(name, ModelReader())
                    numbers = reader.read(model, until=began + self._look_back)
            except HallmarkError:
                samples.add("hallmark_unreadable_records", 1, name, "log")
            else:
                _tell(samples, name, numbers, policy)
                self._deliveries(samples, name)
        samples.add("hallmark_scrape_duration_seconds", time.monotonic() - began)
        yield from samples.families()

    def _deliveries(self, samples: Samples, name: str) -> None:
        try:
            standing = [*backlogs(self._source.registry, name)]
        except HallmarkError:
            samples.add("hallmark_unreadable_records", 1, name, "deliveries")
            return
        for one in standing:
            samples.add("hallmark_delivery_backlog", one.waiting, name, one.destination.name)
            samples.add("hallmark_delivery_failures_in_row", one.record.failures, name, one.destination.name)

    def _root(self, samples: Samples) -> tuple[list[str], str]:
        names, policy, readable = [], "unknown", True
        try:
            # A root that is gone, as when a disk is not mounted, would look like one without models.
            Registry.open(self._source.registry.root)
            names = self._source.names()
            samples.add("hallmark_models", len(names))
            samples.add("hallmark_models_left_out", len(names[MOST_MODELS:]))
            policy = self._source.registry.settings.read().serving_policy
        except HallmarkError:
            readable = False
        samples.add("hallmark_registry_readable", readable)
        return names[:MOST_MODELS], policy


def _tell(samples: Samples, name: str, found: ModelNumbers, policy: str) -> None:
    samples.add("hallmark_unreadable_records", found.log_damaged, name, "log")
    for record in ("evidence", "evaluation"):
        samples.add("hallmark_unreadable_records", record in found.measured.unreadable, name, record)
    samples.add("hallmark_unreadable_records", found.monitored.unreadable, name, "monitoring")
    if found.live is not None:
        samples.add_info("hallmark_live_version", name, {**_version(found.live), "policy": policy})
        samples.add("hallmark_live_release", found.live.release, name)
        samples.add("hallmark_live_version_created_timestamp_seconds", _seconds(found.live.created), name)
    samples.add("hallmark_stable_moved_timestamp_seconds", _seconds(found.moved), name)
    samples.add("hallmark_stable_moves", found.moves, name)
    samples.add("hallmark_rollbacks", found.rollbacks, name)
    samples.add("hallmark_canary", found.canary is not None, name)
    if found.canary is not None:
        samples.add_info("hallmark_canary_version", name, _version(found.canary))
    for status, count in found.versions.items():
        samples.add("hallmark_versions", count, name, status)
    samples.add("hallmark_versions_held", found.held, name)
    samples.add("hallmark_newest_version_created_timestamp_seconds", _seconds(found.newest), name)
    samples.add("hallmark_releases", found.releases, name)
    samples.add("hallmark_releases_pruned", found.pruned, name)
    samples.add("hallmark_events", found.events, name)
    samples.add("hallmark_refused_in_row", found.refused_in_row, name)
    samples.add("hallmark_last_refusal_timestamp_seconds", _seconds(found.last_refusal), name)
    for number in found.measured.numbers:
        at = (name, number.metric, number.slice)
        samples.add("hallmark_live_metric", number.released, *at)
        samples.add("hallmark_live_evaluated_metric", number.evaluated, *at)
        if number.released is not None and number.evaluated is not None:
            samples.add("hallmark_live_metric_drift", number.evaluated - number.released, *at)
    samples.add("hallmark_live_evaluated_timestamp_seconds", _seconds(found.last_evaluation), name)
    samples.add("hallmark_monitored_timestamp_seconds", _seconds(found.last_monitoring), name)
    samples.add("hallmark_monitored_alerts", found.monitored.alerts, name)
    for one in found.monitored.distances:
        samples.add("hallmark_monitored_drift", one.distance, name, one.feature)
        samples.add("hallmark_monitored_drift_threshold", one.threshold, name, one.feature)
    samples.add("hallmark_monitored_features_left_out", found.monitored.left_out, name)
    samples.add("hallmark_live_metrics_left_out", found.measured.left_out, name)


def _version(found: Labelled) -> dict[str, str]:
    return {"version": found.version, "release": str(found.release), "digest": found.digest[:_DIGEST]}


def _seconds(moment: str | None) -> float | None:
    if moment is None:
        return None
    # Python 3.10 does not know Z.
    return datetime.datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()
