"""A mail server on a free port that keeps what it gets."""

import contextlib
import email
import threading
import warnings
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import default
from typing import Any

import msgspec

with warnings.catch_warnings():
    # Both are gone from Python 3.12, which nothing here runs on.
    warnings.simplefilter("ignore", DeprecationWarning)
    import asyncore
    import smtpd


class Mailbox(msgspec.Struct):
    """What came in.

    Attributes:
        port: Where it listens.
        got: Each message, with those it is for.
        answer: What the server says to a message; None that it takes it.
    """

    port: int = 0
    got: list[tuple[list[str], EmailMessage]] = []
    answer: str | None = None


@contextlib.contextmanager
def mail_server() -> Iterator[Mailbox]:
    """Takes mail on a free port."""
    box, over, sockets = Mailbox(), threading.Event(), {}

    class Server(smtpd.SMTPServer):
        def process_message(self, _: Any, __: str, to: list[str], data: bytes, **___: Any) -> str | None:
            box.got.append((to, email.message_from_bytes(data, policy=default)))
            return box.answer

    server = Server(("127.0.0.1", 0), None, map=sockets)
    box.port = server.socket.getsockname()[1]

    def serve() -> None:
        while not over.is_set():
            asyncore.loop(timeout=0.02, count=1, map=sockets)
        asyncore.close_all(sockets)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield box
    finally:
        over.set()
        thread.join()
