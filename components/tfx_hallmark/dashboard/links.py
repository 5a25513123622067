"""Where the pages are: on the server, or as files."""

from collections.abc import Mapping, Sequence
from typing import Protocol
from urllib.parse import quote, urlencode


class Links(Protocol):
    """Addresses of the pages, for templates. Every argument is taken literally and escaped as needed.

    Attributes:
        live: Whether a server answers: pages as files have no searching, sorting or paging.
    """

    live: bool

    def models(self) -> str:
        """The list of models."""

    def model(self, model: str, **query: str | int) -> str:
        """One model; `query` filters, sorts and pages its table of versions."""

    def version(self, model: str, version: str) -> str:
        """One version, by its semantic version."""

    def compare(self, model: str, versions: Sequence[str]) -> str:
        """Versions of one model side by side."""

    def lineage(self, model: str, version: str) -> str:
        """The lineage graph of a version; empty where there is none to show."""

    def audit(self, **query: str | int) -> str:
        """The log of all models."""


class LiveLinks:
    """The addresses that the server answers.

    Args:
        has_lineage: Whether ML Metadata is given.
    """

    live = True

    def __init__(self, *, has_lineage: bool) -> None:
        self._has_lineage = has_lineage

    def models(self) -> str:
        """The list of models."""
        return "/"

    def model(self, model: str, **query: str | int) -> str:
        """One model."""
        return _path("models", model) + _query(query)

    def version(self, model: str, version: str) -> str:
        """One version."""
        return _path("models", model, "versions", version)

    def compare(self, model: str, versions: Sequence[str]) -> str:
        """Versions side by side."""
        return f"{_path('models', model, 'compare')}?{urlencode([('version', one) for one in versions])}"

    def lineage(self, model: str, version: str) -> str:
        """The lineage graph of a version."""
        return _path("models", model, "versions", version, "lineage") if self._has_lineage else ""

    def audit(self, **query: str | int) -> str:
        """The log of all models."""
        return "/audit" + _query(query)

    def deliveries(self) -> str:
        """What goes to mirrors, webhooks and people; a page as a file has no link to it."""
        return "/deliveries"


def _path(*parts: str) -> str:
    return "".join(f"/{quote(part, safe='@:')}" for part in parts)


def _query(query: Mapping[str, str | int]) -> str:
    given = {name: value for name, value in query.items() if value != ""}
    return f"?{urlencode(given)}" if given else ""
