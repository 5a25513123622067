"""Which fields there are, of what kind each is, and where it is read: the log, the manifest or the evidence."""

import difflib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin

import msgspec
import semver

from tfx_hallmark.registry.errors import SearchError
from tfx_hallmark.registry.manifest import Code, Cost, DataSource, Environment, Run
from tfx_hallmark.registry.search.fields import Field
from tfx_hallmark.registry.state import VersionState
from tfx_hallmark.registry.verdict import OVERALL
from tfx_hallmark.registry.version import Version

Kind = Literal["text", "number", "flag", "time", "version", "any"]
Value: TypeAlias = str | int | float | bool
Found: TypeAlias = "Value | tuple[Value, ...] | None"  # a tuple for a field that may have several values

_LOG, _MANIFEST, _EVIDENCE = range(3)  # what must be read, the cheapest first
_NEAR = 3  # how many names an error suggests


class Candidate:
    """One version that a search looks at. Manifest and evidence are read when they are first asked for, and once.

    Args:
        version: The version, as it is or was.
        labels: The labels that point to it, or did.
    """

    def __init__(self, version: Version, labels: tuple[str, ...]) -> None:
        self.version = version
        self.labels = labels

    @property
    def state(self) -> VersionState:
        """What the log says of it."""
        return self.version.state

    @cached_property
    def metrics(self) -> dict[str, dict[str, float]]:
        """Its metrics by slice, then by name."""
        return self.version.metrics

    def note(self, key: str) -> str | None:
        """Return what is noted under a key; the manifest is read only if the log does not tell."""
        noted = self.state.notes.get(key)
        return (self.version.manifest.notes.get(key) if noted is None else noted) or None


class Definition(msgspec.Struct, frozen=True):
    """What a field means.

    Attributes:
        kind: What its values are; `any` may be text, numbers and truth values.
        read: Finds its value for a version; the keys are what stands after the name.
        cost: What has to be read; the lower the cheaper.
    """

    kind: Kind
    read: Callable[[Candidate, tuple[str, ...], str], Found]
    cost: int = _LOG


def _state(kind: Kind, read: Callable[[Candidate], Found]) -> Definition:
    return Definition(kind, lambda candidate, _, __: read(candidate))


def _description(candidate: Candidate) -> str | None:
    return candidate.version.description or None


def _noted(candidate: Candidate, keys: tuple[str, ...], _: str) -> str | None:
    return candidate.note(".".join(keys))


def _measured(candidate: Candidate, keys: tuple[str, ...], where: str) -> float | None:
    metrics = candidate.metrics.get(where)
    if metrics is None:
        # As TFMA's slices are told, with a blank after each comma.
        metrics = candidate.metrics.get(", ".join(part.strip() for part in where.split(",")), {})
    return metrics.get(".".join(keys))


def _inside(path: tuple[str, ...]) -> Callable[[Candidate, tuple[str, ...], str], Found]:
    """Return what reads a member of the manifest's provenance, or below one whose names are free."""

    def read(candidate: Candidate, keys: tuple[str, ...], _: str) -> Found:
        found: Any = candidate.version.manifest.provenance
        for name in path:
            found = getattr(found, name)
            if found is None:
                return None
        for key in keys:
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return _plain(found)

    return read


def _plain(value: Any) -> Found:
    if value is None or isinstance(value, bool | str | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)  # NaN and infinity are no numbers to compare with
    if isinstance(value, tuple):
        return value
    return json.dumps(value)  # a list or a mapping, as comparisons show it


_STATE = {
    "version": _state("version", lambda one: one.state.version),
    "release": _state("number", lambda one: tuple(one.state.releases)),
    "status": _state("text", lambda one: one.state.standing),
    "label": _state("text", lambda one: one.labels),
    "created": _state("time", lambda one: one.state.created),
    "size": _state("number", lambda one: one.state.size),
    "bump": _state("text", lambda one: one.state.bump or None),
    "digest": _state("text", lambda one: one.state.digest),
    "tag": _state("text", lambda one: one.state.tag or None),
    "held": _state("flag", lambda one: one.state.held is not None),
    "quarantined": _state("flag", lambda one: one.state.quarantined is not None),
    "signed": _state("flag", lambda one: one.state.signature is not None),
    "pruned": _state(
        "flag", lambda one: bool(one.state.releases) and set(one.state.releases) == set(one.state.pruned)
    ),
    "refusal": _state(
        "text", lambda one: one.state.summary or None if one.state.status == "refused" else None
    ),
    "quarantine": _state("text", lambda one: one.state.quarantined),
}
_OTHER_NAMES = {"releases": "release", "labels": "label"}  # as the JSON of `list` has them


def _provenance_fields() -> Iterator[tuple[str, Definition]]:
    """Give a field for each member of the provenance's parts, of the kind that its type says."""
    parts = (("data", DataSource), ("code", Code), ("environment", Environment), ("cost", Cost), ("run", Run))
    for part, struct in parts:
        for member in msgspec.structs.fields(struct):
            many = get_origin(member.type) in (UnionType, Union, tuple)
            types = set(get_args(member.type) if many else (member.type,)) - {type(None), Ellipsis}
            if types <= {str, int, float, bool}:
                kind: Kind = "flag" if bool in types else "number" if types & {int, float} else "text"
                yield f"{part}.{member.name}", Definition(kind, _inside((part, member.name)), _MANIFEST)


_FIXED: dict[str, Definition] = {
    **_STATE,
    "description": Definition("text", lambda one, _, __: _description(one), cost=_MANIFEST),
    "seed": Definition("number", _inside(("seed",)), cost=_MANIFEST),
    "python": Definition("text", _inside(("environment", "python")), cost=_MANIFEST),
    **dict(_provenance_fields()),
}
# What is followed by names that only the versions know.
_KEYED: dict[str, Definition] = {
    "notes": Definition("text", _noted, cost=_MANIFEST),
    "labels": Definition("text", _noted, cost=_MANIFEST),
    "metrics": Definition("number", _measured, cost=_EVIDENCE),
    "hyperparameters": Definition("any", _inside(("hyperparameters",)), cost=_MANIFEST),
    "tuned": Definition("any", _inside(("tuned",)), cost=_MANIFEST),
    "train_args": Definition("any", _inside(("train_args",)), cost=_MANIFEST),
    "eval_args": Definition("any", _inside(("eval_args",)), cost=_MANIFEST),
    "data.records": Definition("number", _inside(("data", "records")), cost=_MANIFEST),
    "environment.packages": Definition("text", _inside(("environment", "packages")), cost=_MANIFEST),
    "environment.numerics": Definition("flag", _inside(("environment", "numerics")), cost=_MANIFEST),
}
NAMES = (*_FIXED, *(f"{name}.KEY" for name in _KEYED))


class KnownField:
    """A field that there is, ready to be read.

    Args:
        field: How it was written.
        where: Where that stands, for the error.

    Raises:
        SearchError: If there is no such field.
    """

    def __init__(self, field: Field, where: str) -> None:
        self.field = field
        self._definition, self._keys = _look_up(field, where)
        self._slice = OVERALL if field.slice is None else field.slice
        if field.slice is not None and field.parts[0] != "metrics":
            msg = f"{where}: {field} has no slices, only metrics have: write '{'.'.join(field.parts)}'"
            raise SearchError(msg)

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return self._definition.kind

    @property
    def cost(self) -> int:
        """What has to be read to know it; the lower the cheaper."""
        return self._definition.cost

    def of(self, candidate: Candidate) -> Found:
        """Return its value for a version; None, or nothing in a tuple, if it has none."""
        return self._definition.read(candidate, self._keys, self._slice)

    def names_of(self, candidate: Candidate) -> Iterable[str]:
        """Return the names that a version has where this field has one of its own, such as those of its metrics."""
        name, version = self.field.parts[0], candidate.version
        if name == "metrics":
            return (metric for metrics in candidate.metrics.values() for metric in metrics)
        if name in ("notes", "labels"):
            return version.notes
        return version.manifest.provenance.hyperparameters if name == "hyperparameters" else ()


def _look_up(field: Field, where: str) -> tuple[Definition, tuple[str, ...]]:
    parts = field.parts
    for length in range(1, len(parts)):
        definition = _KEYED.get(".".join(parts[:length]))
        if definition is not None:
            return definition, parts[length:]
    name = ".".join(parts)
    definition = _FIXED.get(_OTHER_NAMES.get(name, name))
    if definition is not None:
        return definition, ()
    if name in _KEYED:
        msg = f"{where}: {name} wants a name after it, as in '{name}.{_EXAMPLES.get(name, 'KEY')}'"
        raise SearchError(msg)
    near = difflib.get_close_matches(name, NAMES, _NEAR) or difflib.get_close_matches(parts[0], NAMES, _NEAR)
    hint = f"is it {' or '.join(near)}?" if near else "a metric is written metrics.NAME, a note notes.KEY"
    msg = f"{where}: there is no field {name!r}: {hint}; 'hallmark list --help' names them"
    raise SearchError(msg)


_EXAMPLES = {
    "metrics": "accuracy",
    "notes": "team",
    "hyperparameters": "learning_rate",
    "data.records": "train",
}


def order_of(kind: Kind, value: Value) -> Any:
    """Return what a value is compared and sorted by.

    Versions have the order of semver.org; those that differ in build metadata alone, that of its text.
    Values of kind `any` are ordered among numbers and among texts, numbers first.
    """
    if kind == "version":
        parsed = semver.Version.parse(str(value))
        return parsed, parsed.build or ""
    if kind == "any":
        return isinstance(value, str), isinstance(value, bool), value
    return value
