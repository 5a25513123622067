"""A receiver of webhooks that fails when it is told to."""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Takes requests on a free port of this machine.

    Attributes:
        taken: The bodies of the requests that were answered with success, in their order.
        seen: Headers and body of all requests.
        failing: What happens to the next requests: a status to answer with, or `reset` to hang up.
        gate: While it is not set, no request is answered.
    """

    def __init__(self) -> None:
        self.taken: list[Any] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.failing: deque[int | str] = deque()
        self.gate = threading.Event()
        self.gate.set()
        self.arrived = threading.Semaphore(0)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.seen.append((dict(self.headers), body))
                receiver.arrived.release()
                receiver.gate.wait(60)
                fault = receiver.failing.popleft() if receiver.failing else 204
                if fault == "reset":
                    self.close_connection = True
                    self.connection.close()
                    return
                if fault == 204:
                    receiver.taken.append(json.loads(body))
                self.send_response(int(fault))
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/events"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def sequence(self) -> list[int]:
        """Gives the positions of the events that were taken, in their order."""
        return [body["data"]["seq"] for body in self.taken]

    def close(self) -> None:
        self.gate.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
