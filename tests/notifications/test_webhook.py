"""A webhook gets every kind of event as a CloudEvent, signed as Standard Webhooks has it."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from cloudevents.core.bindings.http import HTTPMessage, from_http
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from standardwebhooks import Webhook, WebhookVerificationError

from tests.lineage.history import NAMES, commit, write_history
from tests.notifications.receiver import Receiver, Request
from tfx_hallmark.cli.main import app
from tfx_hallmark.dashboard.links import LiveLinks
from tfx_hallmark.notifications.webhook import open_webhook
from tfx_hallmark.registry import events
from tfx_hallmark.registry.destinations import WebhookSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
OTHER = "whsec_" + base64.b64encode(bytes(range(1, 33))).decode()


def parsed(request: Request) -> Any:
    """Gives the event as CloudEvents' own library reads it."""
    return from_http(HTTPMessage(request.headers, request.body), JSONFormat(), CloudEvent)


def send(receiver: Receiver, model: Model, sealed: tuple[Event, str], **settings: Any) -> Request:
    """Sends one event, and gives the only request that came."""
    url = f"{receiver.address}/hooks/1?for=penguin"
    open_webhook(WebhookSettings(name="ci", url=url, **settings)).send(model, *sealed)
    return receiver.only


def test_every_kind_of_event_arrives_as_a_cloud_event_with_what_the_log_shows(
    tmp_path: Path,
    receiver: Receiver,
    make_candidate: Callable[[int], Path],
    make_evaluation: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = write_history(tmp_path / "models", make_candidate, make_evaluation)
    monkeypatch.setenv("HOOK_SECRET", SECRET)
    settings = WebhookSettings(name="ci", url=f"{receiver.address}/hooks", secret_env="HOOK_SECRET")
    channel = open_webhook(settings)
    sealed = list(model.sealed_events())
    for event, seal in sealed:
        channel.send(model, event, seal)
    arguments = ["log", "penguin", "--all", "--json", "--root", str(tmp_path / "models")]
    logged = json.loads(CliRunner().invoke(app, arguments).stdout)["events"]

    assert len(receiver.got) == len(sealed) == len(logged)
    for request, (event, seal), told in zip(receiver.got, sealed, reversed(logged), strict=True):
        assert request.path == "/hooks"
        found = parsed(request)
        assert found.get_attributes() == {
            "specversion": "1.0",
            "id": seal,
            "source": (tmp_path / "models" / "penguin").as_uri(),
            "type": f"io.github.tfx-hallmark.{event.kind}",
            "subject": f"penguin@{event.data.version}",
            "time": found.get_time(),
            "sequence": f"{event.seq:020d}",
            "datacontenttype": "application/json",
        }
        assert found.get_time().isoformat().replace("+00:00", "Z").startswith(event.time[:19])
        data = found.get_data()
        assert {name: data[name] for name in told} == told
        release = told["release"]
        place = None if release is None else (tmp_path / "models" / "penguin" / str(release)).as_uri()
        rest = {"model": "penguin", "links": {"page": None, "release": place}, "cut": False}
        assert {name: value for name, value in data.items() if name not in told} == rest
        assert Webhook(SECRET).verify(request.body, request.headers) == json.loads(request.body)
    assert {parsed(request).get_type().rpartition(".")[2] for request in receiver.got} == NAMES.keys()
    assert len({request.headers["webhook-id"] for request in receiver.got}) == len(sealed)


def test_the_same_event_has_the_same_id_however_often_it_is_sent(
    receiver: Receiver, model: Model, published: tuple[Event, str]
) -> None:
    channel = open_webhook(WebhookSettings(name="ci", url=receiver.address))
    for _ in range(2):
        channel.send(model, *published)
    first, second = receiver.got
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == published[1]
    assert first.body == second.body


@pytest.mark.parametrize(
    ("held", "known"),
    [
        (SECRET, SECRET),
        (f" {SECRET}\n", SECRET),
        (SECRET.rstrip("="), SECRET),
        ("grün, as the ice", "grün, as the ice".encode()),
        (f"{OTHER} {SECRET}", SECRET),
        (f"{OTHER} {SECRET}", OTHER),
    ],
)
def test_a_receiver_with_the_secret_can_verify_the_request_and_no_other(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
    held: str,
    known: str | bytes,
) -> None:
    monkeypatch.setenv("HOOK_SECRET", held)
    request = send(receiver, model, published, secret_env="HOOK_SECRET")
    assert Webhook(known).verify(request.body, request.headers)["id"] == published[1]
    wrong = Webhook("whsec_" + base64.b64encode(b"somebody else's").decode())
    with pytest.raises(WebhookVerificationError):
        wrong.verify(request.body, request.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(known).verify(request.body.replace(b"1.0.0", b"9.9.9"), request.headers)


@pytest.mark.parametrize(
    ("held", "told"),
    [
        (
            None,
            "needs the secret that it signs with in the environment variable HOOK_SECRET, which is not set",
        ),
        ("", "which is not set here"),
        ("whsec_", "HOOK_SECRET holds no key"),
        ("whsec_pass word", "HOOK_SECRET holds no key"),
        ("whsec_p*ssword", "HOOK_SECRET holds no key"),
        ("whsk_password", "HOOK_SECRET holds a private key"),
    ],
)
def test_without_a_secret_to_sign_with_nothing_is_sent(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
    held: str | None,
    told: str,
) -> None:
    monkeypatch.delenv("HOOK_SECRET", raising=False)
    if held is not None:
        monkeypatch.setenv("HOOK_SECRET", held)
    channel = open_webhook(WebhookSettings(name="ci", url=receiver.address, secret_env="HOOK_SECRET"))
    with pytest.raises(DeliveryError, match=told) as caught:
        channel.send(model, *published)
    assert caught.value.lasting
    assert "\n" not in str(caught.value)
    assert "pass" not in str(caught.value).replace("password", "pass" * (held is None))
    assert receiver.got == []


def test_what_nobody_asked_to_sign_bears_an_id_and_no_signature(
    receiver: Receiver, model: Model, published: tuple[Event, str]
) -> None:
    request = send(receiver, model, published)
    assert request.path == "/hooks/1?for=penguin"
    assert request.headers["content-type"] == "application/cloudevents+json; charset=UTF-8"
    assert request.headers["user-agent"].startswith("tfx-hallmark/")
    assert request.headers["webhook-id"] == published[1]
    assert "webhook-signature" not in request.headers


def test_the_page_of_the_version_is_linked_where_the_pages_are_known(
    receiver: Receiver, model: Model, make_candidate: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    from tfx_hallmark.registry.numbering import Exactly

    model.tag(make_candidate(1), number=Exactly("1.0.0-rc.1+gpu"))
    monkeypatch.setenv("HALLMARK_UI_URL", "https://models.example.com/hallmark/")
    *_, tagged = model.sealed_events()
    links = parsed(send(receiver, model, tagged)).get_data()["links"]
    path = LiveLinks(has_lineage=False).version("penguin", "1.0.0-rc.1+gpu")
    assert links == {"page": f"https://models.example.com/hallmark{path}", "release": None}


@pytest.mark.parametrize(
    "url", ["models.example.com", "ftp://models.example.com", "https://me:pw@models", "http://a\nb"]
)
def test_pages_that_are_nowhere_are_told_in_one_line(
    receiver: Receiver,
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
    url: str,
) -> None:
    monkeypatch.setenv("HALLMARK_UI_URL", url)
    with pytest.raises(DeliveryError, match=r"HALLMARK_UI_URL (is no|holds a|has char)") as caught:
        send(receiver, model, published)
    assert caught.value.lasting
    assert "pw" not in str(caught.value)


def test_a_release_in_an_object_store_is_linked_by_its_url(
    receiver: Receiver, make_candidate: Callable[[int], Path]
) -> None:
    model = Registry.create("memory:///webhooks/some place").model("penguin")
    version = model.tag(make_candidate(1)).version
    model.push_unchecked(make_candidate(1), version, reason="a test")
    *_, published = model.sealed_events()
    found = parsed(send(receiver, model, published))
    assert found.get_source() == "memory:///webhooks/some%20place/penguin"
    assert found.get_data()["links"]["release"] == "memory:///webhooks/some%20place/penguin/1"


def test_an_event_too_long_for_a_receiver_comes_shortened_and_says_so(
    receiver: Receiver, root: Path, model: Model, publish: Callable[..., str]
) -> None:
    publish(1)
    commit(root, events.Annotated(version="1.0.0", description="é" * 20_000, notes={"a": "\x01" * 5000}))
    commit(root, events.Annotated(version="1.0.0", description="é" * 10_000))
    *_, longer, long = model.sealed_events()
    channel = open_webhook(WebhookSettings(name="ci", url=receiver.address))
    channel.send(model, *longer)
    channel.send(model, *long)
    shortened, whole = [parsed(request).get_data() for request in receiver.got]
    assert all(len(request.body) <= 64 * 1024 for request in receiver.got)
    assert shortened["cut"]
    assert shortened["data"] is None
    assert shortened["sentence"] == "annotated: description: " + "é" * 975 + "…"
    assert shortened["reason"] == "for the test"
    assert not whole["cut"]
    assert whole["data"]["description"] == "é" * 10_000
