"""Somebody who takes requests, on a free port, and answers as a test says."""

import contextlib
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec


class Request(msgspec.Struct):
    """What came in."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver(msgspec.Struct):
    """What somebody answers, and what they got.

    Attributes:
        status: What every request is answered with.
        headers: Of the answer.
        body: Of the answer.
        instead: Called in place of answering, with the connection.
        address: Where they are.
        got: Every request, in its order.
        over: Set when the test is over, for those who do not answer.
    """

    status: int = 204
    headers: dict[str, str] = {}
    body: bytes = b""
    instead: Callable[["Receiver", BaseHTTPRequestHandler], object] | None = None
    address: str = ""
    got: list[Request] = []
    over: threading.Event = msgspec.field(default_factory=threading.Event)

    @property
    def only(self) -> Request:
        [request] = self.got
        return request


@contextlib.contextmanager
def receiving(receiver: Receiver, *, certificate: Path | None = None) -> Iterator[Receiver]:
    """Answers on a free port, behind TLS if a certificate with its key is given."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(Request(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            if receiver.instead is not None:
                receiver.instead(receiver, self)
                self.close_connection = True
                return
            self.send_response(receiver.status)
            for name, value in {"Content-Length": str(len(receiver.body)), **receiver.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(receiver.body)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            pass  # those who send hang up where the answer is too long for them

    server = Server(("127.0.0.1", 0), Handler)
    scheme = "http"
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    receiver.address = f"{scheme}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
