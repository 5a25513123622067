"""Reads a settings file and `--set` overrides into plain values that remember where they came from."""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, TypeAlias

import yaml

from pipeline.config.interpolation import interpolate
from tfx_hallmark.registry.errors import ConfigError

KeyPath: TypeAlias = tuple[str | int, ...]


class Settings:
    """Nested values, and for each of them the file and line, or the option, that set it.

    Attributes:
        values: The values, nested dicts and lists as in the file.
    """

    def __init__(self, name: str) -> None:
        self.values: dict[str, Any] = {}
        self._origins: dict[KeyPath, str] = {(): name}
        self._variables: dict[KeyPath, list[str]] = {}

    def origin(self, path: KeyPath) -> str:
        """Return what set the value at `path` or, if nothing did, the section it would be in."""
        while path not in self._origins:
            path = path[:-1]
        return self._origins[path]

    def record(self, path: KeyPath, origin: str) -> None:
        """Remember what set the value at `path`."""
        self._origins[path] = origin

    def variables(self, path: KeyPath) -> list[str]:
        """Return the environment variables that are in the value at `path`."""
        return self._variables.get(path, [])

    def record_variables(self, path: KeyPath, names: list[str]) -> None:
        """Remember which environment variables are in the value at `path`."""
        self._variables[path] = names

    def replace(self, path: KeyPath, origin: str) -> None:
        """Remember what set the value at `path` anew, and forget what was known of its parts."""
        self._origins = {known: at for known, at in self._origins.items() if known[: len(path)] != path}
        self._variables = {
            known: names for known, names in self._variables.items() if known[: len(path)] != path
        }
        self.record(path, origin)

    def read_as_yaml(self, path: KeyPath) -> bool:
        """Give a value from the environment the type that YAML would; return whether that changes it."""
        if not self.variables(path):
            return False
        holder: Any = self.values
        for key in path[:-1]:
            holder = holder[key]
        value = _plain(holder[path[-1]])
        changed = not isinstance(value, str)
        if changed:
            holder[path[-1]] = value
        return changed


def dotted(path: KeyPath) -> str:
    """Return a key path as a user writes it, e.g. `trainer.hidden_units.0`."""
    return ".".join(_shown(str(key)) for key in path)


def _shown(text: str) -> str:
    return text if text.isprintable() else repr(text)


def read_settings(file: Path, overrides: Iterable[str] = ()) -> Settings:
    """Read a YAML file and apply overrides to it.

    Args:
        file: The YAML file. `${NAME}` in a value is that environment variable, and `$${` is `${`.
        overrides: `section.key=value` each, the value in YAML notation; later ones win.

    Raises:
        ConfigError: If the file cannot be read, is not one YAML mapping, repeats a key or names an
            environment variable that is not set, or if an override is not of that form. The message
            starts with the file and line, or the override.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        msg = f"{file}: cannot read the configuration ({error.strerror}); check the path given with --config"
        raise ConfigError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{file}: not a UTF-8 text file ({error.reason} at byte {error.start}); save it as UTF-8"
        raise ConfigError(msg) from error
    settings = Settings(str(file))
    root = _compose(text, str(file))
    if not isinstance(root, yaml.MappingNode):
        msg = f"{file}: expected sections such as 'trainer:', found none; start from configs/local.yaml"
        raise ConfigError(msg)
    settings.values = _Reader(str(file), settings).read(root)
    for override in overrides:
        _apply(override, settings)
    return settings


class _Loader(yaml.SafeLoader):
    """YAML as a reader expects it: PyYAML follows YAML 1.1, where 1e-5 is text for want of a dot."""


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+\Z"), list("-+.0123456789")
)


class _Reader:
    """Turns YAML nodes into values and records the line of each.

    Args:
        source: What the nodes come from: a file, or an option.
        settings: Where to record origins.
    """

    def __init__(self, source: str, settings: Settings) -> None:
        self._source = source
        self._settings = settings

    def read(self, node: yaml.Node, path: KeyPath = ()) -> Any:
        """Return the value of `node`, which sits at `path`."""
        if isinstance(node, yaml.MappingNode):
            return self._read_mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        self._settings.record(path, self._origin(node))
        value = _scalar(node, self._origin(node))
        if not isinstance(value, str) or "${" not in value:
            return value
        text, names = interpolate(value, self._origin(node))
        self._settings.record_variables(path, names)
        return text

    def _read_mapping(self, node: yaml.MappingNode, path: KeyPath) -> dict[str, Any]:
        values: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key, origin = key_node.value, self._origin(key_node)
            if key_node.tag != "tag:yaml.org,2002:str":
                msg = (
                    f"{origin}: a key under '{dotted(path)}' is not plain text; put it in quotes or rename it"
                )
                raise ConfigError(msg)
            if key in values:
                msg = f"{origin}: {dotted((*path, key))}: set twice; remove one of the two"
                raise ConfigError(msg)
            self._settings.record((*path, key), origin)
            values[key] = self.read(value_node, (*path, key))
        return values

    def _origin(self, node: yaml.Node) -> str:
        return f"{self._source}:{node.start_mark.line + 1}"


def _plain(text: str) -> Any:
    """Return what an unquoted text means in YAML; the text itself, if it is no number, boolean or null."""
    tag = _Loader("").resolve(yaml.ScalarNode, text, (True, False))
    if tag.rpartition(":")[2] not in ("int", "float", "bool", "null"):
        return text
    return _Loader("").construct_object(yaml.ScalarNode(tag, text))


def _scalar(node: yaml.Node, origin: str) -> Any:
    try:
        return _Loader("").construct_object(node, deep=True)
    except (yaml.YAMLError, ValueError) as error:
        msg = f"{origin}: {node.value!r} is not a value this file can hold; write a plain number, text or boolean"
        raise ConfigError(msg) from error


def _compose(text: str, source: str) -> yaml.Node | None:
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        if error.context_mark and "end of stream" in str(error.problem):
            mark = error.context_mark  # the open quote or bracket, rather than the end of the file
        line = f":{mark.line + 1}" if mark else ""
        msg = (
            f"{source}{line}: not valid YAML: {error.problem or error.context}; check indentation and quotes"
        )
        raise ConfigError(msg) from error
    except (yaml.YAMLError, RecursionError) as error:
        msg = f"{source}: not valid YAML: {str(error).splitlines()[0]}; remove what is not plain text"
        raise ConfigError(msg) from error
    _forbid_aliases(text, source)
    return root


def _forbid_aliases(text: str, source: str) -> None:
    # An alias has two places, so no error about it could name one line; and it may contain itself.
    for event in yaml.parse(text, Loader=_Loader):
        if isinstance(event, yaml.AliasEvent):
            assert event.start_mark is not None
            msg = f"{source}:{event.start_mark.line + 1}: alias '*{event.anchor}' is not supported; write the value out"
            raise ConfigError(msg)


def _apply(override: str, settings: Settings) -> None:
    name, equals, text = override.partition("=")
    path = tuple(name.split("."))
    origin = f"--set {_shown(override)}"
    if not equals or not all(path):
        msg = f"{origin}: expected section.key=value, e.g. --set trainer.learning_rate=0.001"
        raise ConfigError(msg)
    section: Any = settings.values
    for depth, key in enumerate(path[:-1], start=1):
        if key not in section:
            settings.record(path[:depth], origin)
        section = section.setdefault(key, {})
        if not isinstance(section, dict):
            msg = f"{origin}: {dotted(path[:depth])} is a value and has no keys below it; set {dotted(path[:depth])}"
            raise ConfigError(msg)
    try:
        section[path[-1]] = _Loader(text).get_single_data()
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        msg = f"{origin}: {text!r} is not valid YAML; write a plain value, or a list as '[16, 16]'"
        raise ConfigError(msg) from error
    settings.replace(path, origin)
