"""What changed between two schemas of training data, in words.

A schema is a `tensorflow.metadata.v0.Schema` (tensorflow_metadata/proto/v0/schema.proto) in protobuf's text
format, read here without TensorFlow or TensorFlow Metadata.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from tfx_hallmark.registry.serving.text_format import Field, TextFormatError, Value, parse, string

_NAMED = 5  # how many values of a domain a line names before it counts the rest

# What a message says, comparable: fields by name, each with all of its values.
Form: TypeAlias = "str | tuple[tuple[str, tuple[Form, ...]], ...]"

_TOLD = ("name", "type", "shape", "value_count", "presence", "domain", "string_domain", "struct_domain")
_RANGES = ("int_domain", "float_domain")
# By the field that lists them, what a feature is called that names no type.
_KINDS = {"feature": "unknown type", "sparse_feature": "sparse", "weighted_feature": "weighted"}


class _Feature(msgspec.Struct, frozen=True, kw_only=True):
    """One feature: what is told in words of its own, and everything else by the name of its field."""

    type: str
    shape: str
    presence: str
    values: tuple[str, ...] | None  # of a domain of strings
    ranges: str
    rest: Mapping[str, Form]


def schema_changes(before: str, now: str) -> tuple[str, ...]:
    """Tell what changed from one schema to another, a line each; none if nothing did.

    Args:
        before: The schema in text format.
        now: The later one.

    Raises:
        TextFormatError: If either is none.
    """
    old, new = _Schema(before), _Schema(now)
    return (*_feature_changes(old.features, new.features), *_other_changes(old.rest, new.rest))


class _Schema:
    """A schema as features by name, those of a struct as `struct/feature`."""

    def __init__(self, text: str) -> None:
        fields = parse(text)
        self._domains = {
            _text(value, "name"): value for value in _all(fields, "string_domain") if _first(value, "name")
        }
        self._range_domains = {
            _text(value, "name"): value
            for name in _RANGES
            for value in _all(fields, name)
            if _first(value, "name")
        }
        self._used: set[str] = set()
        self.features = dict(self._features(fields, ""))
        self.rest = dict(self._rest(fields))

    def _features(self, fields: Sequence[Field], prefix: str) -> Iterator[tuple[str, _Feature]]:
        for field, kind in _KINDS.items():
            for value in _all(fields, field):
                name = f"{prefix}{_text(value, 'name')}"
                yield name, self._feature(value, kind)
                struct = _first(value, "struct_domain")
                if struct is not None:
                    yield from self._features(struct.fields or (), f"{name}/")

    def _feature(self, value: Value, kind: str) -> _Feature:
        fields = value.fields or ()
        return _Feature(
            type=_word(value, "type") or kind,
            shape=_shape(value),
            presence=_presence(_first(value, "presence")),
            values=self._values(value),
            ranges=self._range(value),
            rest={field.name: _form(_all(fields, field.name)) for field in fields if field.name not in _TOLD},
        )

    def _values(self, feature: Value) -> tuple[str, ...] | None:
        named = _text(feature, "domain")
        self._used.add(named)
        domain = self._domains.get(named) or _first(feature, "string_domain")
        if domain is None:
            return None
        return tuple(_decoded(value) for value in _all(domain.fields or (), "value"))

    def _range(self, feature: Value) -> str:
        found = [_first(feature, name) for name in _RANGES] + [
            self._range_domains.get(_text(feature, "domain"))
        ]
        domain = next((one for one in found if one is not None), None)
        if domain is None:
            return ""
        least, most = _word(domain, "min"), _word(domain, "max")
        if least and most:
            return f"{least} to {most}"
        return f"at least {least}" if least else f"at most {most}" if most else "any number"

    def _rest(self, fields: Sequence[Field]) -> Iterator[tuple[str, Form]]:
        for name in dict.fromkeys(field.name for field in fields):
            values = _all(fields, name)
            if name in ("string_domain", *_RANGES):
                values = [value for value in values if _text(value, "name") not in self._used]
            if name not in _KINDS and values:
                yield name, _form(values)


def _feature_changes(before: Mapping[str, _Feature], now: Mapping[str, _Feature]) -> Iterator[str]:
    for name, new in now.items():
        if name not in before:
            yield f"feature {name} added ({', '.join(filter(None, (new.type, new.shape, new.presence)))})"
    for name in before:
        if name not in now:
            yield f"feature {name} removed"
    for name, old in before.items():
        if name in now:
            yield from (f"feature {name} {change}" for change in _changes(old, now[name]))


def _changes(before: _Feature, now: _Feature) -> Iterator[str]:
    for what in ("type", "shape", "presence"):
        old, new = getattr(before, what), getattr(now, what)
        if old != new:
            yield f"changed {what} from {old} to {new}"
    yield from _domain_changes(before.values, now.values)
    if before.ranges != now.ranges:
        yield f"changed range from {before.ranges or 'none'} to {now.ranges or 'none'}"
    other = [name for name in {**before.rest, **now.rest} if name not in _RANGES]
    changed = [name for name in sorted(other) if before.rest.get(name) != now.rest.get(name)]
    if changed:
        yield f"changed {', '.join(changed)}"


def _domain_changes(before: tuple[str, ...] | None, now: tuple[str, ...] | None) -> Iterator[str]:
    if before is None and now is not None:
        yield f"is bound to a domain: {_listed(now)}"
    elif before is not None and now is None:
        yield "is no longer bound to a domain"
    elif before is not None and now is not None:
        gained = [value for value in now if value not in set(before)]
        lost = [value for value in before if value not in set(now)]
        if gained:
            yield f"gained in its domain {_listed(gained)}"
        if lost:
            yield f"lost from its domain {_listed(lost)}"


def _other_changes(before: Mapping[str, Form], now: Mapping[str, Form]) -> Iterator[str]:
    for name in sorted({*before, *now}):
        if name not in before:
            yield f"{name} added"
        elif name not in now:
            yield f"{name} removed"
        elif before[name] != now[name]:
            yield f"{name} changed"


def _listed(values: Sequence[str]) -> str:
    more = f" and {len(values) - _NAMED} more" if len(values) > _NAMED else ""
    return ", ".join(values[:_NAMED]) + more


def _shape(feature: Value) -> str:
    shape = _first(feature, "shape")
    if shape is not None:
        sizes = (_word(dim, "size") or "?" for dim in _all(shape.fields or (), "dim"))
        return f"[{', '.join(sizes)}]"
    count = _first(feature, "value_count")
    if count is None:
        return "any number of values"
    least, most = _word(count, "min"), _word(count, "max")
    if least == most and least:
        return f"{least} value{'' if least == '1' else 's'}"
    if least and most:
        return f"{least} to {most} values"
    return (
        f"at least {least} values" if least else f"at most {most} values" if most else "any number of values"
    )


def _presence(presence: Value | None) -> str:
    fraction = "" if presence is None else _word(presence, "min_fraction")
    if not fraction:
        return "optional"
    try:
        share = float(fraction)
    except ValueError as error:
        msg = f"a number is expected, not {fraction!r}"
        raise TextFormatError(msg) from error
    return "in every example" if share >= 1 else f"in at least {share:.4g} of examples"


def _all(fields: Sequence[Field], name: str) -> list[Value]:
    return [value for field in fields if field.name == name for value in field.values]


def _first(message: Value, name: str) -> Value | None:
    return next(iter(_all(message.fields or (), name)), None)


def _word(message: Value, name: str) -> str:
    value = _first(message, name)
    return "" if value is None else "".join(value.scalar)


def _text(message: Value, name: str) -> str:
    value = _first(message, name)
    return "" if value is None else _decoded(value)


def _decoded(value: Value) -> str:
    return string(value).decode("utf-8", "replace")


def _form(values: Sequence[Value]) -> Form:
    return tuple(("", (_form_of(value),)) for value in values)


def _form_of(value: Value) -> Form:
    if value.fields is None:
        return "".join(value.scalar)
    names = dict.fromkeys(field.name for field in value.fields)
    return tuple((name, tuple(_form_of(one) for one in _all(value.fields, name))) for name in sorted(names))
