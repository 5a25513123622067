"""What lies in a TF Serving base path that something else has filled: what TF Serving makes of each entry."""

import os
import re
from collections.abc import Collection
from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import AdoptionRefusedError, InvalidModelError
from tfx_hallmark.registry.names import MAX_RELEASE, parse_release_number
from tfx_hallmark.registry.savedmodel.check import check_servable
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.storage import explain_os_errors

_AS_NUMBER = re.compile(r"\s*[+-]?\d+\s*\Z", re.ASCII)  # what absl::SimpleAtoi takes
_MOVE = "move it out of the base path"


class Misfit(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a base path that cannot become a release.

    Attributes:
        path: Where it lies.
        number: The version that TF Serving takes it for; None if TF Serving passes it over.
        what: What is wrong with it.
        repair: What to do about it.
    """

    path: Path
    number: int | None
    what: str
    repair: str

    def __str__(self) -> str:
        return f"{self.path} {self.what}: {self.repair}"


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of a base path.

    Attributes:
        numbers: The directories that bear the plain number of a release, lowest first; nothing is known of
            what is in them.
        misfits: All other entries, by name.
    """

    numbers: tuple[int, ...]
    misfits: tuple[Misfit, ...]


def survey(base: Path) -> Survey:
    """List a base path; no directory in it is opened.

    Raises:
        StorageError: If it cannot be listed.
    """
    with explain_os_errors(f"listing {base}"):
        entries = sorted(os.scandir(base), key=lambda entry: entry.name)
    numbers, misfits = [], []
    for entry in entries:
        number = parse_release_number(entry.name)
        if number is not None and entry.is_dir(follow_symlinks=False):
            numbers.append(number)
        else:
            misfits.append(_misfit(entry))
    return Survey(numbers=tuple(sorted(numbers)), misfits=tuple(misfits))


def problem_with(base: Path, number: int) -> Misfit | None:
    """Look into a numbered directory; return what keeps it from being a release, None if nothing does."""
    try:
        check_servable(base / str(number))
    except InvalidModelError as error:
        return broken(base, number, error)
    return None


def broken(base: Path, number: int, error: InvalidModelError) -> Misfit:
    """Return what to say of a numbered directory that holds no whole SavedModel.

    TFX Pusher copies `saved_model.pb` last; one that was killed leaves a directory without it.
    """
    path = base / str(number)
    found = str(error).rpartition("; ")[0].removeprefix(str(path)).lstrip("/ ").rstrip() or str(error)
    return Misfit(
        path=path,
        number=number,
        what=f"is no whole SavedModel ({found})",
        repair=f"if a push is still writing it, adopt again when that is done; else {_MOVE}",
    )


class Outlook(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a base path can be adopted.

    Attributes:
        base: The base path.
        newest: The highest number with a whole SavedModel; None if there is none.
        blocking: What TF Serving would serve, or try to, in its place.
        others: What would merely be left alone; complete only if there is something that blocks.
    """

    base: Path
    newest: int | None
    blocking: tuple[Misfit, ...] = ()
    others: tuple[Misfit, ...] = ()

    def check(self) -> int:
        """Return the newest number.

        Raises:
            AdoptionRefusedError: If the base path cannot be adopted.
        """
        if self.blocking:
            more = f" (and {len(self.blocking) - 1} more)" if len(self.blocking) > 1 else ""
            msg = f"{self.blocking[-1]}{more}; nothing was adopted, for TF Serving wants to serve it"
            raise AdoptionRefusedError(msg)
        if self.newest is None:
            msg = (
                f"{self.base} holds no numbered directory with a whole SavedModel: "
                "give the directory that TFX Pusher's push_destination names"
            )
            raise AdoptionRefusedError(msg)
        return self.newest


def outlook(base: Path, known: Collection[int], policy: ServingPolicy) -> Outlook:
    """Look for the newest whole release, and for what is in its way.

    Under `latest` that is an entry that TF Serving takes for a higher version: what the registry calls stable
    would not be what serves. Under `labels` TF Serving does not look at numbers.

    Args:
        base: The base path.
        known: The numbers that are on record.
        policy: What makes TF Serving serve a release.

    Raises:
        StorageError: If the base path cannot be listed.
    """
    found = survey(base)
    misfits = list(found.misfits)
    newest = None
    for number in reversed(found.numbers):
        problem = None if number in known else problem_with(base, number)
        if problem is None:
            newest = number
            break
        misfits.append(problem)
    blocking = [misfit for misfit in misfits if policy == "latest" and _is_above(misfit, newest)]
    if blocking:
        # Whoever has to tidy up wants to know of everything.
        lower = (number for number in found.numbers if newest is not None and number < newest)
        misfits += filter(None, (problem_with(base, number) for number in lower if number not in known))
    return Outlook(
        base=base,
        newest=newest,
        blocking=tuple(sorted(blocking, key=lambda misfit: misfit.number or 0)),
        others=tuple(misfit for misfit in misfits if misfit not in blocking),
    )


def _is_above(misfit: Misfit, newest: int | None) -> bool:
    return misfit.number is not None and (newest is None or misfit.number > newest)


def _misfit(entry: "os.DirEntry[str]") -> Misfit:
    path = Path(entry.path)
    number = _as_number(entry.name)
    if number is None:
        what, repair = "has no number, so TF Serving passes it over", f"{_MOVE} before the next publish"
    elif entry.is_symlink():
        what = f"is a symbolic link, which TF Serving takes for version {number}"
        repair = "put the directory itself in its place, then adopt again"
    elif not entry.is_dir(follow_symlinks=False):
        what, repair = f"is a file, which TF Serving takes for version {number}", _MOVE
    else:
        what, repair = f"is not written as a plain number; TF Serving takes it for version {number}", _MOVE
    return Misfit(path=path, number=number, what=what, repair=repair)


def _as_number(name: str) -> int | None:
    number = int(name) if _AS_NUMBER.match(name) else None
    return number if number is not None and -MAX_RELEASE <= number <= MAX_RELEASE else None
