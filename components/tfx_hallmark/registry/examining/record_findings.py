"""Findings that several examinations make: on the log, the objects, and what stands in the base path."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tfx_hallmark.registry.errors import (
    DigestMismatchError,
    ForeignEntryError,
    HallmarkError,
    NewerSchemaError,
    NotFoundError,
    StorageError,
)
from tfx_hallmark.registry.examining.finding import Finding

RESTORE_LOG = "restore the log from a backup of the registry root"
_OBJECT_CODES = {
    NotFoundError: "object-missing",
    DigestMismatchError: "object-damaged",
    NewerSchemaError: "object-newer",
}


def log_damaged(model: str, error: HallmarkError) -> Finding:
    """Say that a model's log cannot be followed to its end."""
    return Finding(code="log-damaged", where=model, what=str(error), repair=RESTORE_LOG)


def log_newer(model: str, error: HallmarkError) -> Finding:
    """Say that a newer hallmark wrote to a model's log."""
    what, _, repair = str(error).rpartition(": ")
    return Finding(code="log-newer", where=model, what=what, repair=repair)


def settings_unusable(error: HallmarkError) -> Finding:
    """Say that what holds for the whole root cannot be read."""
    what, _, repair = str(error).rpartition(": ")
    return Finding(code="settings-unusable", where="settings", what=what, repair=repair)


def release_missing(version: str, release: int, location: Path | str) -> Finding:
    """Say that a release is gone that was not pruned.

    Args:
        version: Its version, as `penguin@1.2.0`.
        release: Its number.
        location: Where it lay.
    """
    return Finding(
        code="release-missing",
        where=f"{version} release {release}",
        what=f"the log has release {release}, but {location} is not there",
        repair="push the same model again, which restores it, or restore the directory from a backup",
    )


def foreign_entries(model: str, look: Callable[[], list[ForeignEntryError]]) -> Iterator[Finding]:
    """Yield what lies in the base path and is no release of this model.

    Args:
        model: The model's name.
        look: Lists it.
    """
    try:
        entries = sorted(map(str, look()))
    except StorageError as error:
        yield Finding(code="base-path-unreadable", where=model, what=str(error), repair="check permissions")
        return
    for said in entries:
        what, _, repair = said.rpartition(": ")
        yield Finding(code="foreign-entry", where=model, what=what, repair=repair)


def object_unusable(where: str, error: HallmarkError) -> Finding:
    """Say that a record cannot be had.

    Args:
        where: Which one, as `penguin@1.2.0 manifest`.
        error: What its reading raised.
    """
    what, _, repair = str(error).rpartition(": ")
    return Finding(
        code=_OBJECT_CODES.get(type(error), "object-unreadable"), where=where, what=what, repair=repair
    )
