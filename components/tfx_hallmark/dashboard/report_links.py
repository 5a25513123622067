"""Where the pages of a report are: in files beside each other, or in one file."""

from collections.abc import Callable, Collection, Sequence
from typing import Literal
from urllib.parse import quote

import msgspec


class PageKey(msgspec.Struct, frozen=True):
    """Which page of a report.

    Attributes:
        kind: What it shows.
        model: Which model; empty for the list of models.
        version: Which version of it; empty for the model itself.
    """

    kind: Literal["models", "model", "version", "lineage"]
    model: str = ""
    version: str = ""

    @property
    def file(self) -> str:
        """Its path in a folder. A model may have any name, so models have a folder to themselves."""
        if self.kind == "models":
            return "index.html"
        names = {"model": "index", "version": self.version, "lineage": "lineage"}
        return f"models/{self.model}/{names[self.kind]}.html"

    @property
    def anchor(self) -> str:
        """Its id in one file. The colon keeps it apart from every id within a page."""
        version = f"@{self.version}" if self.version else ""
        return f"{self.kind}:{self.model}{version}"


class ReportLinks:
    """The addresses in a report; what has no page leads to the next larger one.

    Args:
        pages: The pages that the report has.
        address: Gives the address of one.
    """

    live = False

    def __init__(self, pages: Collection[PageKey], address: Callable[[PageKey], str]) -> None:
        self._pages = pages
        self._address = address

    def models(self) -> str:
        """The list of models."""
        return self._address(PageKey("models"))

    def model(self, model: str, **_: str | int) -> str:
        """One model, as it is: a report neither filters nor sorts."""
        key = PageKey("model", model)
        return self._address(key) if key in self._pages else self.models()

    def version(self, model: str, version: str) -> str:
        """One version; the model if the version is too old to have a page."""
        key = PageKey("version", model, version)
        return self._address(key) if key in self._pages else self.model(model)

    def compare(self, model: str, _: Sequence[str]) -> str:
        """The model: a report compares nothing."""
        return self.model(model)

    def lineage(self, model: str, version: str) -> str:
        """The lineage of what serves; empty for any other version."""
        key = PageKey("lineage", model, version)
        return self._address(key) if key in self._pages else ""

    def audit(self, **_: str | int) -> str:
        """The list of models: a report has each model's own events only."""
        return self.models()


def in_folder(depth: int) -> Callable[[PageKey], str]:
    """Return what gives relative addresses.

    Args:
        depth: How many folders deep the page with the links lies.
    """
    return lambda key: "../" * depth + quote(key.file)


def in_file(key: PageKey) -> str:
    """Return the address of a page in the same file."""
    return f"#{quote(key.anchor, safe=':@+')}"
