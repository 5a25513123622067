"""Reads Markdown as GitHub would: what of it is text, and what became something else."""

from markdown_it import MarkdownIt

from tests.dashboard.page_text import PageText


class MarkdownPage(PageText):
    """Markdown as the page that it becomes.

    Attributes:
        source: The Markdown.
        html: What it becomes.
        kinds: Which kinds of elements it has.
        pictures: The text of each picture, and its address.
    """

    def __init__(self, source: str) -> None:
        parser = MarkdownIt("gfm-like", {"linkify": False, "xhtmlOut": False})
        self.source = source
        tokens = [one for token in parser.parse(source) for one in (token, *(token.children or ()))]
        self.kinds = {token.type.removesuffix("_open").removesuffix("_close") for token in tokens}
        self.pictures = [
            (token.content, str(token.attrs["src"])) for token in tokens if token.type == "image"
        ]
        self.html = parser.render(source)
        super().__init__(self.html)
