"""Who may act: whoever knows the token, under the name they give, for as long as a session lasts."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dashboard.browser import ORIGIN, Browser, Form
from tests.dashboard.conftest import TOKEN
from tfx_hallmark.dashboard.app import create_app
from tfx_hallmark.dashboard.security.attempts import LOCKED_SECONDS, WRONG_TRIES, Attempts
from tfx_hallmark.dashboard.security.sessions import COOKIE, LIFETIME_SECONDS, Sessions
from tfx_hallmark.dashboard.settings import Settings


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_signing_in_leads_back_and_shows_who_it_is(acting_page: Callable[..., Browser]) -> None:
    browser = acting_page()
    page = browser.get("/sign-in?back=/models/penguin")
    assert Form("/sign-in", page.text).fields == {"back": "/models/penguin", "name": "", "token": ""}
    answer = browser.post("/sign-in", {"name": " Ada ", "token": TOKEN, "back": "/models/penguin"})
    assert answer.status_code == 303
    assert answer.headers["location"] == "/models/penguin"
    assert "Ada" in browser.get("/").text


def test_the_link_to_sign_in_leads_back_to_the_page(acting_page: Callable[..., Browser]) -> None:
    browser = acting_page()
    assert 'href="/sign-in?back=/models/penguin"' in browser.get("/models/penguin").text
    assert 'href="/sign-in"' in browser.get("/sign-in").text


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(acting_page: Callable[..., Browser]) -> None:
    cookie = acting_page().sign_in(TOKEN).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert "secure" not in cookie.replace("httponly", "")


def test_behind_tls_the_cookie_never_travels_without(acting_page: Callable[..., Browser]) -> None:
    browser = acting_page(hosts=("models.example.org",))
    headers = {"Host": "models.example.org", "Origin": "https://models.example.org"}
    answer = browser.post("/sign-in", {"name": "Ada", "token": TOKEN}, headers)
    assert "secure" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", "ü" * 20, TOKEN.upper()])
def test_a_wrong_token_gives_no_session(acting_page: Callable[..., Browser], token: str) -> None:
    answer = acting_page().sign_in(token)
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers
    assert TOKEN not in answer.text


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "n" * 101, "\u202eadA"])
def test_a_name_that_could_not_be_read_in_the_log_is_not_taken(
    acting_page: Callable[..., Browser], name: str
) -> None:
    assert acting_page().sign_in(TOKEN, name=name).status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://127.0.0.1"},
        {"Origin": f"{ORIGIN}.evil.example"},
        {"Origin": "http://[broken"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "same-site"},
        {"Origin": ORIGIN, "Sec-Fetch-Site": "none"},
        {},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/models/penguin/actions/rollback"])
def test_a_form_of_another_site_does_nothing(
    signed_in: Browser, own_history: Path, headers: dict[str, str], path: str
) -> None:
    log = sorted((own_history / ".hallmark/penguin/log").iterdir())
    data = {"csrf": signed_in.csrf(), "reason": "theirs", "name": "Eve", "token": TOKEN}
    answer = signed_in.client.post(path, data=data, headers=headers)
    assert answer.status_code == 403
    assert "does not come from a page of this server" in answer.text
    assert sorted((own_history / ".hallmark/penguin/log").iterdir()) == log
    assert "Ada" in signed_in.get("/").text


def test_one_proof_of_where_a_form_comes_from_is_enough(acting_page: Callable[..., Browser]) -> None:
    for headers in ({"Origin": ORIGIN}, {"Sec-Fetch-Site": "same-origin"}):
        answer = acting_page().client.post("/sign-in", data={"name": "Ada", "token": TOKEN}, headers=headers)
        assert answer.status_code == 303


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "/\n/evil.example",
        "evil.example",
        "/é",
        "//[",
        "",
    ],
)
def test_signing_in_leads_to_no_other_site(acting_page: Callable[..., Browser], back: str) -> None:
    browser = acting_page()
    assert Form("/sign-in", browser.get("/sign-in", params={"back": back}).text).fields["back"] == "/"
    assert browser.post("/sign-in", {"name": "Ada", "token": TOKEN, "back": back}).headers["location"] == "/"


def test_signing_out_ends_the_session_itself(signed_in: Browser) -> None:
    cookie = signed_in.client.cookies[COOKIE]
    csrf = signed_in.csrf()
    assert signed_in.post("/sign-out", {"csrf": csrf}).status_code == 303
    signed_in.client.cookies.set(COOKIE, cookie)
    assert "Ada" not in signed_in.get("/").text
    assert signed_in.post("/sign-out", {"csrf": csrf}).status_code == 403


def test_signing_in_takes_over_no_session_that_was_there(signed_in: Browser) -> None:
    before = signed_in.client.cookies[COOKIE]
    signed_in.sign_in(TOKEN, name="Grace")
    assert signed_in.client.cookies[COOKIE] != before
    signed_in.client.cookies.clear()
    signed_in.client.cookies.set(COOKIE, before)
    assert "Ada" not in signed_in.get("/").text


def test_a_session_ends_after_some_hours() -> None:
    clock = Clock()
    sessions = Sessions(clock)
    session = sessions.start("Ada")
    clock.now += LIFETIME_SECONDS - 1
    assert sessions.find(session.id) is session
    clock.now += 1
    assert sessions.find(session.id) is None


def test_sessions_are_told_apart_by_secrets() -> None:
    sessions = Sessions()
    started = [sessions.start("Ada") for _ in range(50)]
    assert len({session.id for session in started} | {session.csrf for session in started}) == 100
    assert all(len(session.id) >= 43 and len(session.csrf) >= 43 for session in started)
    assert sessions.find(None) is None
    assert sessions.find("") is None


def test_memory_for_sessions_is_bounded() -> None:
    sessions = Sessions()
    first = sessions.start("Ada")
    for _ in range(1000):
        last = sessions.start("Grace")
    assert sessions.find(first.id) is None
    assert sessions.find(last.id) is last


def test_after_too_many_wrong_tries_nobody_may_try_for_a_while(own_history: Path) -> None:
    clock = Clock()
    app = create_app(Settings(root=own_history, token=TOKEN))
    app.state.attempts = Attempts(TOKEN, clock)
    browser = Browser(app)
    for _ in range(WRONG_TRIES):
        assert browser.sign_in("wrong").status_code == 403
    locked = browser.sign_in(TOKEN)
    assert locked.status_code == 429
    assert 0 < int(locked.headers["retry-after"]) <= LOCKED_SECONDS
    assert "too many wrong tries" in locked.text
    clock.now += LOCKED_SECONDS
    assert browser.sign_in("wrong").status_code == 403
    assert browser.sign_in(TOKEN).status_code == 303


def test_the_right_token_makes_the_count_start_again() -> None:
    attempts = Attempts(TOKEN, Clock())
    for _ in range(5):
        assert not any(attempts.check("wrong") for _ in range(WRONG_TRIES - 1))
        assert attempts.check(TOKEN)
