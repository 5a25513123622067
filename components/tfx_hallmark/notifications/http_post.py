"""One POST to an address that somebody else runs.

No redirect is followed, certificates are verified, proxies of the environment are used, and an answer that comes
drop by drop, or never ends, is waited for no longer than one that does not come.
"""

import functools
import http.client
import io
import socket
import ssl
import time
import urllib.request
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import msgspec

_READ = 4096  # bytes of an answer; the rest is nobody's business
_LONGEST_WAIT = 24 * 3600.0  # seconds


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back.

    Attributes:
        status: The HTTP status.
        start: The first bytes of the answer, where it is no success.
        retry_after: Seconds for which the receiver asks to be left alone; None if it does not.
    """

    status: int
    start: bytes
    retry_after: float | None


def post(url: str, body: bytes, headers: Mapping[str, str], *, timeout: float) -> Answer:
    """Send a request and return the answer, whatever its status.

    Args:
        url: The address, as `check_address` takes it.
        body: What to send.
        headers: The headers.
        timeout: Seconds until the answer must have come.

    Raises:
        OSError: If no answer comes.
        http.client.HTTPException: If what comes is no HTTP.
    """
    deadline = time.monotonic() + timeout
    opener = urllib.request.OpenerDirector()
    # Those that open files, and those that follow or judge an answer, are left out.
    for handler in (
        urllib.request.ProxyHandler(),
        _Plain(deadline),
        _Secure(deadline),
        urllib.request.UnknownHandler(),
    ):
        opener.add_handler(handler)
    request = urllib.request.Request(url, body, dict(headers), method="POST")  # noqa: S310 - checked by check_address
    with opener.open(request, timeout=timeout) as response:
        status = response.status
        return Answer(
            status=status,
            start=b"" if 200 <= status < 300 else _start(response),
            retry_after=_wanted_wait(response.headers.get("Retry-After")),
        )


class _Drops(io.RawIOBase):
    # What a socket receives, until the deadline: its own timeout begins anew with every drop.

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline
        self._raw = sock.makefile("rb", buffering=0)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._sock.settimeout(left)
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _ReadUntil:
    # All that HTTPResponse asks of a socket.

    def __init__(self, sock: socket.socket, deadline: float) -> None:
        self._sock, self._deadline = sock, deadline

    def makefile(self, _: str) -> io.BufferedReader:
        return io.BufferedReader(_Drops(self._sock, self._deadline))


def _connection(
    kind: type[http.client.HTTPConnection], deadline: float, host: str, **arguments: object
) -> http.client.HTTPConnection:
    connection = kind(host, **arguments)  # type: ignore[arg-type]

    def response(sock: socket.socket, **named: object) -> http.client.HTTPResponse:
        return http.client.HTTPResponse(_ReadUntil(sock, deadline), **named)  # type: ignore[arg-type]

    connection.response_class = response  # type: ignore[assignment]
    return connection


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def http_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        opened = functools.partial(_connection, http.client.HTTPConnection, self._deadline)
        return self.do_open(opened, req)


class _Secure(urllib.request.HTTPSHandler):
    def __init__(self, deadline: float) -> None:
        super().__init__()
        self._deadline = deadline

    def https_open(self, req: urllib.request.Request) -> http.client.HTTPResponse:
        opened = functools.partial(_connection, http.client.HTTPSConnection, self._deadline)
        return self.do_open(opened, req, context=ssl.create_default_context())


def _start(response: http.client.HTTPResponse) -> bytes:
    try:
        return response.read(_READ)
    except (OSError, http.client.HTTPException):
        return b""  # the status says enough


def _wanted_wait(text: str | None) -> float | None:
    """Read the header Retry-After: seconds, or a date."""
    text = (text or "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _LONGEST_WAIT)
    try:
        left = parsedate_to_datetime(text).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(max(left, 0.0), _LONGEST_WAIT)
