"""Draws lineage graphs: as SVG for a page, a file or a notebook. No script, and no style but classes."""

import re
from collections.abc import Callable, Mapping
from html import escape
from typing import Literal

from tfx_hallmark.lineage.drawing.layout import NODE_HEIGHT, Box, Layout, Route, lay_out, text_room
from tfx_hallmark.lineage.drawing.style import RULES, STANDALONE
from tfx_hallmark.lineage.graph import LineageGraph, Node

_RADIUS = 6.0
_ATTRIBUTES: Mapping[str, Callable[[str], str]] = {
    "a": lambda key: f'href="#node-{plain(key)}"',
    "g": lambda _: 'role="img" tabindex="0"',
}
# What XML cannot hold at all: https://www.w3.org/TR/xml/#charsets
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def svg(graph: LineageGraph, layout: Layout | None = None) -> str:
    """Draw a graph for an HTML page that has the rules of `drawing_style`.

    Each node is a link to `#node-<key>`, where the page tells more of it, with its key in `data-key`; each edge
    has its ends in `data-source` and `data-target`.

    Args:
        graph: A lineage graph.
        layout: Where its nodes stand; laid out if not given.
    """
    return _drawn(graph, layout or lay_out(graph), tag="a")


def svg_file(graph: LineageGraph) -> str:
    """Draw a graph as an SVG file: complete in itself, light or dark as the reader has it."""
    layout = lay_out(graph)
    drawn = _drawn(graph, layout, tag="g")
    background = '<rect width="100%" height="100%" fill="var(--lineage-paper)"/>'
    style = f"<style>{STANDALONE}{RULES}</style>{background}"
    head, mark, rest = drawn.partition('<g class="edges"')
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head}{style}{mark}{rest}\n'


def notebook_html(graph: LineageGraph) -> str:
    """Draw a graph for a notebook: complete in itself, it scrolls, and has its nodes as a table below.

    Its styles reach nothing else in the notebook.
    """
    layout = lay_out(graph)
    drawn = _drawn(graph, layout, tag="g")
    rows = "".join(_row(graph.nodes[key], layout) for key in layout.boxes)
    style = (
        f"{STANDALONE}{RULES}"
        ".lineage-notebook .lineage-scroll { overflow: auto; max-height: 36rem; background: var(--lineage-paper); }\n"
        ".lineage-notebook details { font: 12px var(--lineage-font); margin-top: 8px; }\n"
        ".lineage-notebook :is(th, td) { text-align: left; padding: 2px 12px 2px 0; }\n"
    )
    return (
        f'<div class="lineage lineage-notebook"><style>{style}</style>'
        f'<div class="lineage-scroll" role="region" tabindex="0" aria-label="Lineage graph">{drawn}</div>'
        f"<details><summary>{len(graph.nodes)} nodes</summary><table>"
        "<thead><tr><th>node</th><th>kind</th><th>id</th><th>recorded (UTC)</th><th>uri</th></tr></thead>"
        f"<tbody>{rows}</tbody></table></details></div>"
    )


def plain(text: str) -> str:
    """Return a text as HTML and XML hold it, in an attribute too; what XML cannot hold is replaced."""
    return escape(_NOT_XML.sub("\ufffd", text))


def _row(node: Node, layout: Layout) -> str:
    cells = (
        layout.captions[node.key].text,
        node.kind,
        str(node.id),
        node.created[:19].replace("T", " "),
        node.uri,
    )
    return f"<tr>{''.join(f'<td>{plain(cell)}</td>' for cell in cells)}</tr>"


def _drawn(graph: LineageGraph, layout: Layout, *, tag: Literal["a", "g"]) -> str:
    width, height = _number(layout.width), _number(layout.height)
    edges = "".join(map(_edge, layout.routes))
    nodes = "".join(
        f"<{tag} {_ATTRIBUTES[tag](key)}{_node(graph, graph.nodes[key], box, layout)}</{tag}>"
        for key, box in layout.boxes.items()
    )
    about = ", ".join(layout.captions[key].text for key in graph.about if key in layout.captions)
    label = f"Lineage of {about}: {len(graph.nodes)} nodes" if about else f"Lineage: {len(graph.nodes)} nodes"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage lineage-svg" role="group" aria-label="{plain(label)}" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
        f'<g class="edges" aria-hidden="true">{edges}</g><g class="nodes">{nodes}</g></svg>'
    )


def _node(graph: LineageGraph, node: Node, box: Box, layout: Layout) -> str:
    caption = layout.captions[node.key]
    styles = ["node", node.kind]
    styles += ["about"] * (node.key in graph.about)
    styles += ["cut"] * (node.key in graph.cut)
    styles += ["failed"] * (node.state == "FAILED")
    said = f"{node.kind} {node.id}: {caption.text}" + (", more beyond it" if node.key in graph.cut else "")
    return (
        f' class="{" ".join(styles)}" data-key="{plain(node.key)}" aria-label="{plain(said)}">'
        f"<title>{plain(said)}</title>{_shape(node, box)}{_texts(box, caption.title, caption.detail)}"
    )


def _shape(node: Node, box: Box) -> str:
    """Draw a box: of an artifact with a bar at its left side, of an execution with round ends."""
    place = f'x="{_number(box.x)}" y="{_number(box.y)}" height="{_number(box.height)}"'
    radius = _RADIUS if node.kind == "artifact" else NODE_HEIGHT / 2
    drawn = f'<rect class="box" {place} width="{_number(box.width)}" rx="{_number(radius)}"/>'
    if node.kind == "artifact":
        left, top, bottom = box.x, box.y, box.y + box.height
        corner = f"a{_RADIUS} {_RADIUS} 0 0"
        drawn += (
            f'<path class="bar" d="M{_number(left + _RADIUS)} {_number(top)}'
            f"{corner} 0 -{_RADIUS} {_RADIUS}V{_number(bottom - _RADIUS)}"
            f'{corner} 0 {_RADIUS} {_RADIUS}z"/>'
        )
    return drawn


def _texts(box: Box, title: str, detail: str) -> str:
    middle = box.y + box.height / 2
    x = _number(box.x + (box.width + 3) / 2)
    title_room, detail_room = text_room(box)
    lines = [("title", middle - 3 if detail else middle + 4.5, _short(title, title_room))]
    if detail:
        lines.append(("detail", middle + 13, _short(detail, detail_room)))
    return "".join(
        f'<text class="{style}" x="{x}" y="{_number(y)}" text-anchor="middle">{plain(text)}</text>'
        for style, y, text in lines
    )


def _short(text: str, room: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= room else f"{line[: room - 1].rstrip()}…"


def _edge(route: Route) -> str:
    points = iter(route.points)
    x, y = next(points)
    path = [f"M{_number(x)} {_number(y)}"]
    straight = False
    for to_x, to_y in points:
        if straight or y == to_y:
            path.append(f"L{_number(to_x)} {_number(to_y)}")
        else:
            half = (x + to_x) / 2
            path.append(
                f"C{_number(half)} {_number(y)} {_number(half)} {_number(to_y)} {_number(to_x)} {_number(to_y)}"
            )
        # Between layers it bends, through a layer it does not.
        x, y, straight = to_x, to_y, not straight
    # Its head, in the same path: it always comes from the left.
    path.append(
        f"M{_number(x - 6)} {_number(y - 4)}L{_number(x)} {_number(y)}L{_number(x - 6)} {_number(y + 4)}"
    )
    title = f"<title>{plain(', '.join(route.names))}</title>" if route.names else ""
    return (
        f'<path class="edge" d="{"".join(path)}" '
        f'data-source="{plain(route.source)}" data-target="{plain(route.target)}">{title}</path>'
    )


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
