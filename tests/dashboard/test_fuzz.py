"""No request, however made, gets more out of the server than a plain answer: never a 5xx, never a traceback."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dashboard.conftest import TOKEN
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings

WORDS = (
    *("", "/", "models", "penguin", "seal", "versions", "1.0.0", "1.0.2", "1", "stable", "latest", "compare"),
    *(
        "lineage",
        "artifacts",
        "audit",
        "api",
        "events",
        "verdict",
        "impact",
        "static",
        "style.css",
        "actions",
    ),
    *(
        "rollback",
        "promote",
        "quarantine",
        "sign-in",
        "sign-out",
        "openapi.json",
        "metrics",
        "..",
        ".",
        "%2e%2e",
        "\x00",
    ),
    *(
        "b3:",
        "b3:" + "0" * 64,
        "-1",
        "9" * 30,
        "NaN",
        "1e400",
        "\u202e",
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ),
)
NAMES = (
    "q",
    "status",
    "label",
    "sort",
    "page",
    "size",
    "kind",
    "actor",
    "before",
    "limit",
    "version",
    "subject",
    "model",
    "direction",
    "depth",
    "metric",
    "slice",
    "back",
    "changed",
)

segment = st.one_of(st.sampled_from(WORDS), st.text(max_size=20))
path = st.lists(segment, max_size=7).map(lambda parts: "/" + "/".join(parts))
query = st.one_of(
    st.binary(max_size=60),
    st.lists(st.tuples(st.sampled_from(NAMES), segment), max_size=4).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode("utf-8", "replace")
    ),
)
method = st.one_of(
    st.sampled_from(("GET", "GET", "GET", "HEAD", "POST", "PUT", "OPTIONS")), st.text("ABCXYZ", min_size=1)
)
header_name = st.sampled_from(
    (
        b"accept",
        b"content-type",
        b"content-length",
        b"cookie",
        b"origin",
        b"sec-fetch-site",
        b"range",
        b"if-none-match",
        b"if-modified-since",
        b"x-forwarded-host",
        b"x-http-method-override",
        b"transfer-encoding",
    )
)
header_value = st.one_of(
    st.binary(max_size=60).map(lambda value: value.replace(b"\r", b"").replace(b"\n", b"")),
    st.sampled_from(
        (
            b"application/x-www-form-urlencoded",
            b"multipart/form-data; boundary=x",
            b"application/json",
            b"application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4",
            b"application/openmetrics-text; version=\xff; escaping=\xfe",
            b"bytes=0-",
            b"bytes=9-1,-5",
            b"http://127.0.0.1",
            b"same-origin",
            b"hallmark_session=x",
            b"*",
            b"-1",
        )
    ),
)
headers = st.lists(st.tuples(header_name, header_value), max_size=4)
body = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        (
            b"name=Ada&token=x",
            b"csrf=x&reason=y",
            b"--x\r\nContent-Disposition: form-data; name=name\r\n\r\na",
        )
    ),
)


@pytest.fixture(scope="module")
def app(history: Path) -> Iterator[Any]:
    return create_app(Settings(root=history, token=TOKEN))


def call(
    app: Any, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> Any:
    """Sends one request past every library that would put it right first; gives status, headers and body."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode("utf-8", "replace"),
        "root_path": "",
        "query_string": query,
        "headers": [(b"host", b"127.0.0.1"), *headers],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 8765),
    }
    sent: list[Any] = []
    waiting = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return waiting.pop() if waiting else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    # What the application raises comes out here and fails the test.
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], dict(sent[0]["headers"]), b"".join(part.get("body", b"") for part in sent[1:])


@given(method=method, path=path, query=query, headers=headers, body=body)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_request_gets_a_plain_answer(
    app: Any, method: str, path: str, query: bytes, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    status, answered, content = call(app, method, path, query, headers, body)
    assert status < 500
    assert b"Traceback" not in content
    assert b"content-security-policy" in answered


@given(
    accept=st.one_of(
        header_value,
        st.lists(
            st.sampled_from(
                (
                    "application/openmetrics-text",
                    "text/plain",
                    ";",
                    ",",
                    "version=",
                    "1.0.0",
                    "x",
                    " ",
                    "escaping=",
                )
            ),
            max_size=8,
        ).map(lambda parts: "".join(parts).encode()),
    )
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_accept_header_gets_the_metrics_in_one_of_two_forms(app: Any, accept: bytes) -> None:
    status, answered, content = call(app, "GET", "/metrics", b"", [(b"accept", accept)], b"")
    assert status == 200
    form = answered[b"content-type"]
    assert form in {
        b"text/plain; version=0.0.4; charset=utf-8",
        b"application/openmetrics-text; version=1.0.0; charset=utf-8",
    }
    assert content.endswith(b"# EOF\n") == form.startswith(b"application/")


@given(
    host=st.one_of(
        st.binary(max_size=40), st.sampled_from((b"127.0.0.1:x", b"[::1", b"::1", b"127.0.0.1:8765:1"))
    )
)
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_host_is_either_ours_or_refused(app: Any, host: bytes) -> None:
    scope_headers = [(b"host", host)]
    status, _, _ = call_with_host(app, scope_headers)
    assert status in {200, 421}
    if status == 200:
        assert host.lower().split(b":")[0].rstrip(b".") in {
            b"127.0.0.1",
            b"localhost",
            b"[",
            b"",
            b"[127.0.0.1]",
        }


def call_with_host(app: Any, headers: list[tuple[bytes, bytes]]) -> Any:
    async def without_first_host(scope: Any, receive: Any, send: Any) -> None:
        await app({**scope, "headers": headers}, receive, send)

    return call(without_first_host, "GET", "/", b"", [], b"")


@pytest.mark.parametrize("path", ["/audit/", "/models/penguin/", "/api/models/"])
def test_an_address_with_a_slash_too_many_is_not_found_whatever_its_query(app: Any, path: str) -> None:
    for query in (b"", b"q=\xff"):
        status, _, _ = call(app, "GET", path, query, [], b"")
        assert status == 404
