"""A reader of protobuf's text format that keeps to the place where everything stands.

Protobuf's own reader forgets comments, order and layout, so a file that others edit by hand could not be
written back as it was. This one says from where to where each field reaches, and the rest stays as it is.
The grammar is that of https://protobuf.dev/reference/protobuf/textformat-spec/.
"""

import re
from collections.abc import Iterator

import msgspec

_DEEPEST = 100  # messages within each other, as protobuf's binary readers have it

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n\v\f]+|\#[^\n]*)
      | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<number>\.?[0-9](?:[eE][+-]|[0-9A-Za-z_.])*)
      | (?P<text>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
      | (?P<mark>[{}<>\[\]:,;./-])""",
    re.VERBOSE,
)
_ESCAPE = re.compile(
    r"\\(?:(?P<octal>[0-7]{1,3})|[xX](?P<hex>[0-9A-Fa-f]{1,2})|u(?P<short>[0-9A-Fa-f]{4})"
    r"|U(?P<long>[0-9A-Fa-f]{8})|(?P<plain>.))",
    re.DOTALL,
)
_PLAIN = {"a": 7, "b": 8, "f": 12, "n": 10, "r": 13, "t": 9, "v": 11, "\\": 92, "'": 39, '"': 34, "?": 63}
_NAMED = {value: name for name, value in _PLAIN.items() if name in 'nrt"\\'}
_CLOSING = {"{": "}", "<": ">"}


class TextFormatError(ValueError):
    """A text that is not in protobuf's text format."""


class Value(msgspec.Struct, frozen=True):
    """What a field holds, or an element of its list.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        scalar: Its tokens, if it is no message.
        fields: Its fields in their order, if it is a message.
    """

    start: int
    end: int
    scalar: tuple[str, ...] = ()
    fields: "tuple[Field, ...] | None" = None


class Field(msgspec.Struct, frozen=True):
    """One field of a message.

    Attributes:
        name: Its name; of an extension, the name in brackets.
        start: Where it begins in the text.
        end: Where it ends, with the `,` or `;` after it.
        values: One, or the elements of a list.
        is_list: Whether it is written as a list.
    """

    name: str
    start: int
    end: int
    values: tuple[Value, ...]
    is_list: bool


class _Token(msgspec.Struct, frozen=True):
    kind: str
    text: str
    start: int
    end: int


def parse(text: str) -> tuple[Field, ...]:
    """Return the fields of a message in text format.

    Raises:
        TextFormatError: If it is none.
    """
    return _Reader(text).message()


def string(value: Value) -> bytes:
    """Return what a string field holds: adjacent literals joined, escapes undone.

    Raises:
        TextFormatError: If it is no string.
    """
    if not value.scalar or value.scalar[0][0] not in "\"'":
        msg = "a text in quotes is expected"
        raise TextFormatError(msg)
    return b"".join(
        _ESCAPE.sub(_unescaped, part[1:-1]).encode("utf-8", "surrogateescape") for part in value.scalar
    )


def integer(value: Value) -> int:
    """Return what an integer field holds: decimal, hexadecimal or octal.

    Raises:
        TextFormatError: If it is no integer.
    """
    text = "".join(value.scalar)
    digits = text.removeprefix("-")
    octal = len(digits) > 1 and digits.startswith("0") and digits.isdigit()
    try:
        return int(text, 8 if octal else 0)
    except ValueError as error:
        msg = f"a whole number is expected, not {text or 'a message'!r}"
        raise TextFormatError(msg) from error


def quoted(text: str) -> str:
    r"""Write a string literal: quotes, backslashes and what cannot be printed are escaped, bytes as `\ooo`.

    Raises:
        TextFormatError: If it is not UTF-8, which a `string` field must be.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        msg = f"{text!r} is not UTF-8"
        raise TextFormatError(msg) from error
    return '"' + "".join(char if _is_plain(char) else _escaped(char) for char in text) + '"'


def _is_plain(char: str) -> bool:
    return char.isprintable() and char not in '"\\'


def _escaped(char: str) -> str:
    name = _NAMED.get(ord(char))
    return f"\\{name}" if name else "".join(f"\\{byte:03o}" for byte in char.encode())


def _unescaped(found: re.Match[str]) -> str:
    kind, digits = str(found.lastgroup), found[str(found.lastgroup)]
    if kind in ("short", "long"):
        code = int(digits, 16)
        if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            msg = f"{found[0]} is no character"
            raise TextFormatError(msg)
        return chr(code)
    if kind == "plain" and digits not in _PLAIN:
        msg = f"\\{digits} means nothing in a text"
        raise TextFormatError(msg)
    byte = _PLAIN[digits] if kind == "plain" else int(digits, 8 if kind == "octal" else 16) & 0xFF
    # A byte may be a part of a character: kept as such until all are put together.
    return bytes([byte]).decode("utf-8", "surrogateescape")


class _Reader:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = self._scan()
        self._next = next(self._tokens)
        self._last_end = 0
        self._depth = 0

    def _scan(self) -> Iterator[_Token]:
        text = self._text
        at, size = 1 if text.startswith("\ufeff") else 0, len(text)
        while at < size:
            found = _TOKEN.match(text, at)
            if found is None:
                msg = f"{text[at]!r} is not expected"
                raise self._error(msg, at)
            at = found.end()
            if found.lastgroup != "blank":
                yield _Token(str(found.lastgroup), found[0], found.start(), at)
        yield _Token("end", "", size, size)

    def message(self, closing: str = "") -> tuple[Field, ...]:
        """Read fields up to a closing brace, which is left."""
        fields = []
        while self._next.text != closing:
            fields.append(self._field())
        return tuple(fields)

    def _field(self) -> Field:
        start = self._next.start
        name = self._extension() if self._next.text == "[" else self._take("word", "the name of a field").text
        colon = self._skip(":")
        is_list = self._next.text == "["
        if not colon and not is_list and self._next.text not in _CLOSING:
            msg = "':'"
            raise self._unexpected(msg)
        values = self._list() if is_list else (self._value(),)
        if not colon and any(value.fields is None for value in values):
            msg = "':' is missing before a value"
            raise self._error(msg, start)
        if not self._skip(","):
            self._skip(";")
        return Field(name, start, self._last_end, values, is_list)

    def _extension(self) -> str:
        start = self._advance().start
        while self._next.text != "]":
            if self._next.kind not in ("word", "number") and self._next.text not in (".", "/", "-"):
                msg = "']'"
                raise self._unexpected(msg)
            self._advance()
        self._advance()
        return self._text[start : self._last_end]

    def _list(self) -> tuple[Value, ...]:
        self._advance()
        if self._skip("]"):
            return ()
        values = [self._value()]
        while not self._skip("]"):
            if not self._skip(","):
                msg = "',' or ']'"
                raise self._unexpected(msg)
            values.append(self._value())
        return tuple(values)

    def _value(self) -> Value:
        start = self._next.start
        closing = _CLOSING.get(self._next.text)
        if closing is None:
            return Value(start, *self._scalar())
        self._depth += 1
        if self._depth > _DEEPEST:
            msg = f"more than {_DEEPEST} messages lie within each other"
            raise self._error(msg, start)
        self._advance()
        fields = self.message(closing)
        self._advance()
        self._depth -= 1
        return Value(start, self._last_end, (), fields)

    def _scalar(self) -> tuple[int, tuple[str, ...]]:
        if self._next.kind == "text":
            parts = []
            while self._next.kind == "text":
                parts.append(self._advance().text)
            return self._last_end, tuple(parts)
        sign = ("-",) if self._skip("-") else ()
        if self._next.kind not in ("word", "number"):
            msg = "a value"
            raise self._unexpected(msg)
        token = self._advance()
        return self._last_end, (*sign, token.text)

    def _take(self, kind: str, what: str) -> _Token:
        if self._next.kind != kind:
            raise self._unexpected(what)
        return self._advance()

    def _skip(self, text: str) -> bool:
        if self._next.text != text:
            return False
        self._advance()
        return True

    def _advance(self) -> _Token:
        token = self._next
        self._last_end = token.end
        self._next = next(self._tokens)
        return token

    def _unexpected(self, wanted: str) -> TextFormatError:
        found = repr(self._next.text) if self._next.text else "the end"
        return self._error(f"{wanted} is expected, not {found}", self._next.start)

    def _error(self, what: str, at: int) -> TextFormatError:
        line = self._text.count("\n", 0, at) + 1
        column = at - (self._text.rfind("\n", 0, at) + 1) + 1
        return TextFormatError(f"line {line}, column {column}: {what}")
