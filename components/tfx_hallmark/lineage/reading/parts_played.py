"""Which part each node played in the making of a version: how nodes of two ancestries are told to correspond."""

from collections import defaultdict

from tfx_hallmark.lineage.graph import Edge, LineageGraph, Node


def parts_played(graph: LineageGraph) -> dict[str, Node]:
    """Return the nodes of a version's ancestry by the part they played, the version itself first.

    A part is the way to a node, told by the names under which executions know what they read: `/model/examples`
    are the examples that were read by what made the model. Of several ways the shortest counts, then the first
    by name. An execution's part is that of what it made, with `()` behind it.

    Args:
        graph: The version's ancestry, the version being the first node asked about.
    """
    makers = {edge.target: edge.source for edge in graph.edges if edge.role == "output"}
    inputs: dict[str, list[Edge]] = defaultdict(list)
    for edge in graph.edges:
        if edge.role == "input":
            inputs[edge.target].append(edge)
    played: dict[str, Node] = {}
    seen = {graph.about[0]}
    level = [("", graph.about[0])]
    while level:
        following = []
        for way, artifact in level:
            played[way] = graph.nodes[artifact]
            maker = makers.get(artifact)
            if maker is None or maker in seen:
                continue
            seen.add(maker)
            played[f"{way}()"] = graph.nodes[maker]
            for name, source in _named(inputs[maker]):
                if source not in seen:
                    seen.add(source)
                    following.append((f"{way}/{name}", source))
        level = following
    return played


def _named(edges: list[Edge]) -> list[tuple[str, str]]:
    """Return what an execution read, by name; of several under one name, each with its number."""
    by_name: dict[str, list[str]] = defaultdict(list)
    for edge in edges:
        by_name[edge.name].append(edge.source)
    return [
        (f"{name}[{number}]" if len(sources) > 1 else name, source)
        for name, sources in sorted(by_name.items())
        for number, source in enumerate(sources)
    ]
