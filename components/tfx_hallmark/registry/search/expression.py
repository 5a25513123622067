"""A condition as values: what the parser makes of a text, and the text that would be parsed to the same again."""

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

from tfx_hallmark.registry.search.fields import Field

Operator = Literal["=", "!=", "<", "<=", ">", ">=", "in", "like", "contains", "is null"]
Literally: TypeAlias = str | int | float | bool


class Predicate(msgspec.Struct, frozen=True):
    """One field held against values.

    Attributes:
        field: The field.
        operator: How.
        values: One; for `in` one or more; for `is null` none.
    """

    field: Field
    operator: Operator
    values: tuple[Literally, ...] = ()

    def __str__(self) -> str:
        if self.operator == "is null":
            return f"{self.field} is null"
        if self.operator == "in":
            return f"{self.field} in ({', '.join(map(written, self.values))})"
        return f"{self.field} {self.operator} {written(self.values[0])}"


class Not(msgspec.Struct, frozen=True):
    """The contrary of a condition."""

    operand: "Expression"

    def __str__(self) -> str:
        return f"not {_inner(self.operand)}"


class And(msgspec.Struct, frozen=True):
    """Conditions that must all hold; two or more."""

    operands: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " and ".join(map(_inner, self.operands))


class Or(msgspec.Struct, frozen=True):
    """Conditions of which one must hold; two or more."""

    operands: "tuple[Expression, ...]"

    def __str__(self) -> str:
        return " or ".join(map(_inner, self.operands))


Expression: TypeAlias = Predicate | Not | And | Or


def fields_of(expression: Expression) -> Iterator[Field]:
    """Give every field that a condition asks about."""
    if isinstance(expression, Predicate):
        yield expression.field
        return
    for operand in (expression.operand,) if isinstance(expression, Not) else expression.operands:
        yield from fields_of(operand)


def written(value: Literally) -> str:
    """Write a value as the language has it: `'it''s'`, `0.9`, `true`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def _inner(operand: Expression) -> str:
    return f"({operand})" if isinstance(operand, And | Or) else str(operand)
