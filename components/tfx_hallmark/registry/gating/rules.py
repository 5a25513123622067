"""The rules of `hallmark gate --config`: a small YAML file, read and checked in whole before anything is decided."""

import difflib
import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tfx_hallmark.registry.errors import GateRulesError
from tfx_hallmark.registry.verdict import OVERALL, Direction

_UNKNOWN = re.compile(r"unknown field `(.*?)`")
_WHERE = re.compile(r" - at `\$?\.?(.*?)`$")


class ValueRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on the value of the version that is judged.

    Attributes:
        metric: The metric's name, as `hallmark show` has it.
        slice: `feature:value`, or the beginning of the names of slices and a `*`; by default all examples.
        min: Least value.
        max: Greatest value.
    """

    metric: str
    slice: str = OVERALL
    min: float | None = None
    max: float | None = None


class ChangeRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds on its improvement over the other version, which must be beyond each that is given.

    Attributes:
        metric: The metric's name.
        slice: As of a `ValueRule`.
        direction: Which way is better.
        absolute: Least improvement in the metric's unit; below 0 it tolerates a loss.
        relative: The same as a fraction of the other's value.
        confidence: How sure an improvement must be, between 0 and 1; None to judge by the values alone.
    """

    metric: str
    direction: Direction
    slice: str = OVERALL
    absolute: float | None = None
    relative: float | None = None
    confidence: float | None = None


class GateRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a version must be, and how it must compare with the other one.

    Attributes:
        values: Bounds on its own values.
        changes: Bounds on its improvement.
        required_slices: Slices that must have been measured, of both versions.
        min_examples: With fewer examples in all, it fails.
        slice_min_examples: Slices with fewer are told and not judged, unless they are required.
        allow_breaking: Whether it may break the clients of the other version.
        must_improve: Whether a metric with a change rule must have improved; otherwise it is enough to meet every rule.
    """

    values: tuple[ValueRule, ...] = ()
    changes: tuple[ChangeRule, ...] = ()
    required_slices: tuple[str, ...] = ()
    min_examples: int | None = None
    slice_min_examples: int | None = None
    allow_breaking: bool = False
    must_improve: bool = True

    @property
    def all(self) -> "tuple[ValueRule | ChangeRule, ...]":
        """Bounds on values, then on changes."""
        return (*self.values, *self.changes)

    @classmethod
    def read(cls, file: Path) -> "GateRules":
        """Read and check a file of rules.

        Raises:
            GateRulesError: If it cannot be read, or anything in it is wrong; the message names the place.
        """
        try:
            text = file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or error
            msg = f"{file} cannot be read ({why}): check its path, its permissions, and that it is UTF-8 text"
            raise GateRulesError(msg) from error
        try:
            return cls.parse(text)
        except GateRulesError as error:
            msg = f"{file}: {error}"
            raise GateRulesError(msg) from error

    @classmethod
    def parse(cls, text: str) -> "GateRules":
        """Read and check rules.

        Raises:
            GateRulesError: If anything in them is wrong.
        """
        given = _yaml(text)
        try:
            rules = msgspec.convert({} if given is None else given, cls)
        except msgspec.ValidationError as error:
            raise GateRulesError(_explained(str(error))) from error
        return rules.checked()

    def checked(self) -> "GateRules":
        """Return these rules.

        Raises:
            GateRulesError: If they can never be what somebody meant.
        """
        for problem in self._problems():
            raise GateRulesError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if not self.values and not self.changes:
            yield "there is no rule: give values or changes at least one"
        if self.must_improve and not self.changes:
            yield "nothing is compared with the other version: give changes at least one, or must_improve: false"
        for index, value in enumerate(self.values):
            yield from (f"values[{index}]: {problem}" for problem in _value_problems(value))
        for index, change in enumerate(self.changes):
            yield from (f"changes[{index}]: {problem}" for problem in _change_problems(change))
        for name in ("min_examples", "slice_min_examples"):
            least = getattr(self, name)
            if least is not None and least < 1:
                yield f"{name} is {least}: give 1 or more"
        for where in self.required_slices:
            if not where or "*" in where:
                yield f"required_slices: {where!r} is no slice: name one, such as island:Dream"


def _value_problems(rule: ValueRule) -> Iterator[str]:
    yield from _place_problems(rule.metric, rule.slice)
    yield from _numbers(min=rule.min, max=rule.max)
    if rule.min is None and rule.max is None:
        yield "has no bound: give min or max"
    elif rule.min is not None and rule.max is not None and rule.min > rule.max:
        yield f"min {rule.min:g} is above max {rule.max:g}"


def _change_problems(rule: ChangeRule) -> Iterator[str]:
    yield from _place_problems(rule.metric, rule.slice)
    yield from _numbers(absolute=rule.absolute, relative=rule.relative)
    if rule.absolute is None and rule.relative is None:
        yield "has no bound: give absolute or relative"
    if rule.confidence is not None and not 0 < rule.confidence < 1:
        yield f"confidence is {rule.confidence:g}: give one between 0 and 1, such as 0.95"


def _place_problems(metric: str, where: str) -> Iterator[str]:
    if not metric.strip():
        yield "metric is empty"
    if not where.strip() or "*" in where[:-1]:
        yield f"slice is {where!r}: give feature:value, or feature:* for every slice of a feature"


def _numbers(**given: float | None) -> Iterator[str]:
    for name, number in given.items():
        if number is not None and not math.isfinite(number):
            yield f"{name} is {number}: give a number"


def _yaml(text: str) -> Any:
    # Only here: reading YAML is dear at the start of a command, and a gate without --config reads none.
    import yaml

    class Loader(yaml.SafeLoader):
        """Refuses what a key is given twice, of which YAML would silently keep the last."""

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            keys = [self.construct_object(key, deep=True) for key, _ in node.value]
            for key in keys:
                if keys.count(key) > 1:
                    msg = f"line {node.start_mark.line + 1}: {key} is given twice: keep one"
                    raise GateRulesError(msg)
            return super().construct_mapping(node, deep=deep)

    try:
        return yaml.load(text, Loader=Loader)  # noqa: S506 it is the safe one
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        msg = f"is no YAML ({' '.join(str(error).split())}): correct it"
        raise GateRulesError(msg) from error


def _explained(problem: str) -> str:
    """Put the place first, and say which key was meant."""
    found = _WHERE.search(problem)
    where = f"{found[1]}: " if found and found[1] else ""
    text = _WHERE.sub("", problem)
    unknown = _UNKNOWN.search(text)
    if unknown is None:
        return f"{where}{text}"
    known = (
        ValueRule if where.startswith("values") else ChangeRule if where.startswith("changes") else GateRules
    ).__struct_fields__
    near = difflib.get_close_matches(unknown[1], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there is {', '.join(known)}"
    return f"{where}unknown key {unknown[1]}: {hint}"
