"""Reads the text of a condition; docs/searching.md says what may stand in it."""

import functools
import math
import re
from collections.abc import Collection, Sequence
from typing import Any, cast

import msgspec
from lark import Lark, Token, Transformer
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from tfx_hallmark.registry.errors import SearchError
from tfx_hallmark.registry.search.expression import And, Expression, Literally, Not, Operator, Or, Predicate
from tfx_hallmark.registry.search.fields import FIELD, field_from
from tfx_hallmark.registry.search.known_fields import KnownField
from tfx_hallmark.registry.search.matching import check

# Words of the language are no fields: \b keeps `not` apart from `notes`.
_GRAMMAR = r"""
?start: either
?either: both (OR both)*
?both: contrary (AND contrary)*
?contrary: NOT contrary -> contrary | "(" either ")" | predicate
predicate: FIELD COMPARED value                                -> compared
    | FIELD [NOT] (LIKE | CONTAINS) value                  -> matched
    | FIELD [NOT] IN "(" value ("," value)* ")"            -> listed
    | FIELD IS [NOT] NULL                                  -> null
value: TEXT -> text | NUMBER -> number | TRUE -> true | FALSE -> false

COMPARED: "=" | "!=" | "<=" | ">=" | "<" | ">"
TEXT: /'(?:[^']|'')*'/ | /"(?:[^"]|"")*"/
NUMBER: /[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![A-Za-z0-9_.])/
OR.2: /or\b/i
AND.2: /and\b/i
NOT.2: /not\b/i
IN.2: /in\b/i
LIKE.2: /like\b/i
CONTAINS.2: /contains\b/i
IS.2: /is\b/i
NULL.2: /null\b/i
TRUE.2: /true\b/i
FALSE.2: /false\b/i
%ignore /[ \t\r\n]+/
"""
_GRAMMAR += f"FIELD: /{FIELD}/\n"

_LONGEST = 10_000  # characters of a condition
_DEEPEST = 100  # conditions within conditions
_DIGITS = 300  # of a whole number; Python refuses to read longer ones than 4,300
_WORD = re.compile(r"\w+|.", re.DOTALL)
_EXPECTED = {
    "FIELD": "a field",
    "NOT": "'not'",
    "LPAR": "'('",
    "RPAR": "')'",
    "COMMA": "','",
    "COMPARED": "=, !=, <, <=, > or >=",
    "LIKE": "'like'",
    "CONTAINS": "'contains'",
    "IN": "'in'",
    "IS": "'is'",
    "NULL": "'null'",
    "AND": "'and'",
    "OR": "'or'",
    "TEXT": "text in quotes",
    "NUMBER": "a number",
    "TRUE": "true",
    "FALSE": "false",
    "$END": "the end",
}


def parse(text: str) -> Expression:
    """Read a condition.

    Raises:
        SearchError: If it is none; the message says at which column, and what is expected there.
    """
    if len(text) > _LONGEST:
        msg = f"a condition of {len(text):,} characters is too long: at most {_LONGEST:,}"
        raise SearchError(msg)
    try:
        made: _Made = _parser().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise SearchError(_complaint(text, error)) from error
    return made.expression


class _Made(msgspec.Struct, frozen=True):
    """A condition, and how many others it stands within at most."""

    expression: Expression
    depth: int = 1


class _Value(msgspec.Struct, frozen=True):
    """A value, and at which column it begins."""

    value: Literally
    column: int


class _Maker(Transformer[Token, _Made]):
    """Makes values of what the parser finds, bottom up, so that depth costs no stack."""

    def FIELD(self, token: Token) -> KnownField:  # noqa: N802
        return KnownField(field_from(str(token)), f"condition, column {_column(token)}")

    def text(self, tokens: list[Token]) -> _Value:
        quote = tokens[0][0]
        return _Value(tokens[0][1:-1].replace(quote * 2, quote), _column(tokens[0]))

    def number(self, tokens: list[Token]) -> _Value:
        token = tokens[0]
        whole = token.lstrip("+-").isdecimal()
        number = int(token) if whole and len(token) <= _DIGITS else float(token)
        if not math.isfinite(number):
            msg = f"condition, column {_column(token)}: {token} is too large a number"
            raise SearchError(msg)
        return _Value(number, _column(token))

    def true(self, tokens: list[Token]) -> _Value:
        return _Value(True, _column(tokens[0]))

    def false(self, tokens: list[Token]) -> _Value:
        return _Value(False, _column(tokens[0]))

    def compared(self, found: list[Any]) -> _Made:
        field, operator, value = found
        return _predicate(field, str(operator), [value])

    def matched(self, found: list[Any]) -> _Made:
        field, contrary, operator, value = found
        return _contrary_if(contrary, _predicate(field, operator.lower(), [value]))

    def listed(self, found: list[Any]) -> _Made:
        field, contrary, _, *values = found
        return _contrary_if(contrary, _predicate(field, "in", values))

    def null(self, found: list[Any]) -> _Made:
        field, _, contrary, _ = found
        return _contrary_if(contrary, _predicate(field, "is null", []))

    def contrary(self, found: list[Any]) -> _Made:
        return _contrary_if(found[0], found[1])

    def both(self, found: list[Any]) -> _Made:
        operands = [one for one in found if isinstance(one, _Made)]
        return _deeper(And(tuple(one.expression for one in operands)), operands)

    def either(self, found: list[Any]) -> _Made:
        operands = [one for one in found if isinstance(one, _Made)]
        return _deeper(Or(tuple(one.expression for one in operands)), operands)


def _predicate(field: KnownField, operator: str, values: Sequence[_Value]) -> _Made:
    for value in values:
        check(field, operator, value.value, f"condition, column {value.column}")
    return _Made(Predicate(field.field, cast(Operator, operator), tuple(value.value for value in values)))


def _contrary_if(contrary: Token | None, made: _Made) -> _Made:
    return made if contrary is None else _deeper(Not(made.expression), [made])


def _deeper(expression: Expression, operands: Sequence[_Made]) -> _Made:
    depth = 1 + max(one.depth for one in operands)
    if depth > _DEEPEST:
        msg = f"the condition is nested more than {_DEEPEST} deep: leave out parentheses and 'not's"
        raise SearchError(msg)
    return _Made(expression, depth)


def _column(token: Token) -> int:
    return int(token.start_pos or 0) + 1


@functools.cache
def _parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="contextual", transformer=_Maker(), maybe_placeholders=True)


def _complaint(text: str, error: UnexpectedInput) -> str:
    names: Collection[str] = ()
    if isinstance(error, UnexpectedToken):
        names = error.accepts or error.expected
    elif isinstance(error, UnexpectedCharacters):
        names = error.allowed or ()
    expected = _listed(list(dict.fromkeys(_EXPECTED[name] for name in _EXPECTED if name in names)))
    ended = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    at = len(text) if ended else int(error.pos_in_stream or 0)
    rest = text[at:]
    if not rest.strip():
        found = "and the text ends"
    elif rest[0] in "'\"`":
        found = f"and what begins with {rest[0]} does not end"
    else:
        found = f"not {_WORD.findall(rest)[0]!r}"
        if "TEXT" in names and rest[0].isalpha():
            found += "; text stands in quotes"
    return f"condition, column {at + 1}: {expected} is expected, {found}"


def _listed(names: Sequence[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else "".join(names)
