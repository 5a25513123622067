"""What may be put on record about the versions of a model, where no label moves; `Model` is one."""

from collections.abc import Mapping

from tfx_hallmark.registry.actor import current_actor, responsible
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.logged_model import LoggedModel
from tfx_hallmark.registry.monitoring.report import MonitoringReport
from tfx_hallmark.registry.notes import Annotator
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.reproduction import ReproductionReport
from tfx_hallmark.registry.verdict import Evidence


class NotedModel(LoggedModel):
    """Holds, notes, and what was found out about a version later, each on record with its actor and reason.

    Args:
        ledger: The model's records.
    """

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._annotator = Annotator(ledger)

    def hold(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Keep retention off the files of a version; the arguments are as of `promote`.

        Raises:
            HoldRefusedError: If its files are gone already.
            NotFoundError: If there is no such version.
            ConfigError: If no reason is given.
        """
        return self._annotator.hold(self._named(which), **responsible(actor, reason))

    def unhold(self, which: str, *, reason: str, actor: str | None = None) -> Operation:
        """Let retention delete the files of a version again; otherwise as `hold`.

        Raises:
            NothingToLiftError: If it is not held.
        """
        return self._annotator.unhold(self._named(which), **responsible(actor, reason))

    def annotate(
        self,
        which: str,
        *,
        description: str | None = None,
        notes: Mapping[str, str] | None = None,
        reason: str = "",
        actor: str | None = None,
    ) -> Operation:
        """Note something about a version.

        Args:
            which: What stands after the `@` of a reference.
            description: Free text in place of what there is; None leaves that.
            notes: Key-value notes, added to those that there are; an empty value removes a key.
            reason: Why; may be empty.
            actor: Who does it; by default the current user and host.

        Raises:
            ConfigError: If nothing is to be noted, or a key cannot be kept.
            NotFoundError: If there is no such version.
        """
        named = self._named(which)
        return self._annotator.annotate(
            named, description, notes or {}, actor=actor or current_actor(), reason=reason
        )

    def record_reproduction(
        self, report: ReproductionReport, *, reason: str = "", actor: str | None = None
    ) -> Operation:
        """Put on record how near a second training came to a version; see `reproduction.reproducing`.

        Args:
            report: What came of it.
            reason: Why it was done; may be empty.
            actor: Who did it; by default the current user and host.

        Raises:
            NotFoundError: If there is no such version, or its content is another.
        """
        version = self._named(report.digest)
        return self._annotator.record_reproduction(
            version, report, actor=actor or current_actor(), reason=reason
        )

    def record_monitoring(
        self, report: MonitoringReport, *, reason: str = "", actor: str | None = None
    ) -> Event | None:
        """Put on record what monitoring found of the version that was stable; see `monitor.executor`.

        Args:
            report: What was found.
            reason: Why it was looked at; may be empty.
            actor: Who looked; by default the current user and host.

        Returns:
            The event; None if the last monitoring of that version came to the very same report, as when a task is
            run again.

        Raises:
            NotFoundError: If there is no such version, or its content is another.
        """
        self._named(report.digest)
        return self._annotator.record_monitoring(report, actor=actor or current_actor(), reason=reason)

    def record_evaluation(
        self, which: str, evidence: Evidence, *, data: str, reason: str = "", actor: str | None = None
    ) -> Operation:
        """Put on record what a version was measured at on further data; see `evidence.evaluating`.

        Args:
            which: What stands after the `@` of a reference.
            evidence: What was measured.
            data: Where the data lies.
            reason: Why it was done; may be empty.
            actor: Who did it; by default the current user and host.

        Raises:
            NotFoundError: If there is no such version.
        """
        by = {"actor": actor or current_actor(), "reason": reason}
        return self._annotator.record_evaluation(self._named(which), evidence, data, **by)
