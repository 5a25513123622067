"""docs/notifications.md: what it says is so, and its code does what it says."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks import WebhookVerificationError

from tests.lineage.history import NAMES
from tests.markdown import blocks, scripts
from tests.notifications.receiver import Receiver
from tests.notifications.test_webhook import OTHER, SECRET, send
from tfx_hallmark.notifications.cloud_event import TYPES
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

PAGE = Path(__file__).parents[2] / "docs" / "notifications.md"


def shape(value: Any) -> Any:
    """Gives a document's fields and what kinds of values they have."""
    if isinstance(value, Mapping):
        return {name: shape(one) for name, one in value.items()}
    return type(value).__name__


def test_the_code_that_verifies_takes_what_is_genuine_and_nothing_else(
    receiver: Receiver, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = scripts(PAGE)
    with_library: dict[str, Any] = {}
    without: dict[str, Any] = {}
    exec(code["receive.py"], with_library)
    exec(code["verify.py"], without)
    monkeypatch.setenv("HALLMARK_CI_SECRET", SECRET)
    request = send(receiver, model, published, secret_env="HALLMARK_CI_SECRET")
    event = with_library["event_of"](request.headers, request.body)
    assert event["id"] == published[1]
    assert without["is_genuine"](request.headers, request.body, SECRET)

    changed = request.body.replace(b"1.0.0", b"9.9.9")
    for headers, body, secret in (
        (request.headers, changed, SECRET),
        (request.headers, request.body, OTHER),
        ({**request.headers, "webhook-id": "0" * 64}, request.body, SECRET),
        ({**request.headers, "webhook-timestamp": "1795315502"}, request.body, SECRET),
    ):
        monkeypatch.setenv("HALLMARK_CI_SECRET", secret)
        assert not without["is_genuine"](headers, body, secret)
        with pytest.raises(WebhookVerificationError):
            with_library["event_of"](headers, body)


def test_an_old_request_is_not_taken_a_second_time(
    receiver: Receiver, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code: dict[str, Any] = {}
    exec(scripts(PAGE)["verify.py"], code)
    monkeypatch.setenv("HALLMARK_CI_SECRET", SECRET)
    request = send(receiver, model, published, secret_env="HALLMARK_CI_SECRET")
    made = int(request.headers["webhook-timestamp"])
    monkeypatch.setattr("time.time", lambda: made + 299)
    assert code["is_genuine"](request.headers, request.body, SECRET)
    monkeypatch.setattr("time.time", lambda: made + 301)
    assert not code["is_genuine"](request.headers, request.body, SECRET)


def test_the_request_on_the_page_has_the_form_of_a_real_one(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HALLMARK_UI_URL", "https://models.example.com")
    monkeypatch.setenv("HALLMARK_CI_SECRET", SECRET)
    request = send(receiver, model, published, secret_env="HALLMARK_CI_SECRET")
    [shown] = [json.loads(block.code) for block in blocks(PAGE, "json")]
    real = json.loads(request.body)
    # This one was published past the gate, the one on the page beat a baseline.
    for document in (shown, real):
        document["data"]["data"].update(baseline="", override="")
    assert shape(shown) == shape(real)
    [head] = blocks(PAGE, "http")
    named = dict(line.split(": ", 1) for line in head.code.splitlines()[1:])
    told = {name.lower() for name in named}
    assert told == request.headers.keys() - {"accept-encoding", "connection", "content-length"}
    assert named["Content-Type"] == request.headers["content-type"]
    assert named["User-Agent"] == request.headers["user-agent"]


def test_every_kind_of_event_is_on_the_page() -> None:
    page = PAGE.read_text()
    rows = re.findall(r"^\| ((?:`[a-z_]+`(?:, )?)+) \|", page[page.index("\n## The types") :], re.MULTILINE)
    assert NAMES.keys() <= set(", ".join(rows).replace("`", "").split(", "))
    assert f"`{TYPES}`" in page


def test_every_service_on_the_page_is_one_that_apprise_knows() -> None:
    from apprise import Apprise

    known = {
        scheme
        for one in Apprise().details()["schemas"]
        for kind in ("protocols", "secure_protocols")
        for scheme in one[kind] or ()
    }
    page = PAGE.read_text()
    shown = set(re.findall(r"([a-z]+)://", page[page.index("\n## People") :])) - {"https"}
    assert len(shown) >= 6
    assert shown <= known
