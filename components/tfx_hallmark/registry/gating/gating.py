"""Decides from what is on record whether a version is better than another. Nothing is evaluated, nothing is written."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.registry import gate_reasons
from tfx_hallmark.registry.compatibility import breaks
from tfx_hallmark.registry.errors import NotComparableError
from tfx_hallmark.registry.event_kinds import Evaluated
from tfx_hallmark.registry.gate import decide, identity
from tfx_hallmark.registry.gating.application import Applied, few_examples, of_config, of_record
from tfx_hallmark.registry.gating.measurement import GateReason, Measurement, measure
from tfx_hallmark.registry.gating.result import GateCheck, GateResult
from tfx_hallmark.registry.gating.rules import GateRules
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState
from tfx_hallmark.registry.threshold_check import check
from tfx_hallmark.registry.verdict import Check, Comparison, Evaluation, Evidence, Reason, Verdict, VersionAt

if TYPE_CHECKING:
    from tfx_hallmark.registry.model import Model
    from tfx_hallmark.registry.version import Version

_UNCOMPARED = "not compared"


def gate(
    model: "Model",
    which: str,
    against: str | None = STABLE,
    *,
    rules: GateRules | None = None,
    on: str | None = None,
    allow_other_data: bool = False,
) -> GateResult:
    """Decide whether a version is better than another; see `Model.gate`."""
    if rules is not None:
        rules.checked()
    version = model.version(which)
    other = _other(model, against)
    at = None if other is None else _at(model.state, other.state)
    found = _measured(model, version, other, at, on=on, allow_other_data=allow_other_data)
    if rules is not None and not rules.changes and found.evidence is not None:
        # Only its own values count, so it does not matter how the other was measured.
        found = msgspec.structs.replace(found, other=None, problem=None)
    # Rules that were written are held against a version whatever was asked of it before.
    judged_by = version.evidence or Evidence(validation_ok=None)
    applied = of_record(judged_by, found) if rules is None else of_config(rules, found)
    verdict = _verdict(model.name, version, other, at, rules, found, applied)
    extra = tuple(_extra(rules, found))
    passed = verdict.passed and not extra
    # What speaks for it is no reason where something else speaks against it.
    told = () if extra and verdict.passed else tuple(_told(verdict, rules, found))
    return GateResult(
        model=model.name,
        version=version.version,
        digest=version.digest,
        against=at,
        passed=passed,
        rules="record" if rules is None else "config",
        measured=found.how,
        data=found.data,
        reasons=(*extra, *told),
        checks=tuple(_checks(applied, found, at)),
    )


def _other(model: "Model", against: str | None) -> "Version | None":
    if against is None:
        return None
    name, at, which = against.rpartition("@")
    if at and name not in ("", model.name):
        msg = f"{name} and {model.name} are different models: hold a version against one of its own model"
        raise NotComparableError(msg)
    # As for a push: where nothing is stable yet, a version is held to its values alone.
    if which == STABLE and model.state.stable is None:
        return None
    return model.version(which)


def _at(state: ModelState, version: VersionState) -> VersionAt:
    stable = state.stable_at
    if stable is not None and stable.version == version.version:
        return stable
    release = state.serving_release(version) or max(version.releases, default=0)
    return VersionAt(version.version, release, version.digest)


def _measured(
    model: "Model",
    version: "Version",
    other: "Version | None",
    at: VersionAt | None,
    *,
    on: str | None,
    allow_other_data: bool,
) -> Measurement:
    if other is not None and other.version == version.version:
        return _itself(version)

    def further() -> dict[str, dict[str, Evidence]]:
        return _further(model, [version, *([other] if other else [])])

    return measure(
        version,
        other,
        together=_judged_beside(version, at),
        further=further,
        on=on,
        anything=allow_other_data,
    )


def _itself(version: "Version") -> Measurement:
    found = measure(version, None, together=False, further=dict, on=None, anything=False)
    before = None if version.verdict is None else version.verdict.compared_with
    advice = (
        f"--against {before.version}, which it was compared with" if before else "name another with --against"
    )
    reason = GateReason("same_version", f"not better: {version} is itself what it is held against", advice)
    return msgspec.structs.replace(found, problem=reason)


def _judged_beside(version: "Version", at: VersionAt | None) -> bool:
    """Tell whether what its verdict rests on is an evaluation beside exactly this."""
    verdict = version.verdict
    return (
        verdict is not None
        and verdict.evidence is not None
        and identity(verdict.compared_with) == identity(at)
    )


def _further(model: "Model", versions: "list[Version]") -> dict[str, dict[str, Evidence]]:
    """Read the evaluations on further data: by version and by where the data lay, the newest first."""
    found: dict[str, dict[str, str]] = {version.version: {} for version in versions}
    wanted = sum(len(version.state.evidence) for version in versions)
    if wanted:
        for event in model.newest_first():
            data = event.data
            if isinstance(data, Evaluated) and data.data is not None and data.version in found:
                found[data.version].setdefault(data.data, data.evidence)
    by_version = {version.version: version for version in versions}
    return {
        name: {data: by_version[name].evaluation(digest) for data, digest in places.items()}
        for name, places in found.items()
    }


def _verdict(
    name: str,
    version: "Version",
    other: "Version | None",
    at: VersionAt | None,
    rules: GateRules | None,
    found: Measurement,
    applied: Applied,
) -> Verdict:
    """Ask the gate that decides on pushes, about what is on record."""
    comparisons = applied.comparisons
    if found.problem is not None:
        # Nothing is held against the other version: that they cannot be compared is said once.
        comparisons = tuple(one for one in comparisons if one.rule == "value" and found.evidence is not None)
    as_pushed = rules is None and found.evidence is version.evidence and _judged_beside(version, at)
    evaluation = _evaluation(version, at, rules, found, applied, comparisons, as_pushed=as_pushed)
    broken = () if other is None else tuple(breaks(version.manifest.signatures, other.manifest.signatures))
    must_improve = found.problem is None and (rules is None or rules.must_improve)
    return decide(
        model=name,
        version=version.version,
        digest=version.digest,
        stable=at,
        quarantined=version.state.quarantined,
        breaks=broken,
        evaluation=evaluation,
        evidence="",
        must_improve=must_improve,
    )


def _evaluation(
    version: "Version",
    at: VersionAt | None,
    rules: GateRules | None,
    found: Measurement,
    applied: Applied,
    comparisons: tuple[Comparison, ...],
    *,
    as_pushed: bool,
) -> Evaluation:
    verdict, own = version.verdict, version.evidence
    codes = {reason.code for reason in verdict.reasons} if verdict else set()
    beside = verdict is not None and identity(verdict.compared_with) == identity(at)
    blessed: int | None = 1
    # TFMA's word is on its own thresholds and its own baseline: elsewhere it says nothing.
    if as_pushed and "not_validated" in codes:
        blessed = None
    elif as_pushed and "not_blessed" in codes:
        blessed = 0
    allowed = bool(beside and verdict and verdict.allowed_breaks) if rules is None else rules.allow_breaking
    return Evaluation(
        blessed=blessed,
        infra_blessed=0 if "infra_not_blessed" in codes else None,
        baseline=at,
        compared=at is not None,
        evidence=Evidence(
            validation_ok=own.validation_ok if as_pushed and own else True,
            comparisons=comparisons,
            missing_slices=applied.missing,
            failures=own.failures if as_pushed and own else (),
        ),
        replay=verdict.replay if beside and verdict else None,
        allow_breaking=allowed,
    )


def _checks(applied: Applied, found: Measurement, at: VersionAt | None) -> Iterator[GateCheck]:
    for comparison in applied.comparisons:
        # With nothing to compare with there is no change, as for a push.
        if comparison.rule == "value" or at is not None:
            yield _line(comparison, check(comparison), found)


def _line(comparison: Comparison, held: Check, found: Measurement) -> GateCheck:
    reason = "" if held.passed else gate_reasons.missed(comparison, held).text
    if held.rule == "change" and found.problem is not None:
        reason = f"{_UNCOMPARED}: {found.problem.text}"
        held = msgspec.structs.replace(held, passed=False, judged=True, note=_UNCOMPARED)
    return GateCheck(
        metric=held.metric,
        slice=held.slice,
        rule=held.rule,
        threshold=held.threshold,
        candidate=held.candidate,
        baseline=held.baseline,
        improvement=held.improvement,
        margin=held.margin,
        passed=held.passed,
        judged=held.judged,
        note=held.note,
        examples=held.examples,
        confidence=held.confidence,
        interval=held.interval,
        reason=reason,
    )


def _extra(rules: GateRules | None, found: Measurement) -> Iterator[GateReason]:
    """Yield what the gate of a push has no word for."""
    if found.problem is not None:
        yield found.problem
    if rules is not None:
        yield from few_examples(rules, found)


def _told(verdict: Verdict, rules: GateRules | None, found: Measurement) -> Iterator[GateReason]:
    for reason in verdict.reasons:
        if reason.code == "not_validated" and (found.problem is not None or found.evidence is None):
            continue
        yield GateReason(reason.code, _text(reason, rules), _advice(reason, rules, found))


def _text(reason: Reason, rules: GateRules | None) -> str:
    if reason.code == "not_validated" and rules is not None:
        return "no rule applies: nothing is stable, and there is no bound on a value"
    return reason.text


def _advice(reason: Reason, rules: GateRules | None, found: Measurement) -> str:
    if reason.code == "nothing_compared":
        return "give a change rule with --config FILE"
    if reason.code == "breaking_change":
        return "allow_breaking: true with --config FILE lets it through"
    if reason.code in ("threshold_missed", "not_better") and rules is not None:
        unknown = {rule.metric for rule in rules.all} - set(found.candidate.metrics)
        if unknown:
            known = ", ".join(found.candidate.metrics) or "no metric"
            return f"{', '.join(sorted(unknown))} was not measured: there is {known}"
    if (
        reason.code in ("not_better", "within_noise")
        and found.how != "together"
        and "no interval" in reason.text
    ):
        return "intervals come with an evaluation of both together: run the pipeline's BaselineEvaluator"
    return ""
