"""The server does what is asked, and its answer is lost: nothing is done twice, and nothing is taken for another's."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from werkzeug.wrappers import Response

from tests.object_stores.server import Answer, Request, S3Server, refusal
from tfx_hallmark.registry.errors import StorageError
from tfx_hallmark.registry.object_stores import bucket
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

Make = Callable[[int], Path]
Step = Callable[[], object]


@pytest.fixture
def url(s3_root: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A root behind a server, whose clients repeat at once what failed."""
    soon = {"init_backoff": timedelta(milliseconds=5), "max_backoff": timedelta(milliseconds=5), "base": 2}
    monkeypatch.setitem(bucket._RETRIES, "backoff", soon)
    return s3_root


class Forgetful:
    """Loses the first answer to each request that writes; the server has done what it asks."""

    def __init__(self, how: str) -> None:
        self._how = how
        self.lost: set[Request] = set()

    def __call__(self, request: Request, answer: Answer) -> Response:
        made = answer()
        if not request.writes or request in self.lost:
            return made
        self.lost.add(request)
        if self._how == "dropped":
            raise ConnectionResetError
        return refusal(int(self._how), "InternalError")


@pytest.fixture(params=["500", "dropped"])
def forgetful(request: pytest.FixtureRequest, server: S3Server) -> Iterator[Forgetful]:
    guard = Forgetful(request.param)
    with server.guarded(guard):
        yield guard


def test_i2_i11_every_lost_answer_leaves_one_event_and_one_release(
    url: str, forgetful: Forgetful, make_candidate: Make, look: Callable[[], dict[str, bytes]]
) -> None:
    model = Registry.create(url).model("penguin")
    versions = []
    for number in (1, 2, 3):
        forgetful.lost.clear()
        versions.append(model.tag(make_candidate(number)).version)
        pushed = model.push_unchecked(make_candidate(number), versions[-1], reason="a test")
        assert (pushed.release, pushed.already) == (number, False)
        assert len(forgetful.lost) > 10
    assert model.rollback(reason="worse").release == 4
    model.prune(keep_last=0, reason="space")
    again = Registry.open(url).model("penguin")
    kinds = [event.kind for event in again.events()]
    pruned = [version for version in versions if again.version(version).state.pruned]
    assert kinds == [*["tagged", "published"] * 3, "rolled_back", *["pruned"] * len(pruned)]
    assert versions == ["1.0.0", "1.0.1", "1.0.2"]
    assert len(pruned) > 0
    gone = {number for version in pruned for number in again.version(version).state.pruned}
    assert {int(key.split("/")[1]) for key in look() if key.startswith("penguin/")} == {1, 2, 3, 4} - gone
    assert not [key for key in look() if "/staging/" in key]
    assert again.audit() == ()


def test_i11_every_lost_answer_leaves_one_event_and_the_configuration_that_follows(
    url: str, forgetful: Forgetful, make_candidate: Make, look: Callable[[], dict[str, bytes]]
) -> None:
    registry = Registry.create(url)
    registry.settings.change(
        lambda settings: msgspec.structs.replace(settings, serving_policy="labels"),
        actor="a test",
        reason="a test",
    )
    model = registry.model("penguin")
    for number, label in ((1, "stable"), (2, "canary")):
        version = model.tag(make_candidate(number)).version
        model.push_unchecked(make_candidate(number), version, reason="a test", label=label)
    model.serving.apply(loaded=[1, 2])
    forgetful.lost.clear()
    model.promote_unchecked("canary", "stable", reason="better")
    assert any(request.key.endswith("/models.config") for request in forgetful.lost)
    assert model.serving.apply(loaded=[1, 2]).left == ()
    assert [event.kind for event in model.events()] == [*["tagged", "published"] * 2, "promoted"]
    assert look()["models.config"].decode().count("model_version_policy") == 1
    assert model.audit() == ()


def test_i7_who_never_hears_that_the_event_was_written_finds_it_at_the_next_attempt(
    url: str, server: S3Server, make_candidate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Registry.create(url).model("penguin")
    version = model.tag(make_candidate(1)).version
    gone = []

    def guard(request: Request, answer: Answer) -> Response:
        if gone:
            return refusal(503, "ServiceUnavailable")
        made = answer()
        if request.writes and request.key.endswith(f"/log/{2:020}.json"):
            gone.append(request)
            raise ConnectionResetError
        return made

    with server.guarded(guard), pytest.raises(StorageError) as caught:
        model.push_unchecked(make_candidate(1), version, reason="a test")
    assert gone
    assert "\n" not in str(caught.value)
    again = Registry.open(url).model("penguin")
    assert again.version("stable").version == version
    pushed = again.push_unchecked(make_candidate(1), version, reason="the retry")
    assert (pushed.release, pushed.already) == (1, True)
    assert [event.kind for event in again.events()] == ["tagged", "published"]
    assert again.audit() == ()
