"""What of a node or a manifest tells how a model was made: the rest differs between any two runs."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from tfx_hallmark.lineage.graph import Node, Value
from tfx_hallmark.registry.manifest import Manifest

Settings = dict[str, Value]

# A version's identity and its tagger's settings: they follow from the rest, or repeat it.
_IDENTITY = {"ModelVersion", "VersionTagger"}
# Which run it was, and where it ran.
_OF_THE_RUN = {"pipeline_run_id", "is_external"}
# MODULE@FOLDER/WHEEL (tfx/components/util/udf_utils.py); the wheel's name has a hash of the module.
_WHEEL = re.compile(r"(?P<module>[^@]*)@.*/(?P<wheel>[^/]+\.whl)\Z")


def artifact_settings(node: Node) -> Settings:
    """Return the properties of an artifact that bear on what is made of it, such as span and fingerprint.

    Left out are id, uri and times, which are no properties, and which run it was.
    """
    return {} if node.type in _IDENTITY else _flat(node.properties)


def execution_settings(node: Node, made: Mapping[str, Value]) -> Settings:
    """Return the properties of an execution, those in JSON taken apart: `custom_config.learning_rate`.

    Args:
        node: The execution.
        made: The properties of what it made; what is told there, such as a span, is not told again.
    """
    if node.type in _IDENTITY:
        return {}
    return _flat({name: value for name, value in node.properties.items() if name not in made})


def manifest_settings(manifest: Manifest) -> dict[str, Settings]:
    """Return what ML Metadata is not told: the content of code and data, and the environment; by where it shows.

    Hyperparameters and arguments are the Trainer's properties.
    """
    made = manifest.provenance
    data, code, environment = made.data, made.code, made.environment
    found: dict[str, dict[str, Any]] = {"data": {}, "code": {}, "environment": {}}
    if data:
        found["data"] = {
            "examples": data.digest,
            "records": msgspec.to_builtins(data.records),
            "schema": data.schema,
            "statistics": data.statistics,
            "preprocessing": made.preprocessing,
        }
    if code:
        found["code"] = {
            "module": code.module,
            "module_digest": code.module_digest,
            "commit": code.commit,
            "dirty": code.dirty,
        }
    if environment:
        found["environment"] = {
            "python": environment.python,
            "platform": environment.platform,
            "accelerators": list(environment.accelerators),
            "packages": msgspec.to_builtins(environment.packages),
        }
    return {where: dict(_leaves("", told)) for where, told in found.items()}


def _flat(properties: Mapping[str, Value]) -> Settings:
    found: Settings = {}
    for name, value in properties.items():
        if name not in _OF_THE_RUN:
            found |= _leaves(name, _parsed(_without_folder(value)))
    return found


def _without_folder(value: Value) -> Value:
    match = _WHEEL.match(value) if isinstance(value, str) else None
    return f"{match['module']}@{match['wheel']}" if match else value


def _parsed(value: Value) -> Any:
    if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", "null")):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Value]]:
    """Give the values in a JSON value by their dotted names; a list is one value, a null none."""
    if isinstance(value, dict):
        for key, inner in value.items():
            # A package's name has dots too, and stays readable all the same.
            yield from _leaves(f"{name}.{key}" if name else str(key), inner)
    elif isinstance(value, (list, bool)):
        yield name, json.dumps(value)
    elif value is not None:
        yield name, value
