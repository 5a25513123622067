"""What is on record of two versions that can be compared: measured together, or each of them on the same data."""

import shlex
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import msgspec

from tfx_hallmark.registry.comparing.measures import EXAMPLE_COUNT
from tfx_hallmark.registry.verdict import OVERALL, Evidence

if TYPE_CHECKING:
    from tfx_hallmark.registry.version import Version

Place = tuple[str, str]  # metric, slice
How = Literal["together", "same_run_data", "further_data", "other_data", "alone", "nothing"]
Further = Callable[[], Mapping[str, Mapping[str, Evidence]]]  # by version, by where the data lay


class GateReason(msgspec.Struct, frozen=True):
    """One reason: a fixed code for programs, a sentence for people, and what can be done about it.

    Attributes:
        code: A code of the gate, docs/gate.md, or one of docs/ci.md.
        text: A sentence.
        advice: What to run; may be empty.
    """

    code: str
    text: str
    advice: str = ""


class Values(msgspec.Struct, frozen=True, dict=True):
    """What one version was measured at.

    Attributes:
        at: By metric and slice.
        examples: On how many examples, by slice.
    """

    at: dict[Place, float | None]
    examples: dict[str, int]

    @cached_property
    def slices(self) -> dict[str, None]:
        """The slices that were measured, in the order of the evidence."""
        return dict.fromkeys(where for _, where in self.at)

    @cached_property
    def metrics(self) -> dict[str, None]:
        """The metrics."""
        return dict.fromkeys(metric for metric, _ in self.at if metric != EXAMPLE_COUNT)


NOTHING = Values({}, {})


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What there is to decide by.

    Attributes:
        how: How both came to be measured: `together` by one evaluation, each in its own run on the `same_run_data`,
            or each on the same `further_data`; on `other_data`; the version `alone`, or `nothing` at all.
        data: On what, in words.
        evidence: The version's evidence; None if there is none.
        candidate: What the version was measured at.
        other: What the other was measured at; None if the two cannot be compared.
        problem: Why they cannot be compared; None if they can, or there is no other.
    """

    how: How
    data: str = ""
    evidence: Evidence | None = None
    candidate: Values = NOTHING
    other: Values | None = None
    problem: GateReason | None = None


def values_of(evidence: Evidence) -> Values:
    """Return what evidence says of the version that it is about."""
    at = {(one.metric, one.slice): one.candidate for one in evidence.comparisons}
    at |= {(one.metric, one.slice): one.value for one in evidence.metrics}
    return Values(at, _examples(evidence, at))


def baseline_values_of(evidence: Evidence) -> Values:
    """Return what evidence says of the version that was measured beside it."""
    at = {(one.metric, one.slice): one.baseline for one in evidence.comparisons if one.rule == "change"}
    at |= {(one.metric, one.slice): one.value for one in evidence.baseline_metrics}
    return Values(at, _examples(evidence, at))


def _examples(evidence: Evidence, at: Mapping[Place, float | None]) -> dict[str, int]:
    found = {one.slice: one.examples for one in evidence.comparisons if one.examples is not None}
    counted = {
        where: int(count)
        for (metric, where), count in at.items()
        if metric == EXAMPLE_COUNT and count is not None
    }
    return found | counted


def measure(
    version: "Version",
    other: "Version | None",
    *,
    together: bool,
    further: Further,
    on: str | None,
    anything: bool,
) -> Measurement:
    """Find what can be decided by.

    Args:
        version: The version.
        other: What it is to be compared with; None for nothing.
        together: Whether the evaluation that its verdict rests on was one beside that other version, or where there
            is none, beside nothing.
        further: Reads the evaluations on further data that are on record.
        on: Go by evaluations on this further data only.
        anything: Whether numbers from different data may be compared.
    """
    if on is not None:
        return _on(version, other, further(), on, anything=anything)
    own = _decided(version)
    if together and own is not None:
        how: How = "alone" if other is None else "together"
        beside = None if other is None else baseline_values_of(own)
        return _found(how, f"the data of {version.version}'s run", own, beside)
    if other is None:
        return _alone(version)
    beside = None if own is None else _same_run_data(version, other, own)
    if own is not None and beside is not None:
        return _found("same_run_data", "the same data in both runs", own, beside)
    shared = _shared(further(), version, other)
    if shared is not None:
        return shared
    return _different(version, other, anything=anything)


def not_evaluated(version: "Version", other: "Version | None", on: str | None = None) -> GateReason:
    """Return the reason that nothing was measured of a version."""
    what = "" if on is None else f" on {on}"
    return GateReason(
        "not_evaluated", f"no evaluation of {version}{what} is on record", _advice(version, other, on)
    )


def _advice(version: "Version", other: "Version | None", on: str | None = None) -> str:
    """Say what measures versions on the same data: those that have files can be evaluated at any time."""
    versions = [version, *([other] if other else [])]
    gone = [one.version for one in versions if not set(one.releases) - set(one.state.pruned)]
    if gone:
        who = " and ".join(gone)
        have = "has" if len(gone) == 1 else "have"
        return f"{who} {have} no release to evaluate: run the pipeline again, which measures it beside what is stable"
    data = "DATA" if on is None else shlex.quote(on)
    return f"hallmark compare {' '.join(map(str, versions))} --on {data}"


def _decided(version: "Version") -> Evidence | None:
    """Return what its verdict rests on: measured on the data of its own run."""
    return None if version.verdict is None or version.verdict.evidence is None else version.evidence


def _found(how: How, data: str, evidence: Evidence, other: Values | None) -> Measurement:
    return Measurement(how=how, data=data, evidence=evidence, candidate=values_of(evidence), other=other)


def _alone(version: "Version") -> Measurement:
    if version.evidence is None:
        return Measurement(how="nothing", problem=not_evaluated(version, None))
    return _found("alone", "the data of its evaluation", version.evidence, None)


def _on(
    version: "Version",
    other: "Version | None",
    further: Mapping[str, Mapping[str, Evidence]],
    on: str,
    *,
    anything: bool,
) -> Measurement:
    mine = further.get(version.version, {}).get(on)
    if mine is None:
        return Measurement(how="nothing", data=on, problem=not_evaluated(version, other, on))
    if other is None:
        return _found("further_data", on, mine, None)
    theirs = further.get(other.version, {}).get(on)
    if theirs is None:
        found = _found("alone", on, mine, None)
        return msgspec.structs.replace(found, problem=not_evaluated(other, version, on))
    if _as_many(values_of(mine), values_of(theirs)):
        return _found("further_data", on, mine, values_of(theirs))
    found = _found("other_data", on, mine, values_of(theirs))
    if anything:
        return found
    return msgspec.structs.replace(found, other=None, problem=_changed(version, other, on))


def _same_run_data(version: "Version", other: "Version", own: Evidence) -> Values | None:
    """Return what the other was measured at, if both runs had the same examples."""
    theirs = _decided(other)
    mine, its = version.manifest.provenance.data, other.manifest.provenance.data
    if theirs is None or mine is None or its is None or mine.digest is None or mine.digest != its.digest:
        return None
    found = values_of(theirs)
    return found if _as_many(values_of(own), found) else None


def _as_many(one: Values, another: Values) -> bool:
    """Tell whether two evaluations may have been on the same examples, by how many there were on each slice."""
    return all(another.examples.get(where, count) == count for where, count in one.examples.items())


def _shared(
    further: Mapping[str, Mapping[str, Evidence]], version: "Version", other: "Version"
) -> Measurement | None:
    theirs = further.get(other.version, {})
    # The newest first.
    for data, mine in further.get(version.version, {}).items():
        if data in theirs and _as_many(values_of(mine), values_of(theirs[data])):
            return _found("further_data", data, mine, values_of(theirs[data]))
    return None


def _different(version: "Version", other: "Version", *, anything: bool) -> Measurement:
    mine, theirs = version.evidence, other.evidence
    if mine is None:
        return Measurement(how="nothing", problem=not_evaluated(version, other))
    alone = _found("alone", "the data of its evaluation", mine, None)
    if theirs is None:
        return msgspec.structs.replace(alone, problem=not_evaluated(other, version))
    if anything:
        return _found("other_data", f"{_data(version)}, and {_data(other)}", mine, values_of(theirs))
    reason = GateReason(
        "other_data",
        f"{version.version} and {other.version} were measured on different data: {_data(version)}, and {_data(other)}",
        f"{_advice(version, other)}; or give --allow-other-data",
    )
    return msgspec.structs.replace(alone, how="other_data", problem=reason)


def _changed(version: "Version", other: "Version", on: str) -> GateReason:
    return GateReason(
        "other_data",
        f"{on} held other examples when {version.version} was measured there than when {other.version} was",
        _advice(version, other, on),
    )


def _data(version: "Version") -> str:
    """Say on what a version was measured: on the data of its run, or on further data."""
    data = version.manifest.provenance.data
    if _decided(version) is None:
        return f"{version.version} on further data"
    if data is None:
        return f"{version.version} on data that is not on record"
    digest = "" if data.digest is None else f" ({data.digest[:15]}…)"
    count = _count(version)
    span = "" if data.span is None else f"span {data.span} of "
    return f"{version.version} on {count}{span}{data.uri}{digest}"


def _count(version: "Version") -> str:
    found = values_of(version.evidence).examples.get(OVERALL) if version.evidence else None
    return "" if found is None else f"{found} examples of "
