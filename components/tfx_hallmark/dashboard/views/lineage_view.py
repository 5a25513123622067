"""What the pages of lineage show: a drawing, and the facts of each node."""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from markupsafe import Markup

from tfx_hallmark.lineage.drawing.captions import Caption, duration
from tfx_hallmark.lineage.drawing.layout import lay_out
from tfx_hallmark.lineage.drawing.svg import svg
from tfx_hallmark.lineage.graph import LineageGraph, Node
from tfx_hallmark.lineage.reading.impact import Impact

Address = tuple[str, str]  # text, and where it leads
Addresses = Callable[[Node], Sequence[Address]]


class NodeView(msgspec.Struct, frozen=True, kw_only=True):
    """A node.

    Attributes:
        node: The node.
        title: Its type.
        detail: What matters about it and stands in no other column; may be empty.
        took: How long it took, in words; empty if that says nothing.
        before: What it was made from or what it read: key and text of each.
        after: What it made or what read it.
        more: Further pages on it.
        about: Whether it was asked about.
    """

    node: Node
    title: str
    detail: str
    took: str
    before: Sequence[Address]
    after: Sequence[Address]
    more: Sequence[Address]
    about: bool


class GraphView(msgspec.Struct, frozen=True, kw_only=True):
    """A graph.

    Attributes:
        drawing: SVG.
        nodes: From left to right.
        edges: Number of edges.
        cut: Number of nodes beyond which there is more.
    """

    drawing: Markup
    nodes: Sequence[NodeView]
    edges: int
    cut: int


class LineageView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of a lineage.

    Attributes:
        title: What it is about.
        trail: The way to this page: texts and addresses.
        graph: What to show.
        direction: `upstream`, `downstream` or `both`.
        depth: How many executions in a row; None for all.
    """

    title: str
    trail: Sequence[Address]
    graph: GraphView
    direction: str
    depth: int | None


class ImpactView(msgspec.Struct, frozen=True, kw_only=True):
    """The page of an impact.

    Attributes:
        subject: What was asked about; empty if nothing was.
        error: Why there is no answer; empty if there is one.
        impact: The answer.
        graph: How it went into the versions; None if only the manifests told.
    """

    subject: str
    error: str = ""
    impact: Impact | None = None
    graph: GraphView | None = None


def nowhere(_: Node) -> Sequence[Address]:
    """Lead nowhere: a file has no further pages."""
    return ()


def graph_view(graph: LineageGraph, addresses: Addresses = nowhere) -> GraphView:
    """Return what is shown of a graph.

    Args:
        graph: A lineage graph.
        addresses: Gives the further pages on a node.
    """
    layout = lay_out(graph)
    before: dict[str, dict[str, None]] = {key: {} for key in graph.nodes}
    after: dict[str, dict[str, None]] = {key: {} for key in graph.nodes}
    for edge in graph.edges:
        before[edge.target][edge.source] = None
        after[edge.source][edge.target] = None
    said = layout.captions
    texts: Mapping[str, str] = {key: caption.text for key, caption in said.items()}
    nodes = [
        NodeView(
            node=graph.nodes[key],
            title=said[key].title,
            detail=_detail(graph.nodes[key], said[key]),
            took=_took(graph.nodes[key]),
            before=[(other, texts[other]) for other in before[key]],
            after=[(other, texts[other]) for other in after[key]],
            more=addresses(graph.nodes[key]),
            about=key in graph.about,
        )
        for key in layout.boxes
    ]
    drawing = Markup(svg(graph, layout))  # noqa: S704 - escaped where it is drawn
    return GraphView(drawing=drawing, nodes=nodes, edges=len(layout.routes), cut=len(graph.cut))


def _detail(node: Node, caption: Caption) -> str:
    return "" if caption.detail in (f"{node.kind} {node.id}", _took(node)) else caption.detail


def _took(node: Node) -> str:
    event = {"actor", "seq"} <= set(node.properties)
    return "" if node.seconds is None or event else duration(node.seconds)
