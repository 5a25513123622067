"""A lineage graph as a tree to read line by line: what something was made from, and what came of it."""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

import msgspec

from tfx_hallmark.lineage.drawing.layers import numbers_of
from tfx_hallmark.lineage.graph import Edge, LineageGraph


class Branch(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a tree.

    Attributes:
        rails: What stands before it, e.g. `│ └ `.
        key: Key of the node that it tells of.
        roles: Under which names the execution above or below it knows the artifact.
        repeated: Whether the node was told of before, and what hangs on it with it.
    """

    rails: str
    key: str
    roles: tuple[str, ...] = ()
    repeated: bool = False


class Tree(msgspec.Struct, frozen=True):
    """Both trees of a graph.

    Attributes:
        upstream: What made the nodes that were asked about, and from what.
        downstream: What came of them, each node once, where it is nearest.
    """

    upstream: tuple[Branch, ...]
    downstream: tuple[Branch, ...]


def tree_of(graph: LineageGraph) -> Tree:
    """Return the trees of a graph.

    Args:
        graph: A lineage graph.
    """
    parents, children = _beside(graph.edges, up=True), _beside(graph.edges, up=False)
    above = _reached(graph.about, parents)
    return Tree(tuple(_upstream(graph, parents)), tuple(_downstream(graph, children, above)))


_Beside = Mapping[str, Mapping[str, tuple[str, ...]]]
_Hung = tuple[Branch, str]  # with the rails of what hangs on it


def _beside(edges: Iterable[Edge], *, up: bool) -> _Beside:
    """Return, for each node, those on one side of it with the names of the edges between."""
    found: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)
    for edge in edges:
        here, there = (edge.target, edge.source) if up else (edge.source, edge.target)
        found[here][there] = (*found[here].get(there, ()), *filter(None, [edge.name]))
    return found


def _reached(keys: Iterable[str], beside: _Beside) -> set[str]:
    found = set(keys)
    waiting = list(found)
    while waiting:
        new = [key for key in beside.get(waiting.pop(), ()) if key not in found]
        found.update(new)
        waiting += new
    return found


def _upstream(graph: LineageGraph, parents: _Beside) -> Iterator[Branch]:
    """Give what made the nodes, depth first, the longest way before the others: it has most of them on it."""
    numbers = numbers_of(graph)

    def level(beside: Mapping[str, tuple[str, ...]], rails: str) -> list[_Hung]:
        return _hung(sorted(beside.items(), key=lambda one: -numbers[one[0]]), rails)

    told: set[str] = set()
    makers = {maker: () for key in graph.about for maker in parents.get(key, ())}
    # Not recursive: a model that goes on from a model that goes on from ... makes a long chain.
    waiting = level(makers, "")
    while waiting:
        branch, rails = waiting.pop()
        beside = parents.get(branch.key, {})
        if branch.key in told:
            yield msgspec.structs.replace(branch, repeated=bool(beside))
            continue
        told.add(branch.key)
        yield branch
        waiting += level(beside, rails)


def _downstream(graph: LineageGraph, children: _Beside, above: Collection[str]) -> Iterator[Branch]:
    """Give what came of the nodes: level by level each is hung where it is first reached, in order of ids."""
    told = set(above)
    hung: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)

    def hang(queue: deque[tuple[str, str]]) -> None:
        while queue:
            source, place = queue.popleft()
            for key in sorted(children.get(source, ()), key=lambda key: graph.nodes[key].id):
                if key not in told:
                    told.add(key)
                    hung[place].append((key, children[source][key]))
                    queue.append((key, key))

    hang(deque((key, "") for key in graph.about))
    # What read a model without knowing of its version, such as an InfraValidator.
    hang(deque((key, "") for key in graph.nodes if key in above))
    waiting = _hung(hung[""], "")
    while waiting:
        branch, rails = waiting.pop()
        yield branch
        waiting += _hung(hung.get(branch.key, []), rails)


def _hung(level: Sequence[tuple[str, tuple[str, ...]]], rails: str) -> list[_Hung]:
    """Return the branches of one level, the first one last."""
    found = []
    for place, (key, roles) in enumerate(level, 1):
        mark, below = ("└ ", "  ") if place == len(level) else ("├ ", "│ ")
        found.append((Branch(rails=rails + mark, key=key, roles=roles), rails + below))
    return found[::-1]
