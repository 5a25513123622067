"""A model card as one HTML file that opens anywhere, without a server and without a network, and its plots as files."""

import base64
import hashlib

from markupsafe import Markup

from tfx_hallmark.answers.card import Card
from tfx_hallmark.dashboard.chart_file import curve_svg, metric_svg, slices_svg
from tfx_hallmark.dashboard.charts.card_plots import by_slice, over_epochs, over_versions
from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.report_links import ReportLinks
from tfx_hallmark.registry.log import utc_now

_STYLES = ("style.css", "parts.css", "charts.css", "pages.css", "report.css")


def html_file(card: Card, *, root: str) -> str:
    """Return a card as an HTML file, with its plots in it.

    The file allows itself its own style, by its digest, and nothing else.

    Args:
        card: The card.
        root: The registry root, as text.
    """
    style = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in _STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # No other page is in the file: what leads to one leads to its beginning.
    return Renderer("layouts/report.html", ReportLinks((), lambda _: "#content")).render(
        "card.html",
        card=card,
        over_versions=over_versions(card),
        by_slice=by_slice(card),
        over_epochs=over_epochs(card),
        made=utc_now(),
        root=root,
        style=Markup(style),  # noqa: S704 - ours, from the package
        styles=[],
        style_source=f"'sha256-{digest}'",
    )


def plot_files(card: Card) -> dict[str, tuple[str, str]]:
    """Return the plots by the names of their files: what each shows, and its SVG."""
    found: dict[str, tuple[str, str]] = {}
    versions, slices = over_versions(card), by_slice(card)
    if versions is not None:
        title, plot = versions
        found["versions.svg"] = (title, metric_svg(plot, f"{card.model}: {title}"))
    if slices is not None:
        title, rows = slices
        found["slices.svg"] = (title, slices_svg(rows, f"{card.model}: {title}"))
    # Of the panels the first, which tells most, for each would be a file.
    for panel in over_epochs(card)[:1]:
        title = f"{panel.name} of {card.version}, over the epochs of its training"
        found["training.svg"] = (title, curve_svg(panel, f"{card.model}: {title}"))
    return found
