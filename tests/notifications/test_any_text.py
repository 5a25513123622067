"""Whatever an actor writes, a receiver reads."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from tests.notifications.receiver import Receiver, receiving
from tests.notifications.test_webhook import SECRET, parsed
from tfx_hallmark.notifications.webhook import open_webhook
from tfx_hallmark.registry import events
from tfx_hallmark.registry.destinations import WebhookSettings
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.registry import Registry

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


@pytest.fixture(scope="module")
def listener() -> Iterator[Receiver]:
    with receiving(Receiver()) as one:
        yield one


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(actor=TEXT, reason=TEXT, key=TEXT, note=TEXT)
def test_any_text_arrives_as_it_is_and_is_verified(
    listener: Receiver,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    actor: str,
    reason: str,
    key: str,
    note: str,
) -> None:
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    model = Registry.create(tmp_path / "models").model("penguin")
    event = Event(
        schema=1,
        seq=1,
        model="penguin",
        time="2026-11-21T12:00:00.000000Z",
        actor=actor,
        reason=reason,
        prev=events.GENESIS,
        data=events.Annotated(version="1.0.0", notes={key: note}),
    )
    url = f"{listener.address}/in"
    channel = open_webhook(WebhookSettings(name="ci", url=url, secret_env="HOOK_SECRET"))
    listener.got.clear()
    channel.send(model, event, events.seal(event)[1])
    request = listener.only
    told = parsed(request).get_data()
    assert (told["actor"], told["reason"], told["data"]["notes"]) == (actor, reason, {key: note})
    assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(request.body)
    sent = {"host", "connection", "accept-encoding", "content-length", "content-type", "user-agent"}
    assert request.headers.keys() == sent | {"webhook-id", "webhook-timestamp", "webhook-signature"}
