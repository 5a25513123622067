"""Lineage graphs for networkx and Graphviz."""

from typing import TYPE_CHECKING

import msgspec

from tfx_hallmark.lineage.graph import LineageGraph, Node

if TYPE_CHECKING:
    import networkx


def to_networkx(graph: LineageGraph) -> "networkx.MultiDiGraph":
    """Return a graph for networkx; several events between the same two nodes are several edges.

    Args:
        graph: A lineage graph.

    Returns:
        Its nodes are the keys of the lineage graph's; attributes of nodes and edges are the fields of `Node` and
        `Edge`; `about`, `contexts` and `cut` are attributes of the graph.

    Raises:
        ImportError: If networkx is not installed.
    """
    import networkx

    made = networkx.MultiDiGraph(
        about=list(graph.about),
        contexts={key: msgspec.structs.asdict(context) for key, context in graph.contexts.items()},
        cut=list(graph.cut),
    )
    for key, node in graph.nodes.items():
        made.add_node(key, **msgspec.structs.asdict(node))
    for edge in graph.edges:
        attributes = msgspec.structs.asdict(edge)
        made.add_edge(attributes.pop("source"), attributes.pop("target"), **attributes)
    return made


def to_dot(graph: LineageGraph) -> str:
    """Return a graph in Graphviz's language: artifacts as boxes, executions as ellipses, left to right.

    Args:
        graph: A lineage graph.
    """
    lines = ["digraph lineage {", "  rankdir=LR;", '  node [fontname="sans-serif", fontsize=10];']
    for node in graph.nodes.values():
        asked = ", penwidth=2" if node.key in graph.about else ""
        dashed = ", style=dashed" if node.key in graph.cut else ""
        shape = "box" if node.kind == "artifact" else "ellipse"
        lines.append(f"  {node.key} [label={_quoted(_label(node))}, shape={shape}{asked}{dashed}];")
    lines += [f"  {edge.source} -> {edge.target} [label={_quoted(edge.name)}];" for edge in graph.edges]
    return "\n".join([*lines, "}", ""])


def _label(node: Node) -> str:
    kind = "artifact" if node.kind == "artifact" else "execution"
    return "\n".join(filter(None, [node.type, node.version, f"{kind} {node.id}"]))


def _quoted(text: str) -> str:
    """Return a double-quoted string; https://graphviz.org/doc/info/lang.html knows but these escapes."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "")
    return f'"{escaped}"'.replace("\0", "")
