"""A server that answers as TF Serving's REST interface does, from what a test says that it has loaded."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import msgspec


class Loaded(msgspec.Struct):
    """What a server says.

    Attributes:
        model: The only model that it knows.
        available: What it has loaded.
        labels: What labels lead to.
        failed: What it could not load, and why.
        asked: Called at each request, before the answer.
        instead: A status and bytes to answer with whatever is asked.
        paths: What was asked for.
    """

    model: str = "penguin"
    available: list[int] = []
    labels: dict[str, int] = {}
    failed: dict[int, str] = {}
    asked: Callable[[], object] = lambda: None
    instead: tuple[int, bytes] | None = None
    paths: list[str] = []

    def answer(self, path: str) -> tuple[int, bytes]:
        """Gives the status and the document for a path."""
        self.paths.append(path)
        self.asked()
        if self.instead is not None:
            return self.instead
        parts = [unquote(part) for part in path.split("/")[1:]]
        if parts[:3] != ["v1", "models", self.model]:
            return 404, b'{"error": "Could not find any versions of model"}'
        rest = parts[3:]
        if not rest:
            return 200, json.dumps({"model_version_status": self._statuses()}).encode()
        label = rest[1] if rest[0] == "labels" else None
        number = max(self.available, default=None) if label is None else self.labels.get(label)
        if number is None:
            return 400, b'{"error": "Unrecognized servable version label"}'
        spec = {"name": self.model, "signature_name": "", "version": str(number)}
        return 200, json.dumps({"model_spec": spec, "metadata": {}}).encode()

    def _statuses(self) -> list[dict[str, Any]]:
        good = {"error_code": "OK", "error_message": ""}
        listed = [{"version": str(one), "state": "AVAILABLE", "status": good} for one in self.available]
        for number, why in self.failed.items():
            wrong = {"error_code": "NOT_FOUND", "error_message": why}
            listed.append({"version": str(number), "state": "END", "status": wrong})
        return listed


@contextmanager
def serving(loaded: Loaded) -> Iterator[str]:
    """Answers on a free port, and gives the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = loaded.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
