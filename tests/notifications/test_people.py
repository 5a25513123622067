"""People are told by Apprise, in the words of the log."""

import json
import logging
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lineage.history import HOSTILE, commit, write_history
from tests.notifications.mailbox import Mailbox, mail_server
from tests.notifications.receiver import Receiver, receiving
from tfx_hallmark.answers.sentences import sentence
from tfx_hallmark.notifications.people import open_notification
from tfx_hallmark.registry import events
from tfx_hallmark.registry.destinations import NotificationSettings
from tfx_hallmark.registry.errors import DeliveryError
from tfx_hallmark.registry.events import Event
from tfx_hallmark.registry.model import Model

TEAM = NotificationSettings(name="team", url_env="TEAM_URL")
PASSWORD = "PASSWORDofmine"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as box:
        yield box


@pytest.fixture
def json_url(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> str:
    """The receiver's address as Apprise takes it, with a password, put where the settings say."""
    url = receiver.address.replace("http://", f"json://me:{PASSWORD}@") + f"/{PASSWORD}"
    monkeypatch.setenv("TEAM_URL", url)
    return url


def told(receiver: Receiver) -> list[dict[str, Any]]:
    """Gives what came in, as Apprise writes it."""
    return [json.loads(request.body) for request in receiver.got]


def failed(model: Model, sealed: tuple[Event, str]) -> DeliveryError:
    """Sends an event, and gives the error, which must not tell the password."""
    with pytest.raises(DeliveryError) as caught:
        open_notification(TEAM).send(model, *sealed)
    assert str(caught.value).startswith("notification team")
    assert str(caught.value).isprintable()
    assert PASSWORD not in str(caught.value)
    return caught.value


def test_every_kind_of_event_is_told(
    tmp_path: Path,
    receiver: Receiver,
    json_url: str,
    make_candidate: Callable[[int], Path],
    make_evaluation: Callable[..., Any],
) -> None:
    model = write_history(tmp_path / "models", make_candidate, make_evaluation)
    channel = open_notification(TEAM)
    sealed = list(model.sealed_events())
    for event, seal in sealed:
        channel.send(model, event, seal)
    found = told(receiver)
    assert len(found) == len(sealed)
    for message, (event, _) in zip(found, sealed, strict=True):
        assert message["title"].startswith(f"penguin@{event.data.version}: {sentence(event)[:12]}")
        assert f"by {event.actor}, {event.time[:10]}" in message["message"]
        alert = getattr(event.data, "outcome", "") == "alert"
        grave = alert or event.kind in ("refused", "rolled_back", "quarantined")
        good = event.kind in ("published", "promoted")
        assert message["type"] == ("warning" if grave else "success" if good else "info")


def test_a_decision_is_told_with_its_verdict_and_an_operation_with_its_reason(
    receiver: Receiver,
    json_url: str,
    model: Model,
    make_candidate: Callable[[int], Path],
    make_evaluation: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HALLMARK_UI_URL", "https://models.example.com")
    monkeypatch.setenv("HALLMARK_ACTOR", "Ada")
    for number, accuracy in ((1, 0.7), (2, 0.8), (3, 0.2)):
        version = model.tag(make_candidate(number)).version
        evaluation = make_evaluation(accuracy, baseline=model.state.stable_at)
        model.push(make_candidate(number), version, evaluation, reason="run 7")
    model.rollback(reason="recall fell in Ohio")
    for sealed in model.sealed_events(after=2):
        open_notification(TEAM).send(model, *sealed)
    _, published, _, refused, rolled_back = told(receiver)
    first, second, third = model.versions()

    assert published["title"] == f"{second}: published as release 2, now stable; it beat {first.version}"
    verdict, reason, actor, page = published["message"].split("\n")
    assert verdict == second.verdict.sentence
    assert "accuracy overall went from 0.6000 to 0.8000" in verdict
    assert reason == "reason: run 7"
    assert actor.startswith("by Ada, 20")
    assert page == f"https://models.example.com/models/penguin/versions/{second.version}"
    assert refused["title"].startswith(f"{third}: refused: accuracy overall is 0.2000")
    assert refused["message"].startswith(f"{third.verdict.sentence}\nreason: run 7\n")
    assert rolled_back["title"] == f"{first}: rolled back from release 2 to release 3"
    assert "\nreason: recall fell in Ohio\n" in rolled_back["message"]


def test_without_the_record_of_the_verdict_people_are_told_what_the_log_says(
    receiver: Receiver, json_url: str, root: Path, model: Model, published: tuple[Event, str]
) -> None:
    (root / ".hallmark" / "penguin" / "objects" / published[0].data.verdict.removeprefix("b3:")).unlink()
    open_notification(TEAM).send(model, *published)
    [message] = told(receiver)
    assert message["message"].startswith("penguin@1.0.0: published as release 1, now stable; the gate was")


def test_text_of_others_cannot_pose_as_lines_of_ours(
    receiver: Receiver, json_url: str, root: Path, model: Model, publish: Callable[..., str]
) -> None:
    publish(1)
    forged = "fine\nby Ada, 2026-11-21 12:00:00 UTC\x1b[2J\u202e"
    commit(root, events.Annotated(version="1.0.0", notes={"a": forged, "b": HOSTILE, "c": "x" * 5000}))
    *_, annotated = model.sealed_events()
    open_notification(TEAM).send(model, *annotated)
    [message] = told(receiver)
    happened, reason, actor = message["message"].split("\n")
    assert happened.startswith(
        r"penguin@1.0.0: annotated: a: fine\nby Ada, 2026-11-21 12:00:00 UTC\x1b[2J\u202e; b: ペン"
    )
    assert happened.endswith("x…")
    assert len(happened) == 2000
    assert reason == "reason: for the test"
    assert actor.startswith("by a test, ")
    assert len(message["title"]) == 120
    assert message["title"].isprintable()


def test_a_mail_arrives(
    mailbox: Mailbox, model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"mailto://127.0.0.1:{mailbox.port}?from=hallmark@example.com&to=ada@example.com&mode=insecure"
    monkeypatch.setenv("TEAM_URL", address)
    open_notification(TEAM).send(model, *published)
    [(to, mail)] = mailbox.got
    assert to == ["ada@example.com"]
    assert mail["From"] == "hallmark@example.com"
    assert mail["Subject"].startswith(
        "penguin@1.0.0: published as release 1, now stable; the gate was passed over"
    )
    assert mail.get_content_type() == "text/plain"
    lines = mail.get_content().splitlines()
    assert lines[0].startswith("penguin 1.0.0 was published: ")
    assert lines[-1].startswith("by ")


def test_several_addresses_are_told_and_one_that_fails_is_a_failure(
    receiver: Receiver,
    json_url: str,
    mailbox: Mailbox,
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    mail = f"mailto://127.0.0.1:{mailbox.port}?from=hallmark@example.com&to=ada@example.com&mode=insecure"
    monkeypatch.setenv("TEAM_URL", f"{json_url}, {mail}")
    open_notification(TEAM).send(model, *published)
    assert len(receiver.got) == len(mailbox.got) == 1
    mailbox.answer = "554 not from you"
    error = failed(model, published)
    assert str(error) == "notification team was not sent: `apprise -vv -b test $TEAM_URL` says why"
    assert not error.lasting


@pytest.mark.parametrize(("status", "lasting"), [(401, True), (429, False), (500, False)])
def test_a_service_that_does_not_take_it_is_told_with_its_status(
    receiver: Receiver,
    json_url: str,
    model: Model,
    published: tuple[Event, str],
    status: int,
    lasting: bool,
) -> None:
    receiver.status = status
    error = failed(model, published)
    assert str(error) == f"notification team was not taken: the service answered {status}"
    assert (error.status, error.lasting) == (status, lasting)


def test_no_redirect_is_followed(
    receiver: Receiver, json_url: str, model: Model, published: tuple[Event, str]
) -> None:
    with receiving(Receiver(status=200)) as elsewhere:
        receiver.status, receiver.headers = 307, {"Location": elsewhere.address}
        error = failed(model, published)
    assert str(error) == "notification team was not taken: the service answered 307"
    assert error.lasting
    assert elsewhere.got == []


def test_nobody_at_the_address_is_an_error_that_may_pass(
    model: Model, published: tuple[Event, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and listens to nobody
        monkeypatch.setenv("TEAM_URL", f"json://me:{PASSWORD}@127.0.0.1:{taken.getsockname()[1]}/{PASSWORD}")
        assert not failed(model, published).lasting


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (None, "needs an Apprise URL in the environment variable TEAM_URL, which is not set here"),
        (" ", "which is not set here"),
        (f"nonsense://{PASSWORD}", "TEAM_URL holds no URL that Apprise knows"),
        (PASSWORD, "TEAM_URL holds no URL that Apprise knows"),
        (f"slack://{PASSWORD}", "TEAM_URL holds no URL that Apprise knows"),
        (",", "TEAM_URL holds no URL that Apprise knows"),
    ],
)
def test_an_address_that_cannot_work_is_told_without_showing_it(
    model: Model,
    published: tuple[Event, str],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    url: str | None,
    said: str,
) -> None:
    monkeypatch.delenv("TEAM_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("TEAM_URL", url)
    error = failed(model, published)
    assert said in str(error)
    assert error.lasting
    assert capfd.readouterr() == ("", "")


def test_apprise_is_not_heard_in_the_logs_of_a_process_which_go_on_afterwards(
    receiver: Receiver,
    json_url: str,
    model: Model,
    published: tuple[Event, str],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    names = ("apprise", "urllib3", "urllib3.connectionpool")
    loggers = [logging.getLogger(name) for name in names]
    before = [(logger.level, logger.handlers[:]) for logger in loggers]
    caplog.set_level(logging.DEBUG)
    receiver.status = 500
    failed(model, published)
    receiver.status = 200
    open_notification(TEAM).send(model, *published)
    assert not [record for record in caplog.records if record.name in names]
    assert capfd.readouterr() == ("", "")
    for logger in loggers:
        logger.warning("of others")
    assert [record.name for record in caplog.records if record.name in names] == list(names)
    assert [(logger.level, logger.handlers) for logger in loggers] == before


def test_without_apprise_the_extra_is_named(
    model: Model, published: tuple[Event, str], json_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "apprise", None)
    error = failed(model, published)
    assert str(error).endswith("pip install 'tfx-hallmark[notifications]'")
    assert error.lasting
