"""What a TFX executor in a container gets other than the pipeline's author gave it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from tfx_hallmark.kfp_lint.finding import Breach
from tfx_hallmark.kfp_lint.spec import Place, Spec, Task, mapping

_EXACT = 2**53  # a protobuf number is a double, which holds every whole number up to here
# compiler_utils.py: _SCHEMA_TITLE_RE, and _SUPPORTED_STANDARD_ARTIFACT_TYPES with their simple names.
_TITLE = re.compile(r"[a-z][a-z0-9-_]{2,20}[.][A-Z][a-zA-Z0-9-_]{2,49}")
_TFX_TYPES = frozenset({
    "Boolean", "Dataset", "ExampleAnomalies", "ExampleStatistics", "Examples", "File", "Float", "HyperParameters",
    "InferenceResult", "InfraBlessing", "Integer", "JsonValue", "Metrics", "Model", "ModelBlessing", "ModelEvaluation",
    "ModelRun", "PushedModel", "Schema", "Statistics", "String", "TransformCache", "TransformGraph", "TunerResults",
})  # fmt: skip


def bool_parameter(spec: Spec) -> Iterator[Breach]:
    """build_parameter_type_spec: a bool is an int, so the spec says NUMBER_INTEGER, 0.0 or 1.0.

    TFX's own components declare their switches as ints for that reason, so these are not asked about.
    """
    for task, executor in spec.tfx_tasks():
        for name, place, value in task.constants():
            if isinstance(value, bool):
                yield Breach(
                    place, "is a bool, and TFX's executors are given numbers", "declare it as int or str"
                )
            elif (
                task.declared_type(name) == "NUMBER_INTEGER"
                and str(value) in ("0", "1", "0.0", "1.0")
                and not executor.startswith("tfx.")
            ):
                yield Breach(
                    place,
                    f"is {float(value):g}: if {name} is declared as bool, {executor} gets an int there, "
                    "and `is True` or isinstance(..., bool) fails",
                    "declare it as int or str, and compare it with that",
                )


def big_integer(spec: Spec) -> Iterator[Breach]:
    """Numbers travel as google.protobuf.Value, a double."""
    for task in spec.tasks():
        for name, place, value in task.constants():
            if task.declared_type(name) == "NUMBER_INTEGER" and _is_inexact(value):
                yield Breach(
                    place,
                    f"is {value:.0f}, and whole numbers beyond 2**53 lose their last digits on the way",
                    "declare it as str",
                )
    declared = mapping(mapping(mapping(spec.pipeline.get("root")).get("inputDefinitions")).get("parameters"))
    for name, parameter in declared.items():
        value = mapping(parameter).get("defaultValue")
        if mapping(parameter).get("parameterType") == "NUMBER_INTEGER" and _is_inexact(value):
            yield Breach(
                (*spec.prefix, "root", "inputDefinitions", "parameters", name, "defaultValue"),
                f"is {value:.0f}, and whole numbers beyond 2**53 lose their last digits on the way",
                "declare it as str",
            )


def _is_inexact(value: Any) -> bool:
    # In schema 2.0 a whole number is text, and exact.
    return isinstance(value, int | float) and abs(value) >= _EXACT


def bool_property(spec: Spec) -> Iterator[Breach]:
    """entrypoint_utils.py: "Get unknown type of value: bool_value"."""
    for task in spec.tasks():
        for place, metadata in _metadata(task):
            for name, value in metadata.items():
                if isinstance(value, bool):
                    yield Breach(
                        (*place, name),
                        "is a bool property, at which every TFX executor that gets the artifact stops",
                        "make it an int or a str",
                    )


def _metadata(task: Task) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    imported = mapping(task.executor.get("importer"))
    yield (*task.executor_place, "importer", "metadata"), mapping(imported.get("metadata"))
    for key, output in mapping(mapping(task.component.get("outputDefinitions")).get("artifacts")).items():
        place = (*task.component_place, "outputDefinitions", "artifacts", key, "metadata")
        yield place, mapping(mapping(output).get("metadata"))


def artifact_type(spec: Spec) -> Iterator[Breach]:
    """entrypoint_utils.py, _retrieve_class_path: a title that is none of TFX's is imported by that name."""
    for task, _ in spec.tfx_tasks():
        for place, title in _titles(task):
            package, _, name = title.partition(".")
            if package == "tfx" and name in _TFX_TYPES:
                continue
            if package == "tfx" or not _TITLE.fullmatch(title) or "-" in title:
                yield Breach(
                    place,
                    f"the artifact type is titled {title!r}, which TFX cannot import in the container",
                    "set TYPE_NAME = '<top-level package>.<Class>', 3 to 21 lower-case letters, digits or _ "
                    "before the dot, and let that package export the class",
                )


def _titles(task: Task) -> Iterator[tuple[Place, str]]:
    for side in ("inputDefinitions", "outputDefinitions"):
        for key, artifact in mapping(mapping(task.component.get(side)).get("artifacts")).items():
            kind = mapping(mapping(artifact).get("artifactType"))
            place = (*task.component_place, side, "artifacts", key, "artifactType")
            if "instanceSchema" in kind:
                yield (*place, "instanceSchema"), _title_of(str(kind["instanceSchema"]))
            elif "schemaTitle" in kind:
                yield (*place, "schemaTitle"), str(kind["schemaTitle"])


def _title_of(instance_schema: str) -> str:
    try:
        return str(mapping(yaml.safe_load(instance_schema)).get("title", ""))
    except yaml.YAMLError:
        return ""


def main_module(spec: Spec) -> Iterator[Breach]:
    """The container imports the executor by the name it had where the pipeline was compiled."""
    for task, executor in spec.tfx_tasks():
        if executor.startswith("__main__.") or "." not in executor:
            yield Breach(
                (*task.executor_place, "container", "args"),
                f"the executor is {executor!r}, which no other process can import",
                "move the component out of the script into a module that the image has",
            )
