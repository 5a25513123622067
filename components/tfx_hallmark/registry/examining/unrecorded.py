"""Releases that hallmark made and the log does not know: after a backup was restored, or the records were lost."""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.examining.record_findings import foreign_entries
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.names import parse_release_number
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.release_storage import ReleaseIdentity, Releases
from tfx_hallmark.registry.tree import HALLMARK_FILE


def unknown_entries(ledger: Ledger, releases: Releases) -> Iterator[Finding]:
    """Yield what lies in a base path and the log does not know: releases by what they are, and anything else.

    Args:
        ledger: The model's records.
        releases: Where its releases lie.
    """
    ours = {}
    for number in sorted(releases.shown() - ledger.refresh().releases.keys()):
        identity = _identity(releases, number)
        if identity is not None and identity.model == ledger.model:
            ours[releases.location_of(number)] = _unrecorded(releases, number, identity)
    yield from ours.values()
    for finding in foreign_entries(ledger.model, lambda: releases.foreign(ledger)):
        if not any(finding.what.startswith(f"{location} ") for location in ours):
            yield finding


def _identity(releases: Releases, number: int) -> ReleaseIdentity | None:
    try:
        return msgspec.json.decode(releases.files(number).read_identity(), type=ReleaseIdentity)
    except (HallmarkError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _unrecorded(releases: Releases, number: int, identity: ReleaseIdentity) -> Finding:
    return Finding(
        code="release-unrecorded",
        where=f"{identity.model} release {number}",
        what=(
            f"{releases.location_of(number)} says that it is {identity.model}@{identity.version}, but the log does "
            f"not know release {number}: perhaps the records are an older backup"
        ),
        repair=(
            f"restore a newer backup of the records; without one, hallmark adopt {releases.location}; "
            "or move it out of the base path"
        ),
    )


def records_missing(registry: Registry) -> Iterator[Finding]:
    """Yield the base paths with releases that hallmark made, of models that have no log at all."""
    if not isinstance(registry.root, Path):
        return
    known = set(registry.recorded())
    for base in sorted(registry.root.iterdir()):
        if base.name in known or base.name.startswith(".") or not base.is_dir():
            continue
        numbers = [path for path in base.iterdir() if parse_release_number(path.name) is not None]
        ours = [path for path in numbers if (path / HALLMARK_FILE).is_file()]
        if ours:
            records = registry.root / ".hallmark" / base.name
            yield Finding(
                code="records-missing",
                where=base.name,
                what=f"{base} holds releases that hallmark made, but the model's log is gone",
                repair=f"restore {records} from a backup; without one: hallmark adopt {base}",
            )
