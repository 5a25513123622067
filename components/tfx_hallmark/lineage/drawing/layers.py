"""In which layer each node of a graph stands, and in which order within it."""

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

import msgspec

from tfx_hallmark.lineage.graph import LineageGraph

_SWEEPS = 12


class Layers(msgspec.Struct):
    """Nodes and the ways of long edges, in layers.

    A slot is the key of a node, or `<key>><layer>` where edges of that node pass through a layer.

    Attributes:
        numbers: The layer of each node, by key.
        columns: The slots of each layer, from top to bottom.
        links: Pairs of slots in neighbouring layers that are joined, the left one first.
        ways: For the source and target of a long edge, the layers that it passes and its slots there.
    """

    numbers: dict[str, int]
    columns: list[list[str]]
    links: list[tuple[str, str]]
    ways: dict[tuple[str, str], list[tuple[int, str]]]

    def beside(self, *, left: bool) -> dict[str, list[str]]:
        """Return for each slot those that it is joined to on its left, or on its right."""
        found = defaultdict(list)
        for one, other in self.links:
            if left:
                found[other].append(one)
            else:
                found[one].append(other)
        return found


def layers_of(graph: LineageGraph) -> Layers:
    """Return the layers of a graph, ordered so that few edges cross.

    Args:
        graph: A lineage graph.
    """
    layers = _with_ways(numbers_of(graph), _pairs(graph))
    _order(layers)
    return layers


def numbers_of(graph: LineageGraph) -> dict[str, int]:
    """Return the layer of each node: the length of the longest path to it; its readers stand right of it.

    What nothing leads to stands next to what first reads it.

    Args:
        graph: A lineage graph.
    """
    keys, pairs = list(graph.nodes), _pairs(graph)
    targets: dict[str, list[str]] = defaultdict(list)
    waiting = dict.fromkeys(keys, 0)
    for source, target in pairs:
        targets[source].append(target)
        waiting[target] += 1
    roots = [key for key in keys if not waiting[key]]
    numbers: dict[str, int] = {}
    reached = dict.fromkeys(keys, 0)
    ready, left = list(roots), dict.fromkeys(keys)
    while left:
        # Only in a cycle does everything wait: then the oldest is taken, and what it waits for stands behind it.
        key = ready.pop() if ready else next(iter(left))
        del left[key]
        numbers[key] = reached[key]
        for target in targets[key]:
            if target in left:
                reached[target] = max(reached[target], numbers[key] + 1)
                waiting[target] -= 1
                if not waiting[target]:
                    ready.append(target)
    for key in roots:
        if targets[key]:
            numbers[key] = max(0, min(numbers[target] for target in targets[key]) - 1)
    return numbers


def _pairs(graph: LineageGraph) -> list[tuple[str, str]]:
    return list(
        dict.fromkeys((edge.source, edge.target) for edge in graph.edges if edge.source != edge.target)
    )


def _with_ways(numbers: dict[str, int], pairs: Iterable[tuple[str, str]]) -> Layers:
    columns: list[list[str]] = [[] for _ in range(max(numbers.values(), default=-1) + 1)]
    for key, number in numbers.items():
        columns[number].append(key)
    links: dict[tuple[str, str], None] = {}
    ways: dict[tuple[str, str], list[tuple[int, str]]] = {}
    made: set[str] = set()
    for source, target in pairs:
        if numbers[source] == numbers[target]:
            continue  # on a cycle
        begin, end = (source, target) if numbers[source] <= numbers[target] else (target, source)
        at = begin
        passed = []
        for number in range(numbers[begin] + 1, numbers[end]):
            way = f"{begin}>{number}"
            if way not in made:
                made.add(way)
                columns[number].append(way)
            links[at, way] = None
            passed.append((number, way))
            at = way
        links[at, end] = None
        if passed:
            ways[source, target] = passed
    return Layers(numbers, columns, list(links), ways)


def _order(layers: Layers) -> None:
    """Order each layer by the mean place of what its slots are joined to, to and fro; the best order stays."""
    left, right = layers.beside(left=True), layers.beside(left=False)
    best, fewest = [list(column) for column in layers.columns], _crossings(layers.columns, left)
    for sweep in range(_SWEEPS):
        forward = sweep % 2 == 0
        beside = left if forward else right
        columns = layers.columns if forward else layers.columns[::-1]
        for fixed, column in pairwise(columns):
            places = {slot: place for place, slot in enumerate(fixed)}
            _sort(column, places, beside)
        crossings = _crossings(layers.columns, left)
        if crossings < fewest:
            best, fewest = [list(column) for column in layers.columns], crossings
    layers.columns = best


def _sort(column: list[str], places: Mapping[str, int], beside: Mapping[str, list[str]]) -> None:
    means: dict[str, float] = {}
    for place, slot in enumerate(column):
        joined = [places[other] for other in beside.get(slot, ())]
        # What is joined to nothing there stays about where it is.
        means[slot] = sum(joined) / len(joined) if joined else float(place)
    column.sort(key=means.__getitem__)


def _crossings(columns: Sequence[Sequence[str]], left: Mapping[str, list[str]]) -> int:
    """Return how many pairs of edges cross."""
    crossings = 0
    for fixed, column in pairwise(columns):
        places = {slot: place for place, slot in enumerate(fixed)}
        seen: list[int] = []
        for slot in column:
            ends = sorted(places[other] for other in left.get(slot, ()))
            crossings += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return crossings
