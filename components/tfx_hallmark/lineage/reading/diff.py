"""In what the making of two versions differed."""

from collections import Counter
from collections.abc import Iterator, Mapping

import msgspec

from tfx_hallmark.lineage.graph import LineageGraph, Node, Value
from tfx_hallmark.lineage.reading.parts_played import parts_played
from tfx_hallmark.lineage.reading.settings import (
    Settings,
    artifact_settings,
    execution_settings,
    manifest_settings,
)
from tfx_hallmark.registry.version import Version

_PRESENT = "present"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One thing in which they differ.

    Attributes:
        where: The artifact or execution, by its type, and by the part it plays if there are several of the type;
            or `code`, `data`, `environment` for what the manifests alone tell.
        what: The property, e.g. `span` or `custom_config.learning_rate`; empty if the whole node is in one only.
        a: Its value for the first version; None if there is none.
        b: Its value for the second version; None if there is none.
    """

    where: str
    what: str
    a: Value | None
    b: Value | None


class LineageDiff(msgspec.Struct, frozen=True, kw_only=True):
    """What differed and how much did not.

    Attributes:
        a: The first version, e.g. `penguin@1.0.0`.
        b: The second.
        differences: In the order of the data's way, from the examples to the model.
        same: How many artifacts and executions play the same part for both and do not differ.
    """

    a: str
    b: str
    differences: tuple[Difference, ...]
    same: int


def compare_ancestries(a: Version, b: Version, of_a: LineageGraph, of_b: LineageGraph) -> LineageDiff:
    """Return in what two ancestries differ.

    Args:
        a: The first version.
        b: The second version.
        of_a: Everything upstream of the first.
        of_b: Everything upstream of the second.
    """
    parts_of_a, parts_of_b = parts_played(of_a), parts_played(of_b)
    names = _names(parts_of_a, parts_of_b)
    differences: list[Difference] = []
    same = 0
    for part, where in reversed(names.items()):
        found = list(_differing(part, where, parts_of_a, parts_of_b))
        differences += found
        same += not found
    told_a, told_b = manifest_settings(a.manifest), manifest_settings(b.manifest)
    for where, settings in told_a.items():
        differences += _unequal(where, settings, told_b[where])
    return LineageDiff(a=str(a), b=str(b), differences=tuple(differences), same=same)


def _names(parts_of_a: Mapping[str, Node], parts_of_b: Mapping[str, Node]) -> dict[str, str]:
    """Return what to call each part: the type, with the part where several are of one type."""
    nodes = {**parts_of_b, **parts_of_a}
    ordered = sorted(nodes, key=lambda part: (part.count("/"), part))
    often = Counter(node.type for node in nodes.values())
    return {
        part: nodes[part].type if often[nodes[part].type] == 1 else f"{nodes[part].type} ({_way(part)})"
        for part in ordered
    }


def _way(part: str) -> str:
    return part.removeprefix("/").removesuffix("()") or "version"


def _differing(
    part: str, where: str, parts_of_a: Mapping[str, Node], parts_of_b: Mapping[str, Node]
) -> Iterator[Difference]:
    a, b = parts_of_a.get(part), parts_of_b.get(part)
    if a is None or b is None:
        present_a, present_b = (None if node is None else _PRESENT for node in (a, b))
        yield Difference(where=where, what="", a=present_a, b=present_b)
        return
    if a.full_type != b.full_type:
        yield Difference(where=where, what="type", a=a.full_type, b=b.full_type)
    if a.id != b.id:
        yield from _unequal(where, _settings(part, parts_of_a), _settings(part, parts_of_b))


def _settings(part: str, parts: Mapping[str, Node]) -> Settings:
    node = parts[part]
    if node.kind == "artifact":
        return artifact_settings(node)
    return execution_settings(node, parts[part.removesuffix("()")].properties)


def _unequal(where: str, a: Settings, b: Settings) -> list[Difference]:
    return [
        Difference(where=where, what=what, a=a.get(what), b=b.get(what))
        for what in sorted(a.keys() | b.keys())
        if a.get(what) != b.get(what)
    ]
