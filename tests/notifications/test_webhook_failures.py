"""What a webhook says of a receiver that does not take an event."""

import datetime
import socket
import struct
from collections.abc import Callable
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest

from tests.notifications.receiver import Receiver, receiving
from tfx_hallmark.notifications.webhook import open_webhook
from tfx_hallmark.registry.destinations import WebhookSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

TOKEN = "T0KENofmine"


def failed(model: Model, sealed: tuple[Event, str], address: str, *, timeout: float = 60) -> DeliveryError:
    """Sends an event to a path that is secret, and gives the error, which must not tell it."""
    url = f"{address}/{TOKEN}?key={TOKEN}"
    with pytest.raises(DeliveryError) as caught:
        open_webhook(WebhookSettings(name="ci", url=url), timeout=timeout).send(model, *sealed)
    said = str(caught.value)
    assert said.startswith(f"webhook ci ({address}) ")
    assert said.isprintable()
    assert TOKEN not in said
    return caught.value


@pytest.mark.parametrize(
    ("status", "phrase", "lasting"),
    [
        (100 + 99, "", False),
        (301, "Moved Permanently", True),
        (304, "Not Modified", True),
        (400, "Bad Request", True),
        (401, "Unauthorized", True),
        (408, "Request Timeout", False),
        (410, "Gone", True),
        (425, "Too Early", False),
        (429, "Too Many Requests", False),
        (500, "Internal Server Error", False),
        (503, "Service Unavailable", False),
        (599, "", False),
    ],
)
def test_whatever_is_no_success_is_an_error_that_says_whether_it_lasts(
    receiver: Receiver, model: Model, published: tuple[Event, str], status: int, phrase: str, lasting: bool
) -> None:
    receiver.status = status
    error = failed(model, published, receiver.address)
    assert error.status == status
    assert error.lasting is lasting
    assert f" answered {status} {phrase}".rstrip() in str(error)
    assert len(receiver.got) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_success_is_one(
    receiver: Receiver, model: Model, published: tuple[Event, str], status: int
) -> None:
    receiver.status = status
    open_webhook(WebhookSettings(name="ci", url=receiver.address)).send(model, *published)
    assert len(receiver.got) == 1


def test_what_the_receiver_says_is_shown_without_what_could_harm_or_betray(
    receiver: Receiver, model: Model, published: tuple[Event, str]
) -> None:
    receiver.status = 404
    receiver.body = (
        f"cannot\r\nPOST /{TOKEN}?key={TOKEN}\x1b[2J \u202e at https://me:pw@db/ \xff {'x' * 200}".encode()
    )
    said = str(failed(model, published, receiver.address))
    assert "404 Not Found: cannot POST …?…\\x1b[2J \\u202e at https://[redacted]@db/ ÿ xxx" in said
    assert said.endswith("x…")
    assert len(said) < 250


def test_a_huge_answer_is_not_read(receiver: Receiver, model: Model, published: tuple[Event, str]) -> None:
    def flood(one: Receiver, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 999999999999\r\n\r\n")
        while not one.over.is_set():
            handler.wfile.write(b"y" * 65536)

    receiver.instead = flood
    assert "500 Internal Server Error: yyy" in str(failed(model, published, receiver.address))


@pytest.mark.timeout(60)
def test_an_answer_of_a_success_that_never_ends_is_a_success(
    receiver: Receiver, model: Model, published: tuple[Event, str]
) -> None:
    def endless(one: Receiver, handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        one.over.wait()

    receiver.instead = endless
    open_webhook(WebhookSettings(name="ci", url=receiver.address), timeout=3600).send(model, *published)


def silent(one: Receiver, _: BaseHTTPRequestHandler) -> None:
    one.over.wait()


def dripping(one: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """Sends a line after the other of a head that has no end."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not one.over.wait(0.05):
        handler.wfile.write(b"x")


def flooding(one: Receiver, handler: BaseHTTPRequestHandler) -> None:
    """Sends heads without end after which the true one is to come."""
    while not one.over.is_set():
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n" * 1000)


@pytest.mark.parametrize("how", [silent, dripping, flooding])
def test_who_does_not_answer_in_time_is_not_waited_for(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    how: Callable[[Receiver, BaseHTTPRequestHandler], None],
) -> None:
    receiver.instead = how
    error = failed(model, published, receiver.address, timeout=0.5)
    assert str(error).endswith("did not answer within 0.5 s")
    assert not error.lasting
    assert error.status is None


def resetting(_: Receiver, handler: BaseHTTPRequestHandler) -> None:
    # Closed with no time to linger, a connection ends with a reset.
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()


def nonsense(_: Receiver, handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"SSH-2.0-OpenSSH\x1b[2J_9.2\r\n")


def hanging_up(_: Receiver, handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (resetting, "could not be reached: Connection reset by peer"),
        (nonsense, "does not answer with HTTP"),
        (hanging_up, "could not be reached: Remote end closed connection without response"),
    ],
)
def test_a_connection_that_breaks_is_an_error_that_may_pass(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    how: Callable[[Receiver, BaseHTTPRequestHandler], None],
    said: str,
) -> None:
    receiver.instead = how
    error = failed(model, published, receiver.address)
    assert said in str(error)
    assert not error.lasting


def test_nobody_at_the_address_is_an_error_that_may_pass(model: Model, published: tuple[Event, str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and listens to nobody
        error = failed(model, published, f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert str(error).endswith("could not be reached: Connection refused")
    assert not error.lasting


def test_no_redirect_is_followed(receiver: Receiver, model: Model, published: tuple[Event, str]) -> None:
    with receiving(Receiver()) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            receiver.status, receiver.headers = status, {"Location": f"{elsewhere.address}/{TOKEN}"}
            error = failed(model, published, receiver.address)
            assert str(error).endswith(
                "redirects are not followed: give the address that takes events itself"
            )
    assert elsewhere.got == []


@pytest.mark.parametrize(
    ("wanted", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        ("99999999999", 86400, 86400),
        (lambda now: format_datetime(now + datetime.timedelta(hours=1), usegmt=True), 3000, 3600),
        (lambda now: format_datetime(now - datetime.timedelta(hours=1), usegmt=True), 0, 0),
        ("soon", None, None),
        ("-5", None, None),
        ("٣", None, None),
        (None, None, None),
    ],
)
def test_the_time_after_which_a_receiver_wants_to_be_asked_again_is_told(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    wanted: str | Callable[[datetime.datetime], str] | None,
    least: float | None,
    most: float | None,
) -> None:
    receiver.status = 503
    if wanted is not None:
        text = wanted if isinstance(wanted, str) else wanted(datetime.datetime.now(datetime.timezone.utc))
        receiver.headers = {"Retry-After": text.encode().decode("latin-1")}
    found = failed(model, published, receiver.address).retry_after
    assert found is most is None or (
        found is not None and least is not None and least <= found <= (most or 0)
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("hooks.example.com", "is no address on the web"),
        ("ftp://hooks.example.com", "is no address on the web"),
        ("file:///etc/passwd", "is no address on the web"),
        ("https:///hooks", "is no address on the web"),
        ("http://[::1", "is no address on the web"),
        ("http://hooks:0/", "is no address on the web"),
        ("http://hooks:99999/", "is no address on the web"),
        (f"https://{'a' * 64}.com/", "is no address on the web"),
        ("https://me:secret@hooks.example.com/", "holds a user name or password"),
        ("https://secret@hooks.example.com/", "holds a user name or password"),
        ("https://hooks/a b", "has characters that no address can have"),
        ("https://hooks/\r\nX-Secret: 1", "has characters that no address can have"),
        ("https://hooks/é", "has characters that no address can have"),
    ],
)
def test_an_address_that_can_never_work_is_refused_at_once(url: str, said: str) -> None:
    with pytest.raises(DeliveryError, match=f"^the url of webhook ci {said}") as caught:
        open_webhook(WebhookSettings(name="ci", url=url))
    assert str(caught.value).isprintable()
    assert "secret" not in str(caught.value).lower()
    assert caught.value.lasting
