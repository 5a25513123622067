"""Templates: one environment for the server's pages and for pages as files.

A page is `<name>.html`, which extends the layout it is given and includes `bodies/<name>.html`; a
report puts the same bodies into a layout of its own.
"""

from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from tfx_hallmark.answers import text
from tfx_hallmark.dashboard.links import Links

HERE = Path(__file__).parent
STATIC = HERE / "static"


def _legible(value: Any) -> Any:
    """Write out control characters: a browser obeys a text direction, and a terminal all of a page printed there."""
    return text.escape_lines(value) if isinstance(value, str) and not isinstance(value, Markup) else value


class Renderer:
    """Makes HTML from views.

    Args:
        layout: The template that pages extend.
        links: Where the pages are.
    """

    def __init__(self, layout: str, links: Links) -> None:
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            finalize=_legible,
        )
        self._environment.filters.update(
            size=text.size, minute=text.minute, second=text.second, number=text.number, counted=text.counted
        )
        self._environment.globals.update(links=links, layout=layout)

    def render(self, template: str, **context: Any) -> str:
        """Render one template.

        Args:
            template: Its path under `templates/`.
            context: What it is given, beside `links` and `layout`.
        """
        return self._environment.get_template(template).render(**context)
