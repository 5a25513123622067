"""What monitoring found of the version that serves, bounded: each feature is a series of its own."""

import msgspec

from tfx_hallmark.dashboard.metrics.live_numbers import LONGEST_NAME
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.monitoring.report import DriftDistance
from tfx_hallmark.registry.version import Version

MOST_FEATURES = 100  # of one model


class DriftNumbers(msgspec.Struct, frozen=True, kw_only=True):
    """The newest look at new data.

    Attributes:
        alerts: How many findings alert; None if nobody looked.
        distances: The features, the farthest beyond its threshold first.
        left_out: How many there are besides, over the bound or with too long a name.
        unreadable: Whether the report could not be read.
    """

    alerts: int | None = None
    distances: tuple[DriftDistance, ...] = ()
    left_out: int = 0
    unreadable: bool = False


def drift_numbers(version: Version) -> DriftNumbers:
    """Read the newest report on a version; one that is damaged is told, and takes nothing else with it."""
    newest = next(reversed(version.state.monitorings), None)
    if newest is None:
        return DriftNumbers()
    try:
        report = version.monitoring(newest)
    except HallmarkError:
        return DriftNumbers(unreadable=True)
    chosen = [one for one in report.distances if len(one.feature) <= LONGEST_NAME][:MOST_FEATURES]
    return DriftNumbers(
        alerts=sum(finding.alerts for finding in report.findings),
        distances=tuple(chosen),
        left_out=len(report.distances) - len(chosen),
    )
