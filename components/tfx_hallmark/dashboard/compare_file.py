"""A comparison as one HTML file that opens anywhere, without a server and without a network."""

import base64
import hashlib
from collections.abc import Sequence

from markupsafe import Markup

from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.report_links import ReportLinks
from tfx_hallmark.dashboard.views.compare_view import view_of
from tfx_hallmark.registry.comparison import VersionComparison
from tfx_hallmark.registry.log import utc_now
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.version import Version

_STYLES = ("style.css", "parts.css", "pages.css", "report.css")


def html_file(
    model: Model, versions: Sequence[Version], comparison: VersionComparison, *, everything: bool
) -> str:
    """Return a comparison as an HTML file.

    The file allows itself its own style, by its digest, and nothing else.

    Args:
        model: The model.
        versions: Those that are compared, in the order of the comparison.
        comparison: What is shown of them.
        everything: Whether what is the same in all versions is among it.
    """
    style = "\n".join((STATIC / name).read_text(encoding="utf-8") for name in _STYLES)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # No other page is in the file: what leads to one leads to its beginning.
    return Renderer("layouts/report.html", ReportLinks((), lambda _: "#content")).render(
        "compare.html",
        view=view_of(model, versions, comparison, only_changed=not everything),
        made=utc_now(),
        root=str(model.root),
        style=Markup(style),  # noqa: S704 - ours, from the package
        styles=[],
        style_source=f"'sha256-{digest}'",
    )
