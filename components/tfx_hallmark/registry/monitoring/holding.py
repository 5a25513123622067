"""What was measured of a version, held to floors and to the version before it. Pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from tfx_hallmark.registry.gating.application import of_config
from tfx_hallmark.registry.gating.measurement import Measurement, Values
from tfx_hallmark.registry.gating.rules import GateRules, ValueRule
from tfx_hallmark.registry.monitoring.report import MonitoringFinding
from tfx_hallmark.registry.monitoring.rules import MonitoringRules, PredecessorRule
from tfx_hallmark.registry.threshold_check import check
from tfx_hallmark.registry.verdict import OVERALL, Comparison, Direction, Evidence

Place: TypeAlias = tuple[str, str]  # metric, slice


class Watched(msgspec.Struct, frozen=True):
    """A version and what it was measured at on the new data."""

    version: str
    values: Values


class Breach(msgspec.Struct, frozen=True):
    """A place where a version is not good enough, and which way is better there."""

    place: Place
    direction: Direction


class Held(msgspec.Struct, frozen=True):
    """A bound that is not met; without a breach where there is no number to tell by."""

    finding: MonitoringFinding
    breach: Breach | None


def missed_floors(watched: Watched, floors: Sequence[ValueRule]) -> list[Held]:
    """Return the floors that a version is not within, on every slice that was measured."""
    if not floors:
        return []
    # Of the evidence, `of_config` reads only that there is some.
    found = Measurement(how="alone", evidence=Evidence(validation_ok=None), candidate=watched.values)
    rules = GateRules(values=tuple(floors), must_improve=False)
    return [_missed(watched, one) for one in of_config(rules, found).comparisons if not check(one).passed]


def behind_predecessor(
    stable: Watched, before: Watched | None, rules: Sequence[PredecessorRule]
) -> list[Held]:
    """Return where what is stable is worse than its predecessor by more than is tolerated."""
    if before is None:
        return []
    found = []
    for rule in rules:
        place = (rule.metric, rule.slice)
        own, other = stable.values.at.get(place), before.values.at.get(place)
        if own is None or other is None:
            continue
        loss = other - own if rule.direction == "higher_is_better" else own - other
        if loss > rule.tolerance:
            text = (
                f"{named(*place)} of {stable.version} is {own:.4g}, of {before.version} before it {other:.4g}"
            )
            told = MonitoringFinding(
                code="below_predecessor",
                text=text + (f"; {rule.tolerance:g} is tolerated" if rule.tolerance else ""),
                subject=named(*place),
                value=own,
                bound=other,
            )
            found.append(Held(told, Breach(place, rule.direction)))
    return found


def unmeasured(stable: Watched, rules: MonitoringRules) -> Iterator[MonitoringFinding]:
    """Yield what a rule is about and nothing was measured of: a rule that never ran must not look like one met."""
    values = stable.values
    wanted = [(one.metric, one.slice) for one in rules.floors if not _has(values.slices, one.slice)]
    wanted += [
        (one.metric, one.slice) for one in rules.predecessor if values.at.get((one.metric, one.slice)) is None
    ]
    for place in dict.fromkeys(wanted):
        yield _not_measured(stable, place)


def named(metric: str, where: str) -> str:
    """Return a metric on a slice, in words."""
    return f"{metric} {'overall' if where == OVERALL else f'on {where}'}"


def _missed(watched: Watched, floor: Comparison) -> Held:
    place = (floor.metric, floor.slice)
    if floor.candidate is None:
        return Held(_not_measured(watched, place), None)
    below = floor.lower is not None and floor.candidate < floor.lower
    text = (
        f"{named(*place)} of {watched.version} is {floor.candidate:.4g}, required: {check(floor).threshold}"
    )
    finding = MonitoringFinding(
        code="below_floor",
        text=text,
        subject=named(*place),
        value=floor.candidate,
        bound=floor.lower if below else floor.upper,
    )
    return Held(finding, Breach(place, "higher_is_better" if below else "lower_is_better"))


def _not_measured(watched: Watched, place: Place) -> MonitoringFinding:
    text = f"{named(*place)} of {watched.version} was not measured on this data"
    return MonitoringFinding(code="not_measured", text=text, subject=named(*place))


def _has(known: Mapping[str, None], where: str) -> bool:
    if where.lower() == OVERALL.lower():
        return OVERALL in known
    if where.endswith("*"):
        return any(one.startswith(where[:-1]) for one in known)
    return where in known
