"""One metric of many versions: which metrics there are, and what each version's evidence says of the one asked for."""

import difflib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from tfx_hallmark.answers.judged import Measure, Measures, Place, measures_of
from tfx_hallmark.registry.errors import HallmarkError, NotFoundError
from tfx_hallmark.registry.verdict import OVERALL
from tfx_hallmark.registry.version import Version

_NAMED = 12  # metrics or slices that an error lists

Tell = Callable[[int, int], None]  # how many versions are read, of how many


class Read(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one version's evaluation.

    Attributes:
        version: The version.
        measures: What was measured; empty if it was never evaluated.
        problem: Why its records cannot be read; empty if they can.
    """

    version: Version
    measures: Measures
    problem: str = ""

    def at(self, place: Place) -> Measure:
        """Return what was measured at one place."""
        return self.measures.at.get(place, Measure())

    def why_not(self, place: Place) -> str:
        """Say why there is no value at a place; empty if there is one."""
        if self.problem:
            return self.problem
        if self.at(place).value is not None:
            return ""
        if self.measures.at:
            return f"its evaluation has no {place.metric} {on(place.slice)}"
        state = self.version.state
        if state.status == "adopted":
            return "adopted as it stood, never evaluated"
        return "the gate was passed over: no evidence" if state.verdict else "never evaluated"


def on(where: str) -> str:
    """Write a slice: `overall`, `on island:Dream`."""
    return "overall" if where == OVERALL else f"on {where}"


def read(versions: Sequence[Version], *, on_progress: Tell | None = None) -> list[Read]:
    """Read what was measured of versions; a lost record costs its version's numbers, not the answer.

    Args:
        versions: The versions.
        on_progress: Called after each one.
    """
    found = []
    for done, version in enumerate(versions, start=1):
        try:
            found.append(Read(version=version, measures=measures_of(version)))
        except HallmarkError as error:
            found.append(Read(version=version, measures=Measures(None, "", {}), problem=str(error)))
        if on_progress is not None:
            on_progress(done, len(versions))
    return found


def places_of(found: Iterable[Read]) -> list[Place]:
    """Return every place at which any of these versions has a value, the newest version's first."""
    places: dict[Place, None] = {}
    for one in reversed(list(found)):
        places.update(
            dict.fromkeys(place for place, measure in one.measures.at.items() if measure.value is not None)
        )
    return list(places)


def choose(found: Sequence[Read], *, model: str, metric: str | None, where: str | None) -> Place:
    """Return the place that is asked for, in the words of the evidence.

    Args:
        found: What was measured of the versions, oldest first.
        model: The model's name.
        metric: The metric; None for the one that the newest verdict turned on.
        where: The slice; None for everything.

    Raises:
        NotFoundError: If none of the versions has such a metric, or not on that slice.
    """
    known = places_of(found)
    if not known:
        msg = (
            f"no version of {model} that was looked at has a metric: numbers come with the evidence that "
            "RegistryPusher records"
        )
        raise NotFoundError(msg)
    metrics = list(dict.fromkeys(place.metric for place in known))
    name = _one_of(metrics, metric, model, "metric") if metric is not None else _headline(found, known).metric
    slices = [place.slice for place in known if place.metric == name]
    if where is None or where.lower() == OVERALL.lower():
        where = OVERALL
    return Place(name, _one_of(slices, where, f"{name} of {model}", "slice"))


def _headline(found: Sequence[Read], known: Sequence[Place]) -> Place:
    told = (one.measures.headline for one in reversed(found))
    return next((place for place in told if place is not None and place in known), known[0])


def _one_of(names: Sequence[str], asked: str, of: str, what: str) -> str:
    if asked in names:
        return asked
    near = difflib.get_close_matches(asked, names, n=1) or [
        name for name in names if asked.lower() in name.lower()
    ]
    hint = f"did you mean {near[0]!r}? " if near else ""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    msg = f"{of} has no {what} {asked!r}: {hint}there is {', '.join(names[:_NAMED])}{more}"
    raise NotFoundError(msg)
