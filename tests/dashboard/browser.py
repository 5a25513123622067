"""A client that sends what a browser sends, and reads pages as one does."""

from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

HOST = "127.0.0.1:8765"
ORIGIN = f"http://{HOST}"


class Form(HTMLParser):
    """The first form of a page whose action is the one that is looked for.

    Attributes:
        fields: Its inputs and what they hold.
        found: Whether the page has it.
    """

    def __init__(self, action: str, html: str) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.found = False
        self._action, self._inside = action, False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form" and not self.found and given.get("action") == self._action:
            self._inside = self.found = True
        elif tag == "input" and self._inside and given.get("name"):
            self.fields[str(given["name"])] = given.get("value") or ""

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False


class Browser:
    """Opens pages and sends their forms.

    Args:
        app: What answers.
    """

    def __init__(self, app: FastAPI) -> None:
        self.app = app
        self.client = TestClient(app, base_url=ORIGIN, follow_redirects=False)

    def get(self, path: str, **options: Any) -> Any:
        return self.client.get(path, **options)

    def post(self, path: str, data: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Any:
        """Sends a form as a page of this server would."""
        own = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
        return self.client.post(path, data=dict(data), headers={**own, **(headers or {})})

    def sign_in(self, token: str, *, name: str = "Ada") -> Any:
        return self.post("/sign-in", {"name": name, "token": token})

    def csrf(self) -> str:
        """Gives the secret of this session's forms, as the pages have it."""
        return Form("/sign-out", self.get("/").text).fields["csrf"]

    def act(self, action: str, *, model: str = "penguin", **fields: str) -> Any:
        """Sends the form of an action."""
        return self.post(f"/models/{model}/actions/{action}", {"csrf": self.csrf(), **fields})
