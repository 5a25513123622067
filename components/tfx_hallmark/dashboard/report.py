"""A report: the pages of the registry as files that need no server and no script."""

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from markupsafe import Markup

from tfx_hallmark.dashboard.rendering import STATIC, Renderer
from tfx_hallmark.dashboard.report_links import PageKey, ReportLinks, in_file, in_folder
from tfx_hallmark.dashboard.report_pages import ReportPage, choose, pages
from tfx_hallmark.dashboard.source import Source
from tfx_hallmark.registry.log import utc_now

_LAYOUT = "layouts/report.html"
STYLES = ("style.css", "parts.css", "charts.css", "pages.css", "report.css")
_IDS = re.compile(r'\bid="([^"]+)"')
# Quotes in a text are escaped, so what looks like one of these attributes is one.
_REFERENCES = re.compile(r'\b(id|for|aria-labelledby|aria-describedby|aria-controls|href)="(#?)([^"]+)"')
_PAINTED = re.compile(r'="url\(#([^")]+)\)"')


class ReportFile(msgspec.Struct, frozen=True):
    """One file of a report.

    Attributes:
        path: Relative to the report's folder, with `/`.
        content: Its bytes.
    """

    path: str
    content: bytes


class Report:
    """A report on a registry.

    Args:
        source: The registry, and its lineage if ML Metadata is given.
        model: The only model to report on; None for all.
        newest: How many versions of each model are shown in detail, beside those that a label points to.

    Raises:
        NotFoundError: If there is no such model.
        InvalidNameError: If the name cannot be a model's.
        CorruptLogError: If that model's log is damaged.
    """

    def __init__(self, source: Source, *, model: str | None = None, newest: int) -> None:
        self._source = source
        self._model = model
        self._keys = choose(source, model=model, newest=newest)
        self._made = utc_now()

    @property
    def pages(self) -> int:
        """How many pages it has."""
        return len(self._keys)

    def files(self, *, on_progress: Callable[[int, int], None] | None = None) -> Iterator[ReportFile]:
        """Make the report as files that lead to each other by relative links.

        Args:
            on_progress: Called after each page with how many are made, and how many there are.

        Raises:
            MetadataError: If ML Metadata cannot be used.
        """
        styles = self._styles()
        for name, style in styles.items():
            yield ReportFile(f"static/{name}", style.encode())
        # One per depth, not per page: a renderer compiles each template once.
        depths = {key.file.count("/") for key in self._keys}
        renderers = {depth: self._renderer(in_folder(depth)) for depth in depths}
        for page in self._pages(on_progress):
            depth = page.key.file.count("/")
            html = renderers[depth].render(
                page.template,
                view=page.view,
                style="",
                styles=[f"{'../' * depth}static/{name}" for name in styles],
                # Files have no origin of their own: `'self'` would bar them from each other in some browsers.
                style_source="'self' file:",
                **self._context(),
            )
            yield ReportFile(page.key.file, html.encode())

    def one_file(self, *, on_progress: Callable[[int, int], None] | None = None) -> bytes:
        """Make the report as one HTML file that loads nothing.

        Args:
            on_progress: Called after each page with how many are made, and how many there are.

        Raises:
            MetadataError: If ML Metadata cannot be used.
        """
        renderer = self._renderer(in_file)
        parts = [
            {"anchor": page.key.anchor, "html": _own_ids(self._body(renderer, page), page.key)}
            for page in self._pages(on_progress)
        ]
        style = "\n".join(self._styles().values())
        # As the browser reads it: with the line ends that the template keeps.
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        html = renderer.render(
            "report_file.html",
            parts=parts,
            style=Markup(style),  # noqa: S704 - ours, from the package
            styles=[],
            style_source=f"'sha256-{digest}'",
            **self._context(),
        )
        return html.encode()

    def _styles(self) -> dict[str, str]:
        """Return the style sheets by their file names."""
        styles = {name: (STATIC / name).read_text(encoding="utf-8") for name in STYLES}
        if any(key.kind == "lineage" for key in self._keys):
            from tfx_hallmark.lineage.drawing.style import RULES, STANDALONE

            styles["lineage.css"] = STANDALONE + RULES
        return styles

    def _pages(self, on_progress: Callable[[int, int], None] | None) -> Iterator[ReportPage]:
        for done, page in enumerate(pages(self._source, self._keys, model=self._model), start=1):
            yield page
            if on_progress is not None:
                on_progress(done, len(self._keys))

    def _body(self, renderer: Renderer, page: ReportPage) -> str:
        return renderer.render(f"bodies/{page.template}", view=page.view, **self._context())

    def _renderer(self, address: Callable[[PageKey], str]) -> Renderer:
        return Renderer(_LAYOUT, ReportLinks(set(self._keys), address))

    def _context(self) -> dict[str, Any]:
        root = str(self._source.registry.root)
        return {"session": None, "actions": False, "notice": "", "made": self._made, "root": root}


def _own_ids(html: str, key: PageKey) -> Markup:
    """Make the ids of one page differ from those of every other page in the same file."""
    ids = set(_IDS.findall(html))

    def own(name: str) -> str:
        return f"{key.anchor}:{name}" if name in ids else name

    def renamed(found: re.Match[str]) -> str:
        attribute, sharp, names = found.groups()
        if attribute == "href" and not sharp:
            return found[0]
        return f'{attribute}="{sharp}{" ".join(map(own, names.split()))}"'

    html = _REFERENCES.sub(renamed, html)
    html = _PAINTED.sub(lambda found: f'="url(#{own(found[1])})"', html)
    return Markup(html)  # noqa: S704 - what the templates made, escaped there
