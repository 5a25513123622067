"""The answer of `adopt`: what was taken over, or would be, and what was left alone."""

import msgspec

from tfx_hallmark.answers.history import LoggedEvent, logged
from tfx_hallmark.answers.paths import as_text
from tfx_hallmark.registry.adoption.outcome import AdoptedRelease, Adoption
from tfx_hallmark.registry.adoption.survey import Misfit, Outlook


class LeftAlone(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the base path that is no release.

    Attributes:
        path: Where it lies.
        number: The version that TF Serving takes it for; null if TF Serving passes it over.
        what: What is wrong with it.
        repair: What to do about it.
    """

    path: str
    number: int | None
    what: str
    repair: str


class AdoptionAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `adopt`, and of its dry run.

    Attributes:
        root: The registry root.
        model: The model's name.
        path: The base path.
        dry_run: Whether nothing was done.
        refused: Whether nothing was done because something blocks it.
        adopted: The releases that were taken over, lowest number first.
        known: The numbers that were on record already.
        evaluated: Those of them of which an evaluation was added.
        stable: The version that is stable afterwards; null if none is.
        blocking: What TF Serving would serve in the place of the newest whole release.
        skipped: What is left alone.
        in_metadata: Those of all these of which ML Metadata knows the run; null if it was not asked.
        unread: Why the evaluation of a number was not read, by number.
        events: What was committed, oldest first; empty for a dry run.
    """

    root: str
    model: str
    path: str
    dry_run: bool
    refused: bool = False
    adopted: list[AdoptedRelease] = []
    known: list[int] = []
    evaluated: list[int] = []
    stable: str | None = None
    blocking: list[LeftAlone] = []
    skipped: list[LeftAlone] = []
    in_metadata: list[int] | None = None
    unread: dict[int, str] = {}
    events: list[LoggedEvent] = []


def refusal(outlook: Outlook, *, dry_run: bool) -> AdoptionAnswer:
    """Tell why a base path is not adopted."""
    return AdoptionAnswer(
        root=as_text(outlook.base.parent),
        model=outlook.base.name,
        path=as_text(outlook.base),
        dry_run=dry_run,
        refused=True,
        blocking=[_left_alone(misfit) for misfit in outlook.blocking],
        skipped=[_left_alone(misfit) for misfit in outlook.others],
    )


def adoption_answer(
    adoption: Adoption,
    *,
    dry_run: bool,
    stable: str | None,
    in_metadata: list[int] | None,
    unread: dict[int, str],
) -> AdoptionAnswer:
    """Tell what an adoption did, or would do.

    Args:
        adoption: What came of it.
        dry_run: Whether it was rehearsed.
        stable: The version that is stable afterwards, or would be.
        in_metadata: The numbers of which ML Metadata knows; None if it was not asked.
        unread: Why evaluations were not read, by number.
    """
    return AdoptionAnswer(
        root=as_text(adoption.base.parent),
        model=adoption.model,
        path=as_text(adoption.base),
        dry_run=dry_run,
        adopted=list(adoption.adopted),
        known=list(adoption.known),
        evaluated=list(adoption.evaluated),
        stable=stable,
        skipped=[_left_alone(misfit) for misfit in adoption.skipped],
        in_metadata=in_metadata,
        unread=unread,
        events=[logged(event) for event in adoption.events],
    )


def _left_alone(misfit: Misfit) -> LeftAlone:
    return LeftAlone(path=as_text(misfit.path), number=misfit.number, what=misfit.what, repair=misfit.repair)
