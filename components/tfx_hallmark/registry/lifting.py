"""Lifting what bars or keeps a version: the event of it, where there is anything to lift."""

from tfx_hallmark.registry.errors import NothingToLiftError
from tfx_hallmark.registry.event_kinds import Unheld, Unquarantined
from tfx_hallmark.registry.state import ModelState


def lift_quarantine(state: ModelState, version: str) -> Unquarantined:
    """Return the event that lets a version serve again.

    Raises:
        NothingToLiftError: If it is not in quarantine.
    """
    if state.versions[version].quarantined is None:
        msg = f"{state.model} {version} is not in quarantine: there is nothing to lift"
        raise NothingToLiftError(msg)
    return Unquarantined(version=version)


def lift_hold(state: ModelState, version: str) -> Unheld:
    """Return the event that lets retention at the files of a version again.

    Raises:
        NothingToLiftError: If it is not held.
    """
    if state.versions[version].held is None:
        msg = f"{state.model} {version} is not held: there is nothing to lift"
        raise NothingToLiftError(msg)
    return Unheld(version=version)
