"""Does what follows from monitoring, where the registry allows it."""

from absl import logging

from tfx_hallmark.registry.errors import ChangedMeanwhileError, HallmarkError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.monitoring.report import MonitoringAction
from tfx_hallmark.registry.state import STABLE
from tfx_hallmark.registry.verdict import VersionAt


def objection_to(model: Model, action: MonitoringAction) -> str | None:
    """Return why the registry does not allow an action; None if it does."""
    try:
        if action.kind == "rollback":
            model.dry_run.rollback(to=action.version)
        else:
            model.dry_run.promote(action.version, STABLE)
    except HallmarkError as error:
        return str(error)
    return None


def carry_out(model: Model, stable: VersionAt, action: MonitoringAction, data: str) -> int | None:
    """Roll back or promote, and return the release that is stable then.

    Args:
        model: The model.
        stable: What was stable when the data was looked at.
        action: What is to be done.
        data: The data that it follows from.

    Raises:
        ChangedMeanwhileError: If something else is stable by now.
        HallmarkError: As `Model.rollback` and `Model.promote` do.
    """
    now = model.stable()
    if now is None or now.version != stable.version:
        msg = (
            f"stable of {model.name} moved from {stable.version} while it was monitored: run the pipeline again, "
            "which looks at what is stable now"
        )
        raise ChangedMeanwhileError(msg)
    reason = f"monitoring of {data}: {action.why}"
    if action.kind == "rollback":
        operation = model.rollback(to=action.version, reason=reason)
    else:
        operation = model.promote(action.version, STABLE, reason=reason)
    logging.warning("%s %s is stable now: %s.", model.name, operation.version, reason)
    return operation.release
