"""A forge's comments over HTTP, as far as a job that comments needs them: GitHub's, or GitLab's."""

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "a-token-for-comments"
GITHUB = {
    "list": r"/repos/ice/fish/issues/7/comments",
    "one": r"/repos/ice/fish/issues/comments/(\d+)",
    "change": "PATCH",
    "header": ("Authorization", f"Bearer {TOKEN}"),
}
GITLAB = {
    "list": r"/projects/42/merge_requests/7/notes",
    "one": r"/projects/42/merge_requests/7/notes/(\d+)",
    "change": "PUT",
    "header": ("PRIVATE-TOKEN", TOKEN),
}


class Forge:
    """What is kept of one pull request.

    Args:
        kind: GITHUB or GITLAB.
    """

    def __init__(self, kind: dict[str, Any]) -> None:
        self.kind = kind
        self.comments: list[dict[str, Any]] = []
        self.url = ""

    @property
    def environment(self) -> dict[str, str]:
        """What a job is told of the forge."""
        if self.kind is GITHUB:
            return {
                "GITHUB_ACTIONS": "true",
                "GITHUB_API_URL": self.url,
                "GITHUB_REPOSITORY": "ice/fish",
            }
        return {
            "GITLAB_CI": "true",
            "CI_API_V4_URL": self.url,
            "CI_PROJECT_ID": "42",
            "CI_MERGE_REQUEST_IID": "7",
        }

    def add(self, text: str) -> dict[str, Any]:
        """Keeps one more comment."""
        comment = {"id": 1000 + len(self.comments), "body": text}
        self.comments.append(comment)
        return comment

    def answer(self, method: str, url: str, headers: Any, body: Any) -> tuple[int, Any]:
        """Gives status and document for a request."""
        name, value = self.kind["header"]
        if headers.get(name) != value:
            return 401, {"message": "Bad credentials"}
        parts = urlsplit(url)
        if re.fullmatch(self.kind["list"], parts.path):
            if method == "POST":
                return 201, self.add(body["body"])
            asked = {key: int(values[0]) for key, values in parse_qs(parts.query).items()}
            first = (asked["page"] - 1) * asked["per_page"]
            return 200, self.comments[first : first + asked["per_page"]]
        found = re.fullmatch(self.kind["one"], parts.path)
        if found and method == self.kind["change"]:
            for comment in self.comments:
                if comment["id"] == int(found[1]):
                    comment["body"] = body["body"]
                    return 200, comment
        return 404, {"message": "Not Found"}

    @contextlib.contextmanager
    def listening(self) -> Iterator["Forge"]:
        """Answers on a free port while the block runs."""
        forge = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                status, document = forge.answer(self.command, self.path, self.headers, body)
                content = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_POST = do_PATCH = do_PUT = do_GET  # noqa: N815 - http.server calls them so

            def log_message(self, *_: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            self.url = f"http://127.0.0.1:{server.server_port}"
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()
