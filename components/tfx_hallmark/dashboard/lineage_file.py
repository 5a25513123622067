"""A lineage graph as one HTML file that opens anywhere, without a server and without a network."""

import base64
import hashlib

from markupsafe import Markup

from tfx_hallmark.dashboard.links import LiveLinks
from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.views.lineage_view import graph_view
from tfx_hallmark.lineage.drawing.style import RULES
from tfx_hallmark.lineage.graph import LineageGraph

_STYLES = ("style.css", "parts.css", "lineage.css")


def html_file(graph: LineageGraph) -> str:
    """Return a graph as an HTML file, to move about in as on the page.

    The file allows itself its own script and style, by their digests, and nothing else.

    Args:
        graph: A lineage graph.
    """
    style = "\n".join([*((STATIC / name).read_text(encoding="utf-8") for name in _STYLES), RULES])
    script = (STATIC / "lineage.js").read_text(encoding="utf-8")
    view = graph_view(graph)
    title = ", ".join(f"{one.title} {one.detail}".strip() for one in view.nodes if one.about)
    # Its pages lead nowhere: none of the links is used.
    return Renderer("layouts/lineage_file.html", LiveLinks(has_lineage=False)).render(
        "lineage_file.html",
        graph=view,
        title=title,
        style=Markup(style),  # noqa: S704 - ours, from the package
        script=Markup(script),  # noqa: S704 - ours, from the package
        style_source=_source(style),
        script_source=_source(script),
    )


def _source(text: str) -> str:
    """Return how a content security policy names an inline script or style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
