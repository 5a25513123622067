"""What a person who is signed in may do, and how it stands in the log."""

import re
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.dashboard.browser import HOST, Browser, Form
from tests.dashboard.conftest import TOKEN
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry


@pytest.fixture
def model(own_history: Path) -> Model:
    return Registry.open(own_history).model("penguin")


def test_i11_a_rollback_is_an_event_with_actor_and_reason(signed_in: Browser, model: Model) -> None:
    answer = signed_in.act("rollback", reason="accuracy fell on Biscoe")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/models/penguin"
    event = next(model.newest_first())
    assert (event.kind, event.actor, event.reason) == ("rolled_back", "Ada (page)", "accuracy fell on Biscoe")
    assert model.state.stable is not None
    assert model.state.stable.version == "1.0.0"


def test_the_next_page_tells_once_what_was_done(signed_in: Browser) -> None:
    signed_in.act("rollback", reason="accuracy fell", version="1.0.0")
    assert (
        "rolled back from release 2"
        in signed_in.get("/models/penguin").text.split("<main")[1].split("<h2")[0]
    )
    assert "rolled back from release 2" not in signed_in.get("/sign-in").text


def test_a_label_is_promoted(signed_in: Browser, model: Model) -> None:
    answer = signed_in.act(
        "promote", version="1.0.0", label="shadow", reason="compare", back="/models/penguin/versions/1.0.0"
    )
    assert answer.headers["location"] == "/models/penguin/versions/1.0.0"
    shadow = model.state.labelled("shadow")
    assert shadow is not None
    assert shadow.version == "1.0.0"


def test_i9_what_is_quarantined_is_not_promoted_until_it_is_let_out(signed_in: Browser, model: Model) -> None:
    assert signed_in.act("quarantine", version="1.0.0", reason="leaked labels").status_code == 303
    assert model.version("1.0.0").state.quarantined == "leaked labels"
    refused = signed_in.act("promote", version="1.0.0", label="shadow", reason="try")
    assert refused.status_code == 409
    assert "quarantine" in refused.text
    assert signed_in.act("unquarantine", version="1.0.0", reason="a mistake").status_code == 303
    assert model.version("1.0.0").state.quarantined is None
    assert [event.actor for event, _ in zip(model.newest_first(), range(2), strict=False)] == [
        "Ada (page)"
    ] * 2


@pytest.mark.parametrize(
    ("action", "fields", "status", "line"),
    [
        ("rollback", {"reason": "  "}, 400, "no reason is given"),
        ("rollback", {}, 400, "no reason is given"),
        ("quarantine", {"reason": "x", "version": "9.9.9"}, 404, "9.9.9"),
        ("quarantine", {"reason": "x", "version": "../../etc"}, 400, "../../etc"),
        ("quarantine", {"reason": "x"}, 422, "version: field required"),
        ("promote", {"reason": "x", "version": "1.0.1", "label": "stable"}, 409, "1.0.1"),
        ("unquarantine", {"reason": "x", "version": "1.0.1"}, 409, "penguin 1.0.1 is not in quarantine"),
        ("promote", {"reason": "x", "version": "1.0.0", "label": "7"}, 400, "label"),
        ("promote", {"reason": "x", "version": "1.0.0", "label": "<b>"}, 400, "label"),
    ],
)
def test_what_is_refused_is_said_in_one_line_and_changes_nothing(
    signed_in: Browser, model: Model, action: str, fields: dict[str, str], status: int, line: str
) -> None:
    before = model.state.seq
    answer = signed_in.act(action, **fields)
    assert answer.status_code == status
    said = re.search(r'role="alert">(.*?)</p>', answer.text, re.DOTALL)
    assert said is not None
    assert line in said[1]
    assert "\n" not in said[1].strip()
    assert model.state.seq == before


@pytest.mark.parametrize("model_name", ["walrus", "..%2fpenguin", "%2e%2e", "penguin%00"])
def test_there_is_no_action_on_what_is_no_model(signed_in: Browser, model_name: str) -> None:
    assert signed_in.act("rollback", model=model_name, reason="x").status_code in {400, 404}


def test_there_is_no_action_of_another_name(signed_in: Browser) -> None:
    assert signed_in.act("delete", reason="x").status_code == 404


@pytest.mark.parametrize("action", ["promote", "rollback", "quarantine", "unquarantine"])
def test_a_link_is_never_an_action(signed_in: Browser, model: Model, action: str) -> None:
    before = model.state.seq
    fields = f"version=1.0.0&label=stable&reason=x&csrf={signed_in.csrf()}"
    assert signed_in.get(f"/models/penguin/actions/{action}?{fields}").status_code == 405
    assert model.state.seq == before


@pytest.mark.parametrize("csrf", ["", "wrong", "ü", None])
def test_a_form_that_we_did_not_give_does_nothing(signed_in: Browser, model: Model, csrf: str | None) -> None:
    before = model.state.seq
    fields = {"reason": "x"} if csrf is None else {"reason": "x", "csrf": csrf}
    answer = signed_in.post("/models/penguin/actions/rollback", fields)
    assert answer.status_code == 403
    assert model.state.seq == before


def test_nobody_acts_with_the_form_of_another_person(
    acting_page: Callable[..., Browser], model: Model
) -> None:
    ada = acting_page()
    ada.sign_in(TOKEN)
    grace = Browser(ada.app)
    grace.sign_in(TOKEN, name="Grace")
    answer = grace.post("/models/penguin/actions/rollback", {"reason": "x", "csrf": ada.csrf()})
    assert answer.status_code == 403


def test_nobody_acts_without_signing_in(acting_page: Callable[..., Browser], model: Model) -> None:
    before = model.state.seq
    answer = acting_page().post("/models/penguin/actions/rollback", {"reason": "x", "csrf": ""})
    assert answer.status_code == 403
    assert "sign in first" in answer.text
    assert model.state.seq == before


@pytest.mark.parametrize("length", [70_000, 1_000_000])
def test_a_form_that_is_too_long_is_not_read_to_its_end(
    signed_in: Browser, model: Model, length: int
) -> None:
    before = model.state.seq
    assert signed_in.act("rollback", reason="x" * length).status_code == 413
    assert model.state.seq == before


def test_the_forms_on_the_pages_do_what_they_say(signed_in: Browser, model: Model) -> None:
    page = "/models/penguin/versions/1.0.0"
    for action, filled in (
        ("promote", {"label": "shadow", "reason": "compare"}),
        ("quarantine", {"reason": "leaked labels"}),
        ("unquarantine", {"reason": "a mistake"}),
    ):
        address = f"/models/penguin/actions/{action}"
        form = Form(address, signed_in.get(page).text)
        assert form.found, action
        answer = signed_in.post(address, {**form.fields, **filled})
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        assert next(model.newest_first()).reason == filled["reason"]
    form = Form("/models/penguin/actions/rollback", signed_in.get("/models/penguin").text)
    assert (
        signed_in.post("/models/penguin/actions/rollback", {**form.fields, "reason": "fell"}).status_code
        == 303
    )
    assert next(model.newest_first()).kind == "rolled_back"


def test_pages_have_no_forms_for_who_is_not_signed_in(acting_page: Callable[..., Browser]) -> None:
    browser = acting_page()
    for page in ("/models/penguin", "/models/penguin/versions/1.0.0"):
        assert "/actions/" not in browser.get(page).text


def test_after_a_commit_the_sync_is_started_and_after_a_refusal_it_is_not(
    acting_page: Callable[..., Browser],
) -> None:
    told: list[str] = []
    browser = acting_page(committed=told.append)
    browser.sign_in(TOKEN)
    browser.act("quarantine", version="9.9.9", reason="x")
    assert told == []
    browser.act("quarantine", version="1.0.0", reason="x")
    assert told == ["penguin"]


def test_of_two_who_roll_back_at_once_both_are_heard_one_after_the_other(
    acting_page: Callable[..., Browser], model: Model
) -> None:
    first = acting_page()
    browsers = [first, Browser(first.app), Browser(first.app)]
    forms = []
    for number, browser in enumerate(browsers):
        browser.sign_in(TOKEN, name=f"person {number}")
        forms.append(browser.csrf())
    before = model.state.seq
    statuses: list[int] = []

    def act(browser: Browser, csrf: str) -> None:
        fields = {"csrf": csrf, "version": "1.0.0", "label": "shadow", "reason": "at once"}
        statuses.append(browser.post("/models/penguin/actions/promote", fields).status_code)

    threads = [threading.Thread(target=act, args=pair) for pair in zip(browsers, forms, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 303 in statuses
    assert set(statuses) <= {303, 409}
    assert model.state.seq == before + statuses.count(303)


def test_the_page_shows_at_once_what_another_process_did(signed_in: Browser, own_history: Path) -> None:
    assert signed_in.get("/api/models/penguin/versions/1.0.0").json()["status"] == "published"
    Registry.open(own_history).model("penguin").quarantine("1.0.0", reason="from a shell")
    assert signed_in.get("/api/models/penguin/versions/1.0.0").json()["status"] == "quarantined"
    assert "from a shell" in signed_in.get("/models/penguin/versions/1.0.0").text


def test_the_host_is_checked_before_anything_is_done(signed_in: Browser, model: Model) -> None:
    before = model.state.seq
    evil = {"Host": f"{HOST}.evil.example", "Origin": f"http://{HOST}.evil.example"}
    fields = {"csrf": signed_in.csrf(), "reason": "x"}
    assert signed_in.post("/models/penguin/actions/rollback", fields, evil).status_code == 421
    assert model.state.seq == before
