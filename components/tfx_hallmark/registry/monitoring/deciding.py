"""From what was measured to what was found and what follows. Pure functions; nothing is read or written."""

from collections.abc import Iterator, Mapping

import msgspec

from tfx_hallmark.registry.monitoring.holding import (
    Breach,
    Watched,
    behind_predecessor,
    missed_floors,
    named,
    unmeasured,
)
from tfx_hallmark.registry.monitoring.report import DriftDistance, MonitoringAction, MonitoringFinding
from tfx_hallmark.registry.monitoring.rules import DriftRules, MonitoringRules
from tfx_hallmark.registry.verdict import OVERALL


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """The canary on the new data.

    Attributes:
        watched: What it was measured at.
        beats: Whether the gate lets it take the place of what is stable.
        why: The gate's weightiest reason.
    """

    watched: Watched
    beats: bool
    why: str


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is decided by.

    Attributes:
        stable: What is stable.
        canary: What is canary; None for nothing.
        predecessor: What a rollback would bring back; None if it was not measured.
        no_predecessor: Why there is none to roll back to; empty if there is, or nobody looked.
        distances: How far the features lie from the training data.
        anomalies: What the schema of the training data does not allow, by feature.
        drift_unknown: Why the new data was not compared with the training data; empty if it was.
    """

    stable: Watched
    canary: Canary | None = None
    predecessor: Watched | None = None
    no_predecessor: str = ""
    distances: tuple[DriftDistance, ...] = ()
    anomalies: Mapping[str, str] = msgspec.field(default_factory=dict)
    drift_unknown: str = ""


class Decision(msgspec.Struct, frozen=True):
    """What was found, and what the rules ask for because of it."""

    findings: tuple[MonitoringFinding, ...]
    action: MonitoringAction | None


def judged(distances: tuple[DriftDistance, ...], rules: DriftRules) -> tuple[DriftDistance, ...]:
    """Return distances with their thresholds, the farthest beyond its own first."""
    held = (
        msgspec.structs.replace(one, threshold=rules.threshold(one.feature, one.comparator))
        for one in distances
    )
    return tuple(sorted(held, key=lambda one: (not one.drifted, -one.distance, one.feature)))


def asks_for_predecessor(stable: Watched, rules: MonitoringRules) -> bool:
    """Tell whether the version before must be evaluated too."""
    return _enough(stable, rules) and bool(rules.predecessor or missed_floors(stable, rules.floors))


def decide(facts: Facts, rules: MonitoringRules) -> Decision:
    """Decide what was found and what is to be done.

    What is stable is rolled back where it is below a floor or below its predecessor, and the predecessor is better
    there on the same data. A canary takes its place where the gate finds that it beats it, unless it is below a floor
    itself. A rollback outweighs a promotion.
    """
    if not _enough(facts.stable, rules):
        return Decision((_too_few(facts.stable, rules), *_unknown(facts)), None)
    missed = missed_floors(facts.stable, rules.floors)
    behind = behind_predecessor(facts.stable, facts.predecessor, rules.predecessor)
    breaches = [found.breach for found in (*missed, *behind) if found.breach is not None]
    rollback = _rollback(facts, breaches)
    findings = [
        *(found.finding for found in (*missed, *behind)),
        *unmeasured(facts.stable, rules),
        *(_drift(one) for one in facts.distances if one.drifted),
        *(_anomaly(*one) for one in facts.anomalies.items() if rules.drift.anomalies),
        *_unknown(facts),
        *([] if rollback or not breaches else [_no_better(facts)]),
    ]
    return Decision(tuple(findings), rollback or _promotion(facts, rules))


def with_standing(
    action: MonitoringAction, rules: MonitoringRules, objection: str | None
) -> MonitoringAction:
    """Say whether an action is to be done now: only if that was asked for, and the registry allows it.

    Args:
        action: What follows by the rules.
        rules: The rules.
        objection: Why the registry does not allow it; None if it does.
    """
    if objection is not None:
        return msgspec.structs.replace(action, standing="refused", objection=objection)
    asked = rules.auto_rollback if action.kind == "rollback" else rules.auto_promote
    return msgspec.structs.replace(action, standing="automatic" if asked else "proposed")


def _enough(watched: Watched, rules: MonitoringRules) -> bool:
    count = watched.values.examples.get(OVERALL)
    # Where nothing counts them, one is the least that there can be.
    return rules.min_examples <= (1 if count is None else count)


def _too_few(stable: Watched, rules: MonitoringRules) -> MonitoringFinding:
    count = stable.values.examples.get(OVERALL)
    told = "an unknown number of examples" if count is None else f"{count:,} examples"
    text = f"nothing is judged on {told}, fewer than {rules.min_examples:,}"
    return MonitoringFinding(code="too_few_examples", text=text, value=count, bound=rules.min_examples)


def _drift(one: DriftDistance) -> MonitoringFinding:
    name = "L-infinity" if one.comparator == "l_infinity" else "Jensen-Shannon"
    return MonitoringFinding(
        code="drift",
        text=f"{one.feature} drifted: {name} distance {one.distance:.4g} from the training data, allowed: "
        f"{one.threshold:g}",
        subject=one.feature,
        value=one.distance,
        bound=one.threshold,
    )


def _anomaly(feature: str, text: str) -> MonitoringFinding:
    return MonitoringFinding(
        code="schema_anomaly",
        text=f"{feature} does not fit the schema of the training data: {text}",
        subject=feature,
    )


def _unknown(facts: Facts) -> Iterator[MonitoringFinding]:
    if facts.drift_unknown:
        text = f"drift is unknown: {facts.drift_unknown}"
        yield MonitoringFinding(code="drift_unknown", text=text)


def _rollback(facts: Facts, breaches: list[Breach]) -> MonitoringAction | None:
    before = facts.predecessor
    if not breaches or before is None:
        return None
    gains = [_gain(facts.stable, before, breach) for breach in breaches]
    if any(gain is None or gain < 0 for gain in gains) or not any(gain for gain in gains):
        return None
    place = breaches[0].place
    own, other = facts.stable.values.at[place], before.values.at[place]
    why = f"{named(*place)} is {own:.4g} with {facts.stable.version}, {other:.4g} with {before.version}"
    return MonitoringAction(kind="rollback", version=before.version, why=why)


def _gain(stable: Watched, before: Watched, breach: Breach) -> float | None:
    own, other = stable.values.at.get(breach.place), before.values.at.get(breach.place)
    if own is None or other is None:
        return None
    return other - own if breach.direction == "higher_is_better" else own - other


def _no_better(facts: Facts) -> MonitoringFinding:
    text = facts.no_predecessor or "nothing that could be rolled back to was measured"
    if facts.predecessor is not None:
        text = f"{facts.predecessor.version}, which a rollback would bring back, is no better on this data"
    return MonitoringFinding(code="no_better_version", text=text)


def _promotion(facts: Facts, rules: MonitoringRules) -> MonitoringAction | None:
    canary = facts.canary
    if canary is None or not canary.beats or not _enough(canary.watched, rules):
        return None
    if missed_floors(canary.watched, rules.floors):
        return None
    return MonitoringAction(kind="promote", version=canary.watched.version, why=canary.why)
