"""What model servers say that they serve, asked of a server that answers as TF Serving's REST interface does."""

import socket
from pathlib import Path

import pytest

from tests.registry.rest_server import Loaded, serving
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import InvalidAddressError, ModelServerError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.agreement import is_split, objections
from tfx_hallmark.registry.serving.model_status import (
    ServerStatus,
    ask,
    ask_all,
    check_address,
    loaded_everywhere,
)
from tfx_hallmark.registry.serving.waiting import wait_until_served

PATIENCE = 60.0


def test_what_is_loaded_what_failed_and_what_answers_is_told() -> None:
    loaded = Loaded(available=[3, 1, 2], labels={"stable": 2}, failed={4: "no saved_model.pb"})
    with serving(loaded) as address:
        status = ask(address, "penguin", ["stable", "canary"], timeout=PATIENCE)
    assert status == ServerStatus(
        server=address,
        available=(1, 2, 3),
        failed={4: "no saved_model.pb"},
        default=3,
        labels={"stable": 2, "canary": None},
    )
    # The status request ignores labels, so it is the metadata that is asked for.
    assert "/v1/models/penguin/labels/stable/metadata" in loaded.paths


def test_a_version_that_was_unloaded_in_order_has_not_failed() -> None:
    body = b'{"model_version_status": [{"version": "1", "state": "END", "status": {"error_code": "OK"}}]}'
    with serving(Loaded(instead=(200, body))) as address:
        status = ask(address, "penguin", [], timeout=PATIENCE)
    assert (status.error, status.available, status.failed) == (None, (), {})


def test_a_server_that_does_not_know_the_model_serves_nothing_of_it() -> None:
    with serving(Loaded(model="adelie", available=[1])) as address:
        status = ask(address, "penguin", ["stable"], timeout=PATIENCE)
    assert (status.error, status.available, status.default) == (None, (), None)
    assert status.labels == {"stable": None}


@pytest.mark.parametrize(
    ("status", "body", "part"),
    [
        (200, b"<html>", "no JSON"),
        (200, b"\xff\xfe", "no JSON"),
        (200, b'{"x": ' + b"[" * 100_000, "no JSON"),
        (200, b"[]", "not as TF Serving does"),
        (
            200,
            b'{"model_version_status": [{"version": "x", "state": "AVAILABLE"}]}',
            "not as TF Serving does",
        ),
        (
            200,
            b'{"model_version_status": [{"version": "-1", "state": "AVAILABLE"}]}',
            "not as TF Serving does",
        ),
        (500, b"", "it answers 500"),
        (503, b"{}", "it answers 503"),
    ],
)
def test_a_server_that_answers_otherwise_says_why_it_could_not_be_asked(
    status: int, body: bytes, part: str
) -> None:
    with serving(Loaded(instead=(status, body))) as address:
        said = ask(address, "penguin", ["stable"], timeout=PATIENCE).error
    assert said is not None
    assert part in said
    assert "\n" not in said


def test_one_server_that_is_down_does_not_hide_the_others() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it, and it refuses
        down = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with serving(Loaded(available=[1, 2])) as up:
            first, second = ask_all([down, up], "penguin", [], timeout=PATIENCE)
    assert (first.server, first.error) == (down, "Connection refused")
    assert (second.error, second.available) == (None, (1, 2))
    assert loaded_everywhere([first, second]) == frozenset()
    assert loaded_everywhere([second]) == {1, 2}
    assert loaded_everywhere([]) == frozenset()


def test_only_what_every_server_has_loaded_counts_as_loaded() -> None:
    statuses = [ServerStatus(server="a", available=(1, 2)), ServerStatus(server="b", available=(2, 3))]
    assert loaded_everywhere(statuses) == {2}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("http://a:8501/", "http://a:8501"),
        (" https://serving.example/x/ ", "https://serving.example/x"),
        ("http://[::1]:8501", "http://[::1]:8501"),
    ],
)
def test_an_address_is_kept_without_its_last_slash(text: str, address: str) -> None:
    assert check_address(text) == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a:8501",
        "ftp://a",
        "file:///etc/passwd",
        "http://",
        "http://a:0",
        "http://a:99999",
        "http://a:x",
        "http://u:p@a",
        "http://a?x=1",
        "http://a#x",
        "http://a b",
        "http://a\nb",
        "http://a..b",
    ],
)
def test_what_is_no_address_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(InvalidAddressError, match="http://HOST:8501") as caught:
        check_address(text)
    assert "\n" not in str(caught.value)


def test_under_latest_a_request_without_a_label_must_get_what_is_stable(
    model: Model, three: list[str]
) -> None:
    good, old = ServerStatus(server="a", default=3), ServerStatus(server="b", default=2)
    down = ServerStatus(server="c", error="Connection refused")
    assert objections(good, model.state, "latest") == []
    assert objections(old, model.state, "latest") == ["it serves release 2, and stable is release 3"]
    assert objections(ServerStatus(server="d"), model.state, "latest") == [
        "it serves nothing, and stable is release 3"
    ]
    assert objections(down, model.state, "latest") == ["it could not be asked: Connection refused"]
    assert is_split([good, old], "latest")
    assert not is_split([good, down], "latest")


def test_under_labels_every_label_must_lead_to_its_release(model: Model, three: list[str]) -> None:
    model.promote(three[0], "canary", reason="a test")
    good = ServerStatus(server="a", default=1, labels={"stable": 3, "canary": 1})
    behind = ServerStatus(server="b", default=3, labels={"stable": 2, "canary": None})
    assert objections(good, model.state, "labels") == []
    assert objections(behind, model.state, "labels") == [
        "canary is nothing there, and should be release 1",
        "stable is release 2 there, and should be release 3",
    ]
    assert is_split([good, behind], "labels")


def test_waiting_takes_each_step_when_every_server_has_loaded_what_it_needs(
    root: Path, model: Model, three: list[str]
) -> None:
    set_in(root, serving_policy="labels")
    model.serving.follow()
    loaded = Loaded()

    def follow_the_file() -> None:
        present = model.serving.plan().present
        loaded.available = list(present.versions) if present else []
        loaded.labels = dict(present.labels) if present else {}

    loaded.asked = follow_the_file
    taken = []
    with serving(loaded) as address:
        (status,) = wait_until_served(model, [address], timeout=PATIENCE, told=taken.append)
    assert status.labels == {"stable": 3}
    assert [step.taken.moves for step in taken if step.taken] == [{"stable": 3}]
    assert model.serving.plan().present.loading == ()  # type: ignore[union-attr]


def test_a_server_that_does_not_come_to_serve_it_is_named_when_the_time_is_over(
    root: Path, model: Model, three: list[str]
) -> None:
    set_in(root, serving_policy="labels")
    model.serving.follow()
    with (
        serving(Loaded(available=[2])) as address,
        pytest.raises(ModelServerError, match="after 0 s") as caught,
    ):
        wait_until_served(model, [address], timeout=0)
    for part in (address, "release 3", "hallmark serving-plan penguin --apply --wait"):
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)
    assert model.serving.plan().present.labels == {}  # type: ignore[union-attr]


def test_a_server_that_cannot_load_what_is_needed_ends_the_waiting_at_once(
    root: Path, model: Model, three: list[str]
) -> None:
    set_in(root, serving_policy="labels")
    model.serving.follow()
    loaded = Loaded(available=[2], failed={3: "variables are missing"})
    with (
        serving(loaded) as address,
        pytest.raises(ModelServerError, match="cannot load release 3 of penguin: variables are missing"),
    ):
        wait_until_served(model, [address], timeout=PATIENCE)


def test_under_latest_there_is_nothing_to_step_through(model: Model, three: list[str]) -> None:
    with serving(Loaded(available=[3])) as address:
        (status,) = wait_until_served(model, [address], timeout=PATIENCE)
    assert status.default == 3
