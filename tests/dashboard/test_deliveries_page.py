"""The page of what goes to mirrors, webhooks and people."""

import json
from pathlib import Path

from tests.dashboard.browser import Browser
from tests.dashboard.scraped import page_over
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.destinations import Destinations, NotificationSettings, WebhookSettings
from tfx_hallmark.registry.registry import Registry

HOSTILE = "<script>alert(1)</script> answered 500"


def configured(root: Path) -> Browser:
    set_in(
        root,
        destinations=Destinations(
            webhooks=(WebhookSettings(name="ci", url="https://ci.example.com/hook"),),
            notifications=(NotificationSettings(name="oncall", url_env="ONCALL_URL"),),
        ),
    )
    return page_over(root)


def test_it_shows_what_waits_and_why(own_history: Path) -> None:
    page = configured(own_history)
    events = Registry.open(own_history).model("penguin").state.seq
    failed = {"time": "2026-11-20T10:00:00.000000Z", "first": 3, "last": 3, "seconds": 0.2, "error": HOSTILE}
    done = {"time": "2026-11-20T09:00:00.000000Z", "first": 1, "last": 2, "seconds": 0.1}
    record = own_history / ".hallmark/penguin/deliveries/ci.json"
    record.parent.mkdir()
    record.write_text(json.dumps({"delivered": 2, "failures": 1, "attempts": [done, failed]}))
    text = page.get("/deliveries").text
    assert f"{events - 2} waiting" in text
    assert "all delivered" in text
    assert "$ONCALL_URL" in text
    assert text.index("2026-11-20 10:00:00") < text.index("2026-11-20 09:00:00")
    assert "1 to 2" in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt; answered 500" in text
    assert "<script>alert" not in text


def test_without_destinations_it_says_how_to_have_some(own_history: Path) -> None:
    assert "hallmark config --deliveries FILE" in page_over(own_history).get("/deliveries").text


def test_a_damaged_record_hides_no_other_model(own_history: Path) -> None:
    page = configured(own_history)
    record = own_history / ".hallmark/penguin/deliveries/ci.json"
    record.parent.mkdir()
    record.write_text("{")
    answer = page.get("/deliveries")
    assert answer.status_code == 200
    assert "deliveries/ci.json is damaged" in answer.text
