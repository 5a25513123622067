"""Turns what pydantic finds wrong into one line: where it is, what it is, what to do."""

import difflib
import json
import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ValidationError

from pipeline.config.source import KeyPath, Settings, dotted


def explain(error: ValidationError, settings: Settings, schema: type[BaseModel]) -> str:
    """Return one line on the first problem, and how many more there are.

    Args:
        error: What pydantic found.
        settings: The settings it looked at.
        schema: What they should be.
    """
    problems = error.errors(include_url=False)
    # A misspelt key is also a missing one; what is in the file is the easier of the two to find.
    first = min(problems, key=lambda problem: problem["type"] == "missing")
    path = place(first["loc"], settings)
    if first["type"] == "union_tag_invalid":  # pydantic blames the section
        path = (*path, first["ctx"]["discriminator"].strip("'"))
    complaint = _complaint(dict(first), path, settings, schema)
    line = f"{settings.origin(path)}: {dotted(path)}: {complaint}"
    more = len(problems) - 1
    return f"{line} (and {more} more)" if more else line


def place(location: tuple[int | str, ...], settings: Settings) -> KeyPath:
    """Return pydantic's location as a path of keys: it names the chosen kind of a section as if it were one."""
    path: KeyPath = ()
    value: Any = settings.values
    for position, key in enumerate(location):
        inside = isinstance(value, dict) and key in value
        if position == 1 and not inside and isinstance(value, dict) and key in value.values():
            continue
        path = (*path, key)
        value = value[key] if inside or (isinstance(value, list) and isinstance(key, int)) else None
    return path


def _complaint(problem: dict[str, Any], path: KeyPath, settings: Settings, schema: type[BaseModel]) -> str:
    kind, message = problem["type"], problem["msg"]
    if kind == "extra_forbidden":
        return f"unknown key; {_nearest(path, settings, schema)}"
    if kind == "credential":
        return str(message)
    if kind == "missing":
        return "missing; add it (configs/local.yaml explains every key)"
    if kind == "union_tag_not_found":
        return f"has no key {problem['ctx']['discriminator']}; add it (configs/local.yaml explains every key)"
    if kind == "union_tag_invalid":
        return f"should be one of {problem['ctx']['expected_tags']}, not '{problem['ctx']['tag']}'"
    if kind in ("model_type", "model_attributes_type"):
        message = "should be a section with keys below it"
    message = message.removeprefix("Value error, ").removeprefix("Input ").removeprefix("String ")
    variables = settings.variables(path)
    if variables:  # may be a secret
        return f"{message}; look at the environment variable {' and '.join(variables)}"
    value = problem["input"]
    return message if repr(value) in message else f"{message}, not {json.dumps(value, default=str)}"


def _nearest(path: KeyPath, settings: Settings, schema: type[BaseModel]) -> str:
    name, section = str(path[-1]), dotted(path[:-1])
    keys = list(_keys(schema, settings.values))
    beside = [key for where, key in keys if where == section]
    elsewhere = {key: where for where, key in keys}
    for candidates in (dict.fromkeys(beside, section), elsewhere):
        for similar in difflib.get_close_matches(name, candidates, n=1):
            return f"did you mean {'.'.join(filter(None, (candidates[similar], similar)))}?"
    return f"remove it, or use one of {', '.join(beside)}"


def _keys(schema: type[BaseModel], values: dict[str, Any], where: str = "") -> Iterator[tuple[str, str]]:
    """Yield each key that these settings may have, and the section it is in."""
    for name, field in schema.model_fields.items():
        yield where, name
        chosen = values.get(name)
        kinds = [field.annotation, *typing.get_args(field.annotation)]
        sections = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)]
        if isinstance(field.discriminator, str) and isinstance(chosen, dict):
            tag = chosen.get(field.discriminator)
            sections = [kind for kind in sections if tag in _tags(kind, field.discriminator)]
        for section in sections:
            yield from _keys(section, {}, name)


def _tags(section: type[BaseModel], discriminator: str) -> tuple[Any, ...]:
    return typing.get_args(section.model_fields[discriminator].annotation)
