"""What comes over the wire as no well-behaved client sends it, to a real `hallmark ui`."""

import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from tests.dashboard.running import Running, Starter
from tests.dashboard.scraped import OPENMETRICS, Read


@pytest.fixture(scope="module")
def server(history: Path) -> Iterator[Running]:
    """One server for all that is thrown at it: it has to stand it."""
    starter = Starter(history)
    yield starter()
    starter.end()


@pytest.mark.parametrize(
    "target",
    [
        "/static/../settings.py",
        "/static/../../../../../../../../../../etc/passwd",
        "/static//etc/passwd",
        "/static/%2e%2e/settings.py",
        "/static/..%2fsettings.py",
        "/models/../../etc/passwd",
        "/models/..",
        "/models/.",
        "//etc/passwd",
        "/static/\\..\\settings.py",
        "http://127.0.0.1/etc/passwd",
        "*",
    ],
)
def test_no_path_on_the_wire_leads_out(server: Running, target: str) -> None:
    answer = server.exchange(
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode()
    )
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500
    assert b"root:x:" not in answer
    assert b"LOCAL_HOSTS" not in answer


@pytest.mark.parametrize(
    "request_",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + b"a" * 200_000 + b"\r\n\r\n",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"".join(b"A%d: b\r\n" % n for n in range(20_000)) + b"\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"nonsense\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    ],
    ids=["long header", "long path", "many headers", "no host", "two hosts", "two lengths", "no length",
         "tls", "nonsense", "bytes"],
)  # fmt: skip
def test_a_broken_request_is_refused_and_the_next_one_answered(server: Running, request_: bytes) -> None:
    answer = server.exchange(request_)
    assert not answer or 400 <= int(answer.split(b" ", 2)[1]) < 500
    assert server.get().status == 200


def test_what_a_proxy_says_is_not_believed(start: Starter) -> None:
    server = start()
    with pytest.raises(urllib.error.HTTPError) as answer:
        server.get("/", Host="models.example.org", **{"X-Forwarded-Host": "127.0.0.1"})
    assert answer.value.code == 421
    allowed = start("--allowed-host", "models.example.org")
    assert allowed.get("/", Host="models.example.org").status == 200


def test_scrapes_at_once_are_all_answered_with_the_same(server: Running) -> None:
    def scrape(_: int) -> Read:
        with server.get("/metrics", Accept=OPENMETRICS) as answer:
            return Read(answer.read().decode(), text_string_to_metric_families)

    with ThreadPoolExecutor(4) as pool:
        first, *others = [
            {key: value for key, value in read.series.items() if "duration" not in key[0]}
            for read in pool.map(scrape, range(8))
        ]
    assert first
    assert all(other == first for other in others)
