"""Where the nodes of a lineage graph stand when it is drawn: in layers, from left to right.

The method is that of Sugiyama, Tagawa and Toda (1981): layers by longest path, an order within each that lets
few edges cross, then heights. Long edges of one node share their way through the layers between.
"""

from collections.abc import Mapping

import msgspec

from tfx_hallmark.lineage.drawing.captions import Caption, captions
from tfx_hallmark.lineage.drawing.heights import heights_of
from tfx_hallmark.lineage.drawing.layers import Layers, layers_of
from tfx_hallmark.lineage.graph import LineageGraph

NODE_HEIGHT = 44.0
MARGIN = 24.0
_LEAST_WIDTH, _MOST_WIDTH = 104.0, 196.0
_GAP_ACROSS = 46.0
_GAP_DOWN = 18.0
_WAY_HEIGHT = 6.0  # what an edge that passes through a layer is kept clear
# Widths of a character of the two lines, on average, in a font of 13 and of 11.5 pixels.
_TITLE_CHARACTER, _DETAIL_CHARACTER = 7.6, 6.3
_PADDING = 26.0


class Box(msgspec.Struct, frozen=True):
    """Where a node stands, in pixels; the origin is at the top left.

    Attributes:
        x: Its left side.
        y: Its upper side.
        width: How wide it is.
        height: How high it is.
        layer: Number of its layer, from 0 on the left.
    """

    x: float
    y: float
    width: float
    height: float
    layer: int


class Route(msgspec.Struct, frozen=True):
    """The way of an edge.

    Attributes:
        source: Key of the node where it begins.
        target: Key of the node where it ends.
        names: Under which the execution knows the artifact.
        points: Where it begins, passes each layer between, on its left and on its right, and ends.
    """

    source: str
    target: str
    names: tuple[str, ...]
    points: tuple[tuple[float, float], ...]


class Layout(msgspec.Struct, frozen=True):
    """A laid-out graph.

    Attributes:
        width: Of the whole, in pixels.
        height: Of the whole.
        boxes: By key, layer by layer and from top to bottom.
        routes: One for each two nodes that are joined.
        captions: What stands in the boxes.
    """

    width: float
    height: float
    boxes: Mapping[str, Box]
    routes: tuple[Route, ...]
    captions: Mapping[str, Caption]


def lay_out(graph: LineageGraph) -> Layout:
    """Lay out a graph. The same graph always gives the same layout.

    Args:
        graph: A lineage graph. Should it have a cycle after all, which a pipeline that writes to what it reads can
            record, one edge of it runs from right to left.
    """
    said = captions(graph)
    layers = layers_of(graph)
    sizes = {
        slot: NODE_HEIGHT if slot in graph.nodes else _WAY_HEIGHT
        for column in layers.columns
        for slot in column
    }
    heights = heights_of(layers, sizes, gap=_GAP_DOWN)
    lefts, widths = _columns(layers, said)
    boxes = {
        slot: Box(
            lefts[number], heights[slot] - NODE_HEIGHT / 2 + MARGIN, widths[number], NODE_HEIGHT, number
        )
        for number, column in enumerate(layers.columns)
        for slot in column
        if slot in graph.nodes
    }
    routes = _routes(graph, layers, boxes, heights)
    below = max((heights[slot] + sizes[slot] / 2 for slot in heights), default=0.0)
    return Layout(
        width=lefts[-1] + widths[-1] + MARGIN if widths else 2 * MARGIN,
        height=below + 2 * MARGIN,
        boxes=boxes,
        routes=routes,
        captions=said,
    )


def _columns(layers: Layers, said: Mapping[str, Caption]) -> tuple[list[float], list[float]]:
    """Return the left side and the width of each layer: as wide as its widest text needs, within bounds."""
    lefts, widths, left = [], [], MARGIN
    for column in layers.columns:
        needed = max((_text_width(said[slot]) for slot in column if slot in said), default=_LEAST_WIDTH)
        width = min(max(needed + _PADDING, _LEAST_WIDTH), _MOST_WIDTH)
        lefts.append(left)
        widths.append(width)
        left += width + _GAP_ACROSS
    return lefts, widths


def _text_width(caption: Caption) -> float:
    return max(len(caption.title) * _TITLE_CHARACTER, len(caption.detail) * _DETAIL_CHARACTER)


def text_room(box: Box) -> tuple[int, int]:
    """Return how many characters of title and of detail a box has room for."""
    room = box.width - _PADDING
    return int(room / _TITLE_CHARACTER) + 1, int(room / _DETAIL_CHARACTER) + 1


def _routes(
    graph: LineageGraph, layers: Layers, boxes: Mapping[str, Box], heights: Mapping[str, float]
) -> tuple[Route, ...]:
    spans = {box.layer: (box.x, box.x + box.width) for box in boxes.values()}
    names: dict[tuple[str, str], dict[str, None]] = {}
    for edge in graph.edges:
        names.setdefault((edge.source, edge.target), {})[edge.name] = None
    routes = []
    for source, target in names:
        points = []
        for layer, way in layers.ways.get((source, target), ()):
            left, right = spans[layer]
            points += [(left, heights[way] + MARGIN), (right, heights[way] + MARGIN)]
        begin, end = boxes[source], boxes[target]
        if layers.numbers[source] > layers.numbers[target]:
            points.reverse()
        first = (begin.x + begin.width, begin.y + begin.height / 2)
        last = (end.x, end.y + end.height / 2)
        said = tuple(name for name in names[source, target] if name)
        routes.append(Route(source, target, said, (first, *points, last)))
    return tuple(routes)
