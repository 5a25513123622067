"""What an adoption is told of releases, and what came of it."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import msgspec

from tfx_hallmark.registry.adoption.survey import Misfit
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.manifest import Provenance
from tfx_hallmark.registry.verdict import Evidence


class PushRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What is known from elsewhere of how a release came about.

    Attributes:
        provenance: What the model was made from.
        notes: Further facts, by name, for the manifest.
        evidence: What its evaluation measured; None if that is not known.
        summary: The evaluation's outcome in a sentence.
    """

    provenance: Provenance = Provenance()
    notes: dict[str, str] = {}
    evidence: Evidence | None = None
    summary: str = ""


PushRecords: TypeAlias = Callable[[int], PushRecord]


def no_record(_: int) -> PushRecord:
    """Know nothing of a release but its files."""
    return PushRecord()


class AdoptedRelease(msgspec.Struct, frozen=True, kw_only=True):
    """A release that an adoption took in.

    Attributes:
        number: Its number.
        version: The semantic version that its content has.
        bump: `first`, `major`, `minor` or `patch`; empty if the content had its version already.
        reasons: Why.
        same_as: The release that has the same content, if the version has one already.
        created: When it was made, UTC, as its number says; None if that is no time.
        labels: The labels that point to it when all is adopted.
        evidence: Whether an evaluation of it was recorded.
    """

    number: int
    version: str
    bump: str = ""
    reasons: tuple[str, ...] = ()
    same_as: int | None = None
    created: str | None = None
    labels: tuple[str, ...] = ()
    evidence: bool = False


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an adoption.

    Attributes:
        model: The model's name.
        base: The base path.
        adopted: The releases that were taken in, lowest number first.
        known: The numbers that were on record already.
        evaluated: Those of them of which an evaluation was added.
        skipped: What was left alone, and why.
        events: What was committed, oldest first; empty for a rehearsal.
    """

    model: str
    base: Path
    adopted: tuple[AdoptedRelease, ...]
    known: tuple[int, ...]
    evaluated: tuple[int, ...] = ()
    skipped: tuple[Misfit, ...] = ()
    events: tuple[Event, ...] = ()
