"""The text of TF Serving's `models.config`: one model's entry is read and replaced, the rest stays to the byte.

The file is a `ModelServerConfig` in text format (tensorflow_serving/config/model_server_config.proto).
"""

import re
from collections.abc import Iterator, Mapping

import msgspec

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.serving.text_format import (
    Field,
    TextFormatError,
    Value,
    integer,
    parse,
    quoted,
    string,
)

_ONE_LIST = "it must be one model_config_list and nothing else"
_LIST, _CUSTOM, _CONFIG = "model_config_list", "custom_model_config", "config"
_POLICY, _LABELS = "model_version_policy", "version_labels"
_PLATFORM = ("model_platform", "model_type")  # the second is what the first was called once
_LOADING = "# loading"
_MARK = re.compile(rf"[ \t]*{_LOADING}\b")


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What the file says of one model.

    Attributes:
        base_path: The directory that holds its releases, as the servers see it.
        versions: The releases that are to be loaded, ascending; empty if the entry does not name them.
        labels: What each label points to.
        loading: Those of `versions` of which nobody has said yet that they are loaded.
    """

    base_path: str
    versions: tuple[int, ...]
    labels: Mapping[str, int]
    loading: tuple[int, ...] = ()


def glimpse(text: str, model: str) -> Entry | None:
    """Return what a file says of a model without reading all of it: None if that cannot be told so.

    Only an entry that stands as `with_entry` writes it is found. No text of a string can pass for one, for
    strings end with their line.
    """
    begin = f'\n  config {{\n    name: "{model}"\n'
    start, end = text.find(begin), -1
    if start >= 0 and text.find(begin, start + 1) < 0:
        end = text.find("\n  }\n", start)
    if end < 0:
        return None
    entry = f"{_LIST} {{{text[start:end]}\n  }}\n}}\n"
    try:
        return ServerConfigText(entry, "").entry(model)
    except ConfigError:
        return None


class ServerConfigText:
    """A `ModelServerConfig` in text format.

    Args:
        text: The whole file.
        where: Its path, for errors.

    Raises:
        ConfigError: If it cannot be read, or configures its models by other means than a list.
    """

    def __init__(self, text: str, where: str) -> None:
        self._text = text
        self._where = where
        try:
            fields = parse(text)
            if not all(field.values for field in fields):
                raise self._unusable(_ONE_LIST)
            self._entries = [
                (_name(value), field, value)
                for listed in fields
                for field in listed.values[0].fields or ()
                for value in field.values
                if listed.name == _LIST and field.name == _CONFIG
            ]
        except TextFormatError as error:
            raise self._unusable(str(error)) from error
        known = {field.name for field in fields}
        if _CUSTOM in known:
            msg = f"{where} has a custom_model_config, where no model can be listed: use a file of its own for that"
            raise ConfigError(msg)
        lists = [field for field in fields if field.name == _LIST]
        if known - {_LIST} or len(lists) > 1 or any(field.values[0].fields is None for field in lists):
            raise self._unusable(_ONE_LIST)
        self._list = lists[0].values[0] if lists else None

    def entry(self, model: str) -> Entry | None:
        """Return what the file says of a model; None if it does not have it.

        Raises:
            ConfigError: If it has it twice, or its entry cannot be read.
        """
        found = self._find(model)
        if found is None:
            return None
        try:
            return self._read(found[1].fields or ())
        except TextFormatError as error:
            msg = f"entry {model}: {error}"
            raise self._unusable(msg) from error

    def with_entry(self, model: str, entry: Entry | None) -> str:
        """Return the text with another entry of a model, or without one; its other fields stay as they are.

        Args:
            model: The model's name.
            entry: What is to be said of it; None to take it out.

        Raises:
            ConfigError: As of `entry`; or if the base path is no UTF-8.
        """
        found = self._find(model)
        if entry is None:
            return self._text if found is None else self._without(*found)
        try:
            return self._added(model, entry) if found is None else self._replaced(found[1], entry)
        except TextFormatError as error:
            msg = f"{self._where} cannot tell the base path of {model}: {error}; set another serving-root"
            raise ConfigError(msg) from error

    def _find(self, model: str) -> tuple[Field, Value] | None:
        found = [(field, value) for name, field, value in self._entries if name == model.encode()]
        if len(found) > 1:
            msg = f"it lists the model {model} twice"
            raise self._unusable(msg)
        return found[0] if found else None

    def _read(self, fields: tuple[Field, ...]) -> Entry:
        versions: list[int] = []
        loading: list[int] = []
        for value in _at(fields, _POLICY, "specific", "versions"):
            versions.append(integer(value))
            if _MARK.match(self._text, value.end):
                loading.append(versions[-1])
        paths = [string(value).decode("utf-8", "surrogateescape") for value in _at(fields, "base_path")]
        return Entry(
            base_path=paths[-1] if paths else "",
            versions=tuple(sorted(set(versions))),
            labels=dict(_label(value) for value in _at(fields, _LABELS)),
            loading=tuple(sorted(set(loading))),
        )

    def _replaced(self, value: Value, entry: Entry) -> str:
        fields = value.fields or ()
        edits = [
            (*self._lines(field.start, field.end), "") for field in fields if field.name in (_POLICY, _LABELS)
        ]
        paths = [field for field in fields if field.name == "base_path"]
        if paths and self._read(fields).base_path != entry.base_path:
            edits.append((paths[-1].start, paths[-1].end, f"base_path: {quoted(entry.base_path)}"))
        lines = [] if paths else [f"base_path: {quoted(entry.base_path)}"]
        if not any(field.name in _PLATFORM for field in fields):
            lines.append('model_platform: "tensorflow"')
        indent = self._indent(value.start)
        added = _indented([*lines, *_serving(entry)], f"{indent}  ")
        edits.append(self._before_closing(value, added, indent))
        return self._edited(edits)

    def _added(self, model: str, entry: Entry) -> str:
        lines = [
            "config {",
            f"  name: {quoted(model)}",
            f"  base_path: {quoted(entry.base_path)}",
            '  model_platform: "tensorflow"',
            *(f"  {line}" for line in _serving(entry)),
            "}",
        ]
        if self._list is None:
            newline = "" if not self._text or self._text.endswith("\n") else "\n"
            return f"{self._text}{newline}{_LIST} {{\n{_indented(lines, '  ')}}}\n"
        indent = self._indent(self._list.start)
        return self._edited([self._before_closing(self._list, _indented(lines, f"{indent}  "), indent)])

    def _without(self, field: Field, value: Value) -> str:
        if len(field.values) == 1:
            return self._edited([(*self._lines(field.start, field.end), "")])
        # An element of a list goes with the comma after it, or, if it is the last, with the one before.
        at = field.values.index(value)
        if at + 1 < len(field.values):
            return self._edited(
                [self._comma(value.end, field.values[at + 1].start), (value.start, value.end, "")]
            )
        return self._edited(
            [self._comma(field.values[at - 1].end, value.start), (value.start, value.end, "")]
        )

    def _comma(self, start: int, end: int) -> tuple[int, int, str]:
        without_comments = re.sub("#[^\n]*", lambda found: " " * len(found[0]), self._text[start:end])
        at = start + without_comments.index(",")
        return at, at + 1, ""

    def _before_closing(self, value: Value, added: str, indent: str) -> tuple[int, int, str]:
        """Return the edit that puts lines at the end of a message."""
        at = value.end - 1
        line = self._text.rfind("\n", 0, at) + 1
        if line > value.start and not self._text[line:at].strip():
            return line, line, added
        return at, at, f"\n{added}{indent}"

    def _indent(self, at: int) -> str:
        line = self._text.rfind("\n", 0, at) + 1
        return re.match(r"[ \t]*", self._text[line:at])[0]  # type: ignore[index]

    def _lines(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of whole lines, if nothing else stands on them."""
        line = self._text.rfind("\n", 0, start) + 1
        rest = re.compile(r"[ \t\r]*\n").match(self._text, end)
        return (line, rest.end()) if rest and not self._text[line:start].strip() else (start, end)

    def _edited(self, edits: list[tuple[int, int, str]]) -> str:
        text = self._text
        for start, end, replacement in sorted(edits, reverse=True):
            text = text[:start] + replacement + text[end:]
        return text

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(
            f"{self._where} cannot be used ({why}): correct it by hand, TF Serving could not read it either"
        )


def _serving(entry: Entry) -> list[str]:
    """Return the fields that say which versions are loaded, and what the labels point to."""
    versions = [
        f"    versions: {number}{f'  {_LOADING}' if number in entry.loading else ''}"
        for number in entry.versions
    ]
    labels = [
        line
        for label, number in sorted(entry.labels.items())
        for line in (f"{_LABELS} {{", f"  key: {quoted(label)}", f"  value: {number}", "}")
    ]
    return [f"{_POLICY} {{", "  specific {", *versions, "  }", "}", *labels]


def _indented(lines: list[str], indent: str) -> str:
    return "".join(f"{indent}{line}\n" for line in lines)


def _at(fields: tuple[Field, ...], *path: str) -> Iterator[Value]:
    """Yield the values at the end of a path of names."""
    name, *rest = path
    for field in fields:
        if field.name == name:
            for value in field.values:
                if rest:
                    yield from _at(value.fields or (), *rest)
                else:
                    yield value


def _name(value: Value) -> bytes:
    names = list(_at(value.fields or (), "name"))
    return string(names[-1]) if names else b""


def _label(value: Value) -> tuple[str, int]:
    fields = value.fields or ()
    keys = [string(key).decode("utf-8", "surrogateescape") for key in _at(fields, "key")]
    numbers = [integer(number) for number in _at(fields, "value")]
    return keys[-1] if keys else "", numbers[-1] if numbers else 0
