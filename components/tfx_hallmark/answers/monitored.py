"""What monitoring found of one version, as `show` and the page of a version tell it."""

import msgspec

from tfx_hallmark.registry.monitoring.report import (
    DriftDistance,
    MonitoringAction,
    MonitoringFinding,
    MonitoringReport,
)
from tfx_hallmark.registry.version import Version

MOST = 20  # looks that are told, the newest
_COMPARATORS = {"l_infinity": "L-infinity", "jensen_shannon": "Jensen-Shannon"}


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """One look at new data while the version was stable.

    Attributes:
        data: Where the data lay.
        span: Its span; null if it had none.
        examples: How many examples there were; null if nothing counted them.
        outcome: `normal` or `alert`.
        summary: What was found and what followed, in a line.
        training: What it was compared with; empty if it could not be.
        findings: What was found, the weightiest first.
        distances: How far each feature lay from the training data, the farthest first.
        action: What followed by the rules; null for nothing.
    """

    data: str
    span: str | None
    examples: int | None
    outcome: str
    summary: str
    training: str
    findings: tuple[MonitoringFinding, ...]
    distances: tuple[DriftDistance, ...]
    action: MonitoringAction | None

    @property
    def of(self) -> str:
        """The data, as short as it can be named."""
        return self.data if self.span is None else f"span {self.span}"


def looks(version: Version) -> list[Look]:
    """Return the newest looks at new data while a version was stable, oldest first.

    Raises:
        NotFoundError: If the record of one is missing.
    """
    return [_look(version.monitoring(digest)) for digest in version.state.monitorings[-MOST:]]


def comparator_name(distance: DriftDistance) -> str:
    """Return the measure of a distance as people write it."""
    return _COMPARATORS[distance.comparator]


def _look(report: MonitoringReport) -> Look:
    return Look(
        data=report.data,
        span=report.span,
        examples=report.examples,
        outcome=report.outcome,
        summary=report.summary,
        training=report.training,
        findings=report.findings,
        distances=report.distances,
        action=report.action,
    )
