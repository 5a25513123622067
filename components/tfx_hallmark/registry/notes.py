"""What is noted of a version without a byte being touched: a description, notes, a hold, a label taken off."""

from collections.abc import Callable, Mapping

from tfx_hallmark.registry.eligibility import served_release
from tfx_hallmark.registry.errors import (
    ChangedMeanwhileError,
    ConfigError,
    HoldRefusedError,
    NotFoundError,
    WithdrawalRefusedError,
)
from tfx_hallmark.registry.evaluations import evaluation_summary
from tfx_hallmark.registry.event_kinds import Annotated, Evaluated, Held, Monitored, Reproduced, Withdrawn
from tfx_hallmark.registry.events import Data, Event
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.lifting import lift_hold
from tfx_hallmark.registry.monitoring.report import MonitoringReport
from tfx_hallmark.registry.names import check_label
from tfx_hallmark.registry.operations import Operation
from tfx_hallmark.registry.reproduction import ReproductionReport
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.state import STABLE, ModelState
from tfx_hallmark.registry.verdict import Evidence


def annotation(version: str, description: str | None, notes: Mapping[str, str]) -> Annotated:
    """Return the event that notes something about a version.

    Args:
        version: Semantic version.
        description: Free text in place of what there is; None leaves that.
        notes: Key-value notes; an empty value removes a key.

    Raises:
        ConfigError: If nothing is to be noted, or a key is empty.
    """
    if description is None and not notes:
        msg = "nothing is to be noted: give a description or at least one note"
        raise ConfigError(msg)
    for key in notes:
        if not key.strip() or "=" in key:
            msg = f"note {key!r} cannot be kept: its key must have a character at least, and no '='"
            raise ConfigError(msg)
    return Annotated(version=version, description=description, notes=dict(notes))


def hold(state: ModelState, version: str) -> Held:
    """Return the event that keeps retention off the files of a version.

    Raises:
        HoldRefusedError: If its files are gone already.
    """
    held = state.versions[version]
    if held.releases and state.serving_release(held) is None:
        msg = (
            f"{state.model} {version} cannot be held: the files of its releases were deleted; push its model "
            "again, and hold it then"
        )
        raise HoldRefusedError(msg)
    return Held(version=version)


def withdrawal(state: ModelState, label: str) -> Withdrawn:
    """Return the event that takes a label off whatever it points to.

    Raises:
        WithdrawalRefusedError: If the label is `stable`.
        NotFoundError: If it points to nothing.
        InvalidNameError: If it is not a plain name.
    """
    check_label(label)
    if label == STABLE:
        msg = (
            f"stable is not taken off {state.model}: 'hallmark rollback {state.model}' moves it back, and "
            f"'hallmark quarantine {state.model}@VERSION' takes a bad version out of service"
        )
        raise WithdrawalRefusedError(msg)
    version = state.labelled(label)
    if version is None:
        labels = ", ".join(sorted(state.labels)) or "none"
        msg = f"nothing of {state.model} is {label} (labels in use: {labels})"
        raise NotFoundError(msg)
    return Withdrawn(version=version.version, label=label)


def still_served(state: ModelState, withdrawn: Withdrawn, policy: ServingPolicy) -> int | None:
    """Return the number under which TF Serving serves by default what lost a label; None if it does not."""
    served = served_release(state, policy) if policy == "latest" else None
    version = state.versions[withdrawn.version]
    return served if served in version.releases and version is not state.stable else None


class Annotator:
    """Notes things about the versions of one model.

    Args:
        ledger: The model's records.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def annotate(
        self, version: str, description: str | None, notes: Mapping[str, str], *, actor: str, reason: str
    ) -> Operation:
        """Note something about a version; see `Model.annotate`."""
        event = annotation(version, description, notes)
        return self._noted(lambda _: event, actor, reason)

    def hold(self, version: str, *, actor: str, reason: str) -> Operation:
        """Keep retention off the files of a version; see `Model.hold`."""
        return self._noted(lambda state: hold(state, version), actor, reason)

    def unhold(self, version: str, *, actor: str, reason: str) -> Operation:
        """Let retention delete the files of a version again; see `Model.unhold`."""
        return self._noted(lambda state: lift_hold(state, version), actor, reason)

    def withdraw(self, label: str, policy: ServingPolicy, *, actor: str, reason: str) -> Operation:
        """Take a label off; see `Model.withdraw`."""
        state = self._ledger.refresh()
        planned = withdrawal(state, label)
        release = state.labels[label]

        def decide(now: ModelState) -> Withdrawn:
            if now.labels.get(label) != release:
                msg = (
                    f"{label} of {now.model} moved meanwhile: see 'hallmark log {now.model}', then run the same "
                    "again if it is still wanted"
                )
                raise ChangedMeanwhileError(msg)
            return planned

        event = self._ledger.commit(decide, actor=actor, reason=reason)
        assert event is not None
        return Operation(
            model=self._ledger.model,
            kind=event.kind,
            version=planned.version,
            label=label,
            from_version=planned.version,
            from_release=release,
            still_served=still_served(self._ledger.refresh(), planned, policy),
            events=(event,),
        )

    def record_reproduction(
        self, version: str, report: ReproductionReport, *, actor: str, reason: str
    ) -> Operation:
        """Put a second training on record; see `Model.record_reproduction`."""
        event = Reproduced(
            version=version,
            report=self._ledger.objects.put(report),
            outcome=report.outcome,
            summary=report.summary,
        )
        return self._noted(lambda _: event, actor, reason)

    def record_monitoring(self, report: MonitoringReport, *, actor: str, reason: str) -> Event | None:
        """Put what monitoring found on record, once; see `Model.record_monitoring`."""
        digest = self._ledger.objects.put(report)
        event = Monitored(
            version=report.version,
            report=digest,
            outcome=report.outcome,
            summary=report.summary,
            data=report.data,
        )

        def decide(state: ModelState) -> Monitored | None:
            newest = next(reversed(state.versions[report.version].monitorings), None)
            return None if newest == digest else event

        return self._ledger.commit(decide, actor=actor, reason=reason)

    def record_evaluation(
        self, version: str, evidence: Evidence, data: str, *, actor: str, reason: str
    ) -> Operation:
        """Put an evaluation on further data on record; see `Model.record_evaluation`."""
        digest, summary = self._ledger.objects.put(evidence), evaluation_summary(evidence)
        event = Evaluated(version=version, evidence=digest, summary=f"{summary} on {data}", data=data)
        return self._noted(lambda _: event, actor, reason)

    def _noted(self, decide: Callable[[ModelState], Data], actor: str, reason: str) -> Operation:
        event = self._ledger.commit(decide, actor=actor, reason=reason)
        assert event is not None
        return Operation(
            model=self._ledger.model, kind=event.kind, version=event.data.version, events=(event,)
        )
