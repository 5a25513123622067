"""What a person is told of a node at a glance: its type, and the one thing that matters about it."""

from collections.abc import Mapping

import msgspec

from tfx_hallmark.lineage.graph import LineageGraph, Node

_ENDED = ("", "COMPLETE", "LIVE")


class Caption(msgspec.Struct, frozen=True):
    """Two short lines.

    Attributes:
        title: The type.
        detail: A version, a span, a name, or how long it took; may be empty.
    """

    title: str
    detail: str

    @property
    def text(self) -> str:
        """Both in one line."""
        return f"{self.title}, {self.detail}" if self.detail else self.title


def captions(graph: LineageGraph) -> dict[str, Caption]:
    """Return the caption of each node, by key.

    Args:
        graph: A lineage graph; how an execution called what it wrote tells artifacts of one type apart.
    """
    roles = {edge.target: edge.name for edge in graph.edges if edge.role == "output"}
    return {
        key: Caption(node.type, _execution(node) if node.kind == "execution" else _artifact(node, roles))
        for key, node in graph.nodes.items()
    }


def duration(seconds: float) -> str:
    """Write how long something took: `0.02 s`, `12.1 s`, `3 min 20 s`, `1 h 5 min`."""
    if seconds < 1:
        return f"{seconds:.2g} s" if seconds else "0 s"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min"


def _execution(node: Node) -> str:
    said = []
    if node.state not in _ENDED:
        said.append(node.state.lower())
    if "actor" in node.properties and "seq" in node.properties:
        # One of the registry's events; how long it took to record says nothing.
        said.append(
            f"{node.version or node.properties.get('version', '')} by {node.properties['actor']}".strip()
        )
    elif node.seconds is not None:
        said.append(duration(node.seconds))
    return ", ".join(said)


def _artifact(node: Node, roles: Mapping[str, str]) -> str:
    told = _told(node) or roles.get(node.key, "")
    if told.replace("_", "").lower() == node.type.lower():
        told = ""
    said = [] if node.state in _ENDED else [node.state.lower()]
    return ", ".join([*filter(None, [told]), *said]) or f"artifact {node.id}"


def _told(node: Node) -> str:
    """Return what its own properties tell; those of TFX's components and of this package's."""
    has = node.properties
    if node.type.endswith("Blessing") and "blessed" in has:
        return "blessed" if has["blessed"] in (1, "1") else "not blessed"
    if "pushed" in has or "hallmark_outcome" in has:
        return _pushed(has)
    if "exists" in has:
        return (
            f"{has.get('version')}, release {has.get('release')}" if has["exists"] in (1, "1") else "none yet"
        )
    if node.version is not None:
        return node.version
    return f"span {has['span']}" if node.type == "Examples" and "span" in has else ""


def _pushed(has: Mapping[str, str | int | float]) -> str:
    outcome = str(has.get("hallmark_outcome", ""))
    release = has.get("pushed_version", has.get("release"))
    if outcome == "refused" or not (release or outcome):
        return outcome or "not pushed"
    return f"release {release}" + (f", {outcome}" if outcome == "already published" else "")
