"""Components that say what reached them, to be run as containers."""

import json
from pathlib import Path
from typing import Any

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, OutputDict, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types.artifact import Artifact
from tfx.types.standard_artifacts import Examples, Model


@component
def Number() -> OutputDict(number=int):
    """Gives a number for another's parameter."""
    return {"number": 3}


@component
def Parameters(
    report: OutputArtifact[Model],
    count: Parameter[int],
    big: Parameter[int],
    ratio: Parameter[float],
    flag: Parameter[bool],
    items: Parameter[list[int]],
    table: Parameter[dict[str, int]],
    run: Parameter[str],
    around: Parameter[str],
) -> None:
    """Reports its parameters, and writes properties of every kind that TFX can send."""
    values = {"count": count, "big": big, "ratio": ratio, "flag": flag}
    values.update({"items": items, "table": table, "run": run, "around": around})
    _write(report, {key: [type(value).__name__, value] for key, value in values.items()})
    report.set_int_custom_property("count", count)
    report.set_int_custom_property("big", 2**60 + 1)
    report.set_float_custom_property("ratio", ratio)
    report.set_string_custom_property("text", "some text")
    report.set_json_value_custom_property("items", [1, 2])
    report.set_json_value_custom_property("table", {"a": 1})


@component
def Artifacts(
    made: InputArtifact[Model], data: InputArtifact[Examples], report: OutputArtifact[Model]
) -> None:
    """Reports the artifacts that it is given."""
    properties = made.mlmd_artifact.custom_properties
    _write(
        report,
        {
            "id": made.id,
            "uri": made.uri,
            "kinds": sorted({value.WhichOneof("value") for value in properties.values()}),
            "count": made.get_int_custom_property("count"),
            "big": made.get_int_custom_property("big"),
            "ratio": made.get_float_custom_property("ratio"),
            "text": made.get_string_custom_property("text"),
            "items": made.get_json_value_custom_property("items"),
            "table": made.get_json_value_custom_property("table"),
            "data uri": data.uri,
            "data span": data.span,
            "data rows": data.get_int_custom_property("rows"),
        },
    )


@component
def Looks(path: Parameter[str], report: OutputArtifact[Model]) -> None:
    """Reports what it finds in a folder, and leaves a file there."""
    folder = Path(path)
    _write(report, sorted(file.name for file in folder.iterdir()) if folder.is_dir() else "nothing")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "left").touch()
    report.set_string_custom_property("left", str(folder / "left"))


@component
def Behind(data: InputArtifact[Examples], report: OutputArtifact[Examples]) -> None:
    """Runs after something else."""
    _write(report, data.uri)


@component
def BoolProperty(report: OutputArtifact[Examples]) -> None:
    """Writes a property of a kind that TFX's entry point does not know."""
    report.mlmd_artifact.custom_properties["flag"].bool_value = True


def _write(report: Artifact, content: Any) -> None:
    folder = Path(report.uri)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(content))
