"""Whether a condition holds for a version: true, false, or, where something is missing, unknown, as in SQL."""

import operator
import re
from collections.abc import Callable
from typing import Any

from tfx_hallmark.registry.bump import check_semantic_version
from tfx_hallmark.registry.errors import InvalidNameError, InvalidTimeError, SearchError
from tfx_hallmark.registry.search.expression import And, Expression, Literally, Not, Predicate
from tfx_hallmark.registry.search.known_fields import Candidate, Kind, KnownField, Value, order_of
from tfx_hallmark.registry.time_travel import parse_time

Matcher = Callable[[Candidate], "bool | None"]

_COMPARED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_OF_TEXT = ("like", "contains")
_WANTED = {
    "text": "text in quotes",
    "time": "a time in quotes, such as '2026-05-01' or '3d' (ago)",
    "version": "a version in quotes, such as '1.2.0'",
    "number": "a number",
    "flag": "true or false",
}


def check(field: KnownField, how: str, value: Literally, where: str) -> None:
    """Make sure that a field can be held against a value so.

    Args:
        field: The field.
        how: The operator.
        value: The value.
        where: Where the value stands, for the error.

    Raises:
        SearchError: If it cannot.
    """
    kind = field.kind
    if how in _OF_TEXT:
        if kind in ("number", "flag"):
            msg = f"{where}: {field.field} is {_WANTED[kind]}, and {how!r} is for text: compare it with ="
            raise SearchError(msg)
        if not isinstance(value, str):
            msg = f"{where}: {how!r} takes text in quotes, not {value!r}"
            raise SearchError(msg)
        return
    if isinstance(value, bool) and how not in ("=", "!=", "in"):
        msg = f"{where}: true and false have no order: use = or !="
        raise SearchError(msg)
    try:
        _prepared(kind, value)
    except (TypeError, InvalidNameError, InvalidTimeError) as error:
        why = f" ({error})" if isinstance(error, InvalidTimeError) else ""
        msg = f"{where}: {field.field} is compared with {_WANTED[kind]}, not with {value!r}{why}"
        raise SearchError(msg) from error


def matcher(expression: Expression) -> Matcher:
    """Return what tells of a version whether a condition holds; None where that is unknown.

    Raises:
        SearchError: If there is no such field.
    """
    return _compiled(expression)[1]


def _compiled(expression: Expression) -> tuple[int, Matcher]:
    """Return what a condition costs, and what tells whether it holds."""
    if isinstance(expression, Predicate):
        return _predicate(expression)
    if isinstance(expression, Not):
        cost, inner = _compiled(expression.operand)
        return cost, lambda candidate: None if (held := inner(candidate)) is None else not held
    # What the log says comes first: it may spare reading the rest.
    operands = sorted(map(_compiled, expression.operands), key=lambda pair: pair[0])
    parts = [part for _, part in operands]
    return operands[-1][0], _joined(parts, decisive=not isinstance(expression, And))


def _joined(parts: list[Matcher], *, decisive: bool) -> Matcher:
    """Return what tells of several parts together: one that is `decisive` decides, else an unknown one does."""

    def matches(candidate: Candidate) -> bool | None:
        unknown = False
        for part in parts:
            held = part(candidate)
            if held is decisive:
                return decisive
            unknown = unknown or held is None
        return None if unknown else not decisive

    return matches


def _predicate(predicate: Predicate) -> tuple[int, Matcher]:
    field = KnownField(predicate.field, f"in {str(predicate)!r}")
    if predicate.operator == "is null":
        return field.cost, lambda candidate: field.of(candidate) in (None, ())
    fits = _fits(field.kind, predicate)
    contrary = predicate.operator == "!="

    def matches(candidate: Candidate) -> bool | None:
        found = field.of(candidate)
        if isinstance(found, tuple):
            # Of several values one has to fit; that there are none is known, not missing.
            return any(map(fits, found)) != contrary
        return None if found is None else fits(found) != contrary

    return field.cost, matches


def _fits(kind: Kind, predicate: Predicate) -> Callable[[Value], bool]:
    """Return what tells whether one value fits; of `!=`, whether it is equal."""
    if predicate.operator == "contains":
        part = str(predicate.values[0])
        return lambda value: isinstance(value, str) and part in value
    if predicate.operator == "like":
        like = _like(str(predicate.values[0]))
        return lambda value: isinstance(value, str) and like(value)
    wanted = [_prepared(kind, value) for value in predicate.values]
    if predicate.operator == "in":
        return lambda value: order_of(kind, value) in wanted
    compare = _COMPARED[predicate.operator.replace("!=", "=")]
    bound = wanted[0]
    if kind == "any":
        # Text has no order among numbers: of another kind nothing but `!=` holds.
        return lambda value: (one := order_of(kind, value))[:2] == bound[:2] and compare(one[2], bound[2])
    return lambda value: compare(order_of(kind, value), bound)


def _like(text: str) -> Callable[[str], bool]:
    """Return what `like` means: `%` for any text, `_` for one character, all else for itself.

    Each piece between `%` is looked for once, from left to right: one regular expression of many `.*` could
    take for ever.
    """
    first, *middle = [
        re.compile("".join("." if char == "_" else re.escape(char) for char in piece), re.DOTALL)
        for piece in text.split("%")
    ]
    if not middle:
        return lambda value: first.fullmatch(value) is not None
    last = middle.pop()
    length = len(text.rpartition("%")[2])

    def fits(value: str) -> bool:
        found = first.match(value)
        for piece in middle:
            found = found and piece.search(value, found.end())
        end = len(value) - length
        return found is not None and end >= found.end() and last.fullmatch(value, end) is not None

    return fits


def _prepared(kind: Kind, value: Literally) -> Any:
    """Return what a value is compared by.

    Raises:
        TypeError: If it is of another kind.
        InvalidNameError: If it is no version.
        InvalidTimeError: If it is no time.
    """
    if kind == "any":
        return order_of(kind, value)
    if isinstance(value, bool) != (kind == "flag") or isinstance(value, str) != (kind in _IN_QUOTES):
        raise TypeError
    if kind == "time":
        return parse_time(str(value))
    return order_of(kind, check_semantic_version(str(value)) if kind == "version" else value)


_IN_QUOTES = ("text", "time", "version")
