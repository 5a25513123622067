"""The answer of `blame`: which version brought a metric to where it is, and what changed in that version."""

import math
from collections.abc import Mapping, Sequence

import msgspec

from tfx_hallmark.answers.judged import Place
from tfx_hallmark.answers.listing import labels_by_version, status
from tfx_hallmark.answers.measured import Read, Tell, choose, read
from tfx_hallmark.registry.comparing.changes import Changes
from tfx_hallmark.registry.comparison import Section, compare
from tfx_hallmark.registry.errors import HallmarkError, NotFoundError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.state import ModelState

# What a version is made from: the rest of a comparison says who it is and how it did.
_CAUSES = (
    "Data",
    "Inputs of the Trainer",
    "Code",
    "Hyperparameters",
    "Chosen by the Tuner",
    "Training",
    "Environment",
    "Other packages",
    "Signatures",
    "Model structure",
)


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """The metric of one version of the line.

    Attributes:
        version: Semantic version.
        status: What it is listed as; see `list`.
        labels: The labels that point to it, sorted.
        created: When it was tagged or adopted, UTC.
        value: The metric.
    """

    version: str
    status: str
    labels: list[str]
    created: str
    value: float


class PassedOver(msgspec.Struct, frozen=True):
    """A version of the line that says nothing of the metric.

    Attributes:
        version: Semantic version.
        why: Why not.
    """

    version: str
    why: str


class Culprit(msgspec.Struct, frozen=True, kw_only=True):
    """The version that brought the metric to where it is.

    Attributes:
        found: The version with its value.
        before: The last one before it that has a value.
        step: By how much the metric moved with it.
        same_data: What the metric of `before` is on the evaluation data of this version; null if that was not
            measured.
        by_data: How much of the step other evaluation data account for; null likewise. The rest is the model's.
        changes: What changed from `before` to it, in words; null if that cannot be told.
        sections: What it was made from, where that differs, the value of `before` first.
        unreadable: Why it cannot be told what changed; empty if it can.
    """

    found: Value
    before: Value
    step: float
    same_data: float | None
    by_data: float | None
    changes: Changes | None
    sections: tuple[Section, ...]
    unreadable: str


class Blame(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `blame`.

    Attributes:
        model: The model's name.
        metric: The metric.
        slice: `Overall` or `feature:value`.
        by: From which difference on the metric has moved.
        asked: Whether `by` was given; else it is half the range of `line`.
        line: The versions that have a value, oldest first.
        passed_over: Those of the line that have none.
        last: The last version of the line, measured or not.
        now: The last one that has a value; what is asked is how the metric came to be that.
        culprit: The version that brought it there; null if the metric never differed by as much.
    """

    model: str
    metric: str
    slice: str
    by: float
    asked: bool
    line: list[Value]
    passed_over: list[PassedOver]
    last: str
    now: Value
    culprit: Culprit | None


def blame(
    model: Model,
    *,
    metric: str | None = None,
    where: str | None = None,
    by: float | None = None,
    since: str | None = None,
    until: str | None = None,
    everything: bool = False,
    on_progress: Tell | None = None,
) -> Blame:
    """Find the version from which on a metric has been where it is now.

    It goes back from the last version of a line to the first one whose metric differs from it by `by` or more: what
    came directly after that one is to blame.

    Args:
        model: The model.
        metric: The metric; None for the one that the newest verdict turned on.
        where: The slice, `feature:value`; None for everything.
        by: The least difference that counts, above 0; None for half the range of the metric along the line.
        since: Where the line begins: what stands after the `@` of a reference; None for its first version.
        until: Where it ends, in the same form; None for what is stable, or with `everything`, the newest version.
        everything: Whether the line goes along all versions in the order in which they were tagged; else it goes
            along those that were stable one after the other, without those that were rolled back.
        on_progress: Called after each version with how many are read, and how many there are.

    Raises:
        NotFoundError: If there is no such version, metric or slice, or nothing is stable.
        InvalidNameError: If `since` or `until` is no reference.
    """
    state = model.state
    line = list(state.versions) if everything else _stable_line(model, state, until)
    names = _between(model, line, since, until)
    by_name = {version.version: version for version in model.versions()}
    versions = [by_name[name] for name in names]
    found = read(versions, on_progress=on_progress)
    place = choose(found, model=model.name, metric=metric, where=where)
    measured = [one for one in found if one.at(place).value is not None]
    labels = labels_by_version(state)
    valued = [_value(one, place, labels) for one in measured]
    values = [one.value for one in valued]
    least = by if by is not None else half_the_range(values)
    return Blame(
        model=model.name,
        metric=place.metric,
        slice=place.slice,
        by=least,
        asked=by is not None,
        line=valued,
        passed_over=[PassedOver(one.version.version, why) for one in found if (why := one.why_not(place))],
        last=versions[-1].version,
        now=valued[-1],
        culprit=_culprit(measured, valued, place, moved(values, least)),
    )


def _stable_line(model: Model, state: ModelState, until: str | None) -> list[str]:
    """Return the versions that were stable on the way to what is stable now; what was rolled back is none of them."""
    last = None if until is None else model.version(until).version
    line: dict[str, None] = {}
    ended: list[str] = []
    for move in state.stable_moves:
        if move.release is None:
            continue
        version = state.releases[move.release].version
        while version in line:
            line.popitem()
        line[version] = None
        if version == last:
            ended = list(line)
    if last is not None and not ended:
        msg = f"{model.name}@{last} was never stable: --all goes along every version"
        raise NotFoundError(msg)
    if not line:
        msg = f"nothing of {model.name} was ever stable: --all goes along every version"
        raise NotFoundError(msg)
    return list(line) if last is None else ended


def _between(model: Model, names: list[str], since: str | None, until: str | None) -> list[str]:
    first, last = (None if which is None else model.version(which).version for which in (since, until))
    if first is not None and last is not None and first not in names:
        # A line that ends at an older version does not hold the newer ones.
        tagged = list(model.state.versions)
        if tagged.index(first) > tagged.index(last):
            raise _turned_round(model, first, last)
    start = 0 if first is None else _place(model, names, first)
    end = len(names) if last is None else _place(model, names, last) + 1
    if start >= end:
        raise _turned_round(model, first, last)
    return names[start:end]


def _turned_round(model: Model, first: str | None, last: str | None) -> NotFoundError:
    return NotFoundError(
        f"{model.name}@{first} comes after {model.name}@{last}: give the older one as --since"
    )


def _place(model: Model, names: Sequence[str], version: str) -> int:
    if version in names:
        return names.index(version)
    msg = f"{model.name}@{version} is not on the line of versions that led to what is stable: use --all"
    raise NotFoundError(msg)


def _value(one: Read, place: Place, labels: Mapping[str, list[str]]) -> Value:
    value, state = one.at(place).value, one.version.state
    assert value is not None
    return Value(
        version=state.version,
        status=status(state),
        labels=labels.get(state.version, []),
        created=state.created,
        value=value,
    )


def half_the_range(values: Sequence[float]) -> float:
    """Return half the difference between the greatest and the least: one of the two is that far from any value."""
    return max(values) / 2 - min(values) / 2


def moved(values: Sequence[float], least: float) -> int | None:
    """Return the place from which on values have been nearer to the last one than `least`; None if all are.

    Args:
        values: At least one, oldest first.
        least: The least difference that counts; 0 or more.
    """
    now = values[-1]
    for place in range(len(values) - 2, -1, -1):
        away = abs(values[place] - now)
        # 0.8 - 0.7 is a little more than 0.1, and 0.9 - 0.8 a little less.
        if away > 0 and (away >= least or math.isclose(away, least, rel_tol=1e-9)):
            return place + 1
    return None


def _culprit(measured: Sequence[Read], line: Sequence[Value], place: Place, at: int | None) -> Culprit | None:
    if at is None:
        return None
    found, before = line[at], line[at - 1]
    measures = measured[at].measures
    same_data = measured[at].at(place).baseline if measures.baseline == before.version else None
    try:
        told = compare([measured[at - 1].version, measured[at].version]).only_changed()
        changes, sections, unreadable = told.changes[0], told.sections, "; ".join(told.remarks)
    except HallmarkError as error:
        changes, sections, unreadable = None, (), str(error)
    return Culprit(
        found=found,
        before=before,
        step=found.value - before.value,
        same_data=same_data,
        by_data=None if same_data is None else same_data - before.value,
        changes=changes,
        sections=tuple(section for section in sections if section.title in _CAUSES),
        unreadable=unreadable,
    )
