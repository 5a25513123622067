"""Who is answered, what an answer forbids the browser, and what never reaches the disk."""

import re
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.dashboard.browser import Browser
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.settings import Settings

PAGES = (
    "/",
    "/audit",
    "/deliveries",
    "/models/penguin",
    "/models/penguin/versions/1.0.2",
    "/models/penguin/compare?version=1.0.0&version=1.0.2",
)
ANSWERS = ("/api/models", "/openapi.json", "/metrics")
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.0.0.1:8765", "localhost:1", "LOCALHOST", "localhost.", "[::1]:80"]
)
def test_requests_to_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost:8765.evil.example",
        "",
        "127.0.0.1@evil.example",
        "0.0.0.0",
    ],
)
@pytest.mark.parametrize("path", ["/", "/api/models", "/metrics", "/static/style.css", "/nowhere"])
def test_requests_to_another_host_are_not_answered(client: TestClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code == 421
    assert "penguin" not in answer.text


def test_two_host_headers_are_not_answered(client: TestClient) -> None:
    assert client.get("/", headers=[("Host", "127.0.0.1"), ("Host", "evil.example")]).status_code == 421


def test_a_host_that_was_allowed_is_answered(history: Path) -> None:
    client = Browser(create_app(Settings(root=history, hosts=("models.example.org",)))).client
    assert client.get("/", headers={"Host": "models.example.org"}).status_code == 200
    assert client.get("/", headers={"Host": "127.0.0.1"}).status_code == 421


@pytest.mark.parametrize(
    "path", [*PAGES, *ANSWERS, "/nowhere", "/models/..", "/static/style.css", "/static/nothing"]
)
def test_every_answer_forbids_what_it_does_not_need(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    # Not no-referrer, which would make browsers hide where our own forms come from.
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in headers
    assert "set-cookie" not in headers


def test_an_answer_to_another_host_has_the_headers_too(client: TestClient) -> None:
    assert client.get("/", headers={"Host": "evil.example"}).headers["content-security-policy"] == CSP


@pytest.mark.parametrize("path", [*PAGES, *ANSWERS, "/nowhere"])
def test_pages_are_not_kept_in_a_cache(client: TestClient, path: str) -> None:
    assert client.get(path).headers["cache-control"] == "no-store"


def test_static_files_are_asked_for_again_by_their_etag(client: TestClient) -> None:
    answer = client.get("/static/style.css")
    assert answer.headers["cache-control"] == "no-cache"
    again = client.get("/static/style.css", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


OUTSIDE = (
    "%2e%2e",
    "..%2f..%2f..%2fetc%2fpasswd",
    "..%5c..%5cetc",
    "%252e%252e%252fetc",
    "%2fetc%2fpasswd",
    "penguin%00",
    ".hallmark",
    "~root",
    "models.config",
    "%c0%ae%c0%ae",
    "penguin%2f..%2fseal",
    "a" * 5000,
)
WITH_MODEL = (
    "/models/{}",
    "/models/{}/versions/1.0.0",
    "/models/{}/compare?version=1.0.0&version=1.0.2",
    "/models/{}/versions/1.0.0/lineage",
    "/metrics/{}",
    "/api/models/{}",
    "/api/models/{}/versions",
    "/api/models/{}/versions/1.0.0",
    "/api/models/{}/versions/1.0.0/verdict",
    "/api/models/{}/events",
    "/api/models/{}/compare?version=1.0.0&version=1.0.2",
    "/api/models/{}/versions/1.0.0/lineage",
)
WITH_VERSION = (
    "/models/penguin/versions/{}",
    "/models/penguin/versions/{}/lineage",
    "/models/penguin/compare?version=1.0.0&version={}",
    "/api/models/penguin/versions/{}",
    "/api/models/penguin/versions/{}/verdict",
    "/api/models/penguin/compare?version=1.0.0&version={}",
    "/api/models/penguin/versions/{}/lineage",
)


@pytest.mark.parametrize(
    "path", [*WITH_MODEL, *WITH_VERSION, "/static/{}", "/static/x/{}", "/lineage/artifacts/{}"]
)
def test_no_name_in_an_address_leads_out_of_the_registry(client: TestClient, path: str) -> None:
    for name in OUTSIDE:
        answer = client.get(path.format(name))
        assert answer.status_code in {400, 404, 422}, name
        assert "root:x:" not in answer.text
        assert "Traceback" not in answer.text


def test_names_that_were_asked_for_leave_no_trace_on_the_disk(history: Path, client: TestClient) -> None:
    def everything() -> set[Path]:
        return set(history.rglob("*"))

    before = everything()
    for name in ("walrus", "orca", "penguin/../walrus"):
        assert client.get(f"/models/{name}").status_code == 404
        assert client.get(f"/api/models/{name}/events").status_code == 404
    assert everything() == before


@pytest.mark.parametrize("path", [*PAGES, *ANSWERS])
def test_reading_changes_nothing(history: Path, client: TestClient, path: str) -> None:
    before = {file: file.stat().st_mtime_ns for file in history.rglob("*")}
    assert client.get(path).status_code == 200
    assert {file: file.stat().st_mtime_ns for file in history.rglob("*")} == before


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
@pytest.mark.parametrize("path", [*PAGES, *ANSWERS, "/static/style.css"])
def test_pages_take_no_other_method(client: TestClient, method: str, path: str) -> None:
    own = {"Origin": "http://127.0.0.1:8765"}
    answer = client.request(method, path, headers=own)
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("path", [*PAGES, *ANSWERS, "/static/style.css", "/nowhere"])
def test_head_gives_the_headers_of_get(client: TestClient, path: str) -> None:
    got, asked = client.get(path), client.head(path)
    assert asked.status_code == got.status_code
    assert asked.headers["content-type"] == got.headers["content-type"]
    assert asked.content == b""


def test_a_page_without_actions_has_no_way_to_sign_in(client: TestClient) -> None:
    own = {"Origin": "http://127.0.0.1:8765"}
    assert client.get("/sign-in").status_code == 404
    assert client.post("/sign-in", headers=own, data={"name": "Ada", "token": ""}).status_code == 404
    assert (
        client.post("/models/penguin/actions/rollback", headers=own, data={"reason": "x"}).status_code == 404
    )
    assert not re.search("sign.in", client.get("/").text, re.IGNORECASE)


def test_what_is_wrong_is_a_page_for_people_and_json_for_programs(client: TestClient) -> None:
    page = client.get("/models/walrus")
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "there is no model &#39;walrus&#39;" in page.text
    answer = client.get("/api/models/walrus")
    assert answer.status_code == 404
    assert answer.json() == {"error": "there is no model 'walrus'"}


def test_a_damaged_log_is_said_in_one_line(own_history: Path) -> None:
    event = sorted((own_history / ".hallmark/penguin/log").iterdir())[3]
    event.chmod(0o644)
    event.write_bytes(event.read_bytes()[:-30])
    for saved in (own_history / ".hallmark/penguin/checkpoint").glob("*"):
        saved.unlink()
    client = Browser(create_app(Settings(root=own_history))).client
    answer = client.get("/api/models/penguin")
    assert answer.status_code == 503
    assert "is truncated or was edited" in answer.json()["error"]
    assert client.get("/models/penguin").status_code == 503
    assert client.get("/api/models/seal").status_code == 200
