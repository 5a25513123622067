"""Reads a page as a person does: its tables, its links, its text."""

from html.parser import HTMLParser

Cells = dict[str, str]
_VOID = {"input", "br", "meta", "link", "hr", "img"}
_INLINE = {"a", "span", "strong", "code", "time"}


class PageText(HTMLParser):
    """A page taken apart.

    Attributes:
        tables: The rows of each table, by its caption; a row gives each cell's text by its column's heading.
        links: Where each link leads, by its text; the first one of several with the same text.
        headings: The text of the headings, in order.
        text: All text, with single spaces.
    """

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, list[Cells]] = {}
        self.links: dict[str, str] = {}
        self.headings: list[str] = []
        self._said: list[str] = []
        self._open: list[tuple[str, dict[str, str | None], int]] = []
        self._columns: list[str] = []
        self._cells: list[str] = []
        self._caption = ""
        self.feed(html)
        self.text = " ".join("".join(self._said).split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._caption, self._columns = "", []
        elif tag == "tr":
            self._cells = []
        if tag not in _VOID:
            self._open.append((tag, dict(attrs), len(self._said)))

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def handle_endtag(self, tag: str) -> None:
        opened, attrs, start = self._open.pop()
        assert opened == tag, f"<{opened}> is closed by </{tag}>"
        text = " ".join("".join(self._said[start:]).split())
        if tag == "caption":
            self._caption = text
        elif tag in ("td", "th"):
            self._cells.append(text)
        elif tag == "tr":
            self._end_row()
        elif tag == "a":
            self.links.setdefault(text, attrs.get("href") or "")
        elif tag in ("h1", "h2", "h3"):
            self.headings.append(text)
        if tag not in _INLINE:
            self._said.append(" ")

    def _end_row(self) -> None:
        if not self._columns:
            # Which way a column is sorted stands behind its name.
            self._columns = [cell.rstrip("▲▼") for cell in self._cells]
            self.tables.setdefault(self._caption, [])
        else:
            self.tables[self._caption].append(dict(zip(self._columns, self._cells, strict=False)))
