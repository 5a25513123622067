"""A server that speaks S3's protocol (moto's), that counts what is asked of it, and that a test can stand before.

It serves one request at a time, for moto looks for an object and writes it in two steps, and a conditional
write must be one.
"""

import contextlib
import logging
import re
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.test import run_wsgi_app
from werkzeug.wrappers import Response

_ACTOR = re.compile(r"Credential=([^/]+)/")


class Request(NamedTuple):
    """What a client asks for.

    Attributes:
        method: Of HTTP.
        key: Bucket and key.
        query: The rest of the URL.
        actor: The client's access key.
    """

    method: str
    key: str
    query: str
    actor: str

    @property
    def writes(self) -> bool:
        """Whether it changes what the store holds."""
        return self.method in {"PUT", "POST", "DELETE"}


Answer = Callable[[], Response]
Guard = Callable[[Request, Answer], Response]


class S3Server:
    """The server; a context manager."""

    def __init__(self) -> None:
        self._app: Any = DomainDispatcherApplication(create_backend_app)
        self._one_at_a_time = threading.Lock()
        self._guard: Guard | None = None
        self.requests: list[Request] = []
        self.dead: set[str] = set()  # actors: what they asked for before they died may arrive later

    def __enter__(self) -> "S3Server":
        logging.getLogger("werkzeug").setLevel(logging.WARNING)
        self._server = make_server(
            "127.0.0.1", 0, self._serve, threaded=True, request_handler=MotoRequestHandler
        )
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def environment(self, actor: str = "testing") -> dict[str, str]:
        """What the environment of a client must say."""
        return {
            "AWS_ACCESS_KEY_ID": actor,
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ENDPOINT_URL": self.url,
        }

    @contextlib.contextmanager
    def guarded(self, guard: Guard) -> Iterator[None]:
        """Ask `guard` for each answer within the block; it may have the server make it, or not, or drop the line.

        Dropping it is to raise ConnectionResetError.
        """
        self._guard = guard
        try:
            yield
        finally:
            with self._one_at_a_time:
                self._guard = None

    @contextlib.contextmanager
    def counted(self) -> Iterator[list[Request]]:
        """Give a list that holds, after the block, what was asked within it."""
        asked: list[Request] = []
        start = len(self.requests)
        yield asked
        asked.extend(self.requests[start:])

    def _serve(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        found = _ACTOR.search(environ.get("HTTP_AUTHORIZATION", ""))
        request = Request(
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"].lstrip("/"),
            environ.get("QUERY_STRING", ""),
            "" if found is None else found[1],
        )

        def answer() -> Response:
            body, status, headers = run_wsgi_app(self._app, environ, buffered=True)
            return Response(body, status, headers)

        with self._one_at_a_time:
            self.requests.append(request)
            if request.actor in self.dead:
                return refusal(503, "ServiceUnavailable")(environ, start_response)
            try:
                made = answer() if self._guard is None else self._guard(request, answer)
            except ConnectionResetError:
                environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
                raise
        return made(environ, start_response)


def refusal(status: int, code: str) -> Response:
    """What S3 answers with an error."""
    return Response(
        f"<Error><Code>{code}</Code><Message>{code}</Message></Error>", status, mimetype="application/xml"
    )
