"""Lineage graphs made by hand, and such as nobody would make."""

from hypothesis import strategies as st

from tfx_hallmark.lineage.graph import Edge, LineageGraph, Node

HOSTILE = """<script>alert("1")</script> ' & ]]> \x00\x1b\u202e\ud800 --> {{ 7 * 7 }}"""


def artifact(number: int, type_: str = "Examples", **fields) -> Node:
    return Node(key=f"a{number}", kind="artifact", id=number, type=type_, full_type=type_, **fields)


def execution(number: int, type_: str = "Trainer", **fields) -> Node:
    return Node(key=f"e{number}", kind="execution", id=number, type=type_, full_type=type_, **fields)


def edge(source: str, target: str, name: str = "") -> Edge:
    return Edge(source=source, target=target, role="input" if source[0] == "a" else "output", name=name)


def graph(
    nodes: list[Node], *edges: Edge, about: tuple[str, ...] = (), cut: tuple[str, ...] = ()
) -> LineageGraph:
    return LineageGraph(about=about, nodes={node.key: node for node in nodes}, edges=edges, cut=cut)


@st.composite
def graphs(draw: st.DrawFn) -> LineageGraph:
    """Graphs without cycles, of any shape; their nodes in any order."""
    count = draw(st.integers(0, 25))
    nodes = [artifact(number) if draw(st.booleans()) else execution(number) for number in range(count)]
    pairs = st.tuples(st.integers(0, max(count - 1, 0)), st.integers(0, max(count - 1, 0)))
    chosen = draw(st.lists(pairs, max_size=60)) if count else []
    edges = [
        edge(nodes[min(pair)].key, nodes[max(pair)].key, draw(st.sampled_from(["", "examples"])))
        for pair in chosen
        if pair[0] != pair[1]
    ]
    return graph(draw(st.permutations(nodes)), *edges, about=tuple(node.key for node in nodes[:1]))
