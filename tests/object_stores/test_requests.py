"""How many requests a question and a push cost: what the server is asked, whatever the number of versions."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.object_stores.conftest import tree
from tests.object_stores.mirror import Mirror
from tests.object_stores.server import S3Server
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.object_stores.bucket import connect
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

Make = Callable[[int], Path]
Asked = Callable[..., int]


@pytest.fixture
def url(s3_root: str) -> str:
    """A root behind a server, which counts."""
    return s3_root


@pytest.fixture
def asked(server: S3Server, url: str) -> Asked:
    """Runs a command and gives the number of requests that it made."""

    def count(*arguments: str) -> int:
        with server.counted() as requests:
            done = CliRunner().invoke(app, [*arguments, "--root", url])
        assert (done.exit_code, done.stderr) == (0, "")
        return len(requests)

    return count


def carried(local: Path, url: str) -> Registry:
    """Takes a registry from a directory to a store: the layout is the same."""
    Mirror(url).put_back(tree(local))
    return Registry.open(url)


@pytest.fixture
def many(tmp_path: Path, url: str, make_candidate: Make) -> list[str]:
    """Thirty versions, three of them published, and a checkpoint that is not far back."""
    model = Registry.create(tmp_path / "local").model("penguin")
    versions = [model.tag(make_candidate(number)).version for number in range(30)]
    for number in range(35):
        model.annotate(versions[number % 30], notes={"number": str(number)})
    for number in (0, 1, 29):
        model.push_unchecked(make_candidate(number), versions[number], reason="a test")
    carried(tmp_path / "local", url)
    return versions


def test_questions_about_many_versions_take_few_requests(many: list[str], asked: Asked, url: str) -> None:
    assert len(Registry.open(url).model("penguin").versions()) == 30
    counts = {
        command: asked(*command)
        for command in (
            ("list",),
            ("list", "penguin"),
            ("show", "penguin@stable"),
            ("show", f"penguin@{many[10]}"),
            ("why", "penguin@stable"),
            ("live", "penguin"),
        )
    }
    # The three pushes after the checkpoint are read one by one, as are the objects that are shown.
    assert max(counts.values()) < 25, counts


def test_a_push_takes_as_many_requests_to_many_versions_as_to_few(
    many: list[str], url: str, make_candidate: Make, server: S3Server
) -> None:
    counts = []
    for root in (f"{url}/empty", url):
        model = Registry.create(root).model("penguin")
        version = model.tag(make_candidate(40)).version
        with server.counted() as requests:
            model.push_unchecked(make_candidate(40), version, reason="a test")
        counts.append(len(requests))
    few, full = counts
    assert full <= few + 3  # the baseline's records, and a checkpoint
    assert few < 50


def test_a_listing_takes_a_request_for_each_page(
    many: list[str], url: str, server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = connect(Registry.open(url).root)
    in_one = bucket.objects("")
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "20")
    with server.counted() as requests:
        assert bucket.objects("") == in_one
    assert len(requests) == -(-len(in_one) // 20) > 3
    with server.counted() as requests:
        folders, _ = bucket.names("penguin")
    assert (folders, len(requests)) == (["1", "2", "3"], 1)
    model = Registry.open(url).model("penguin")
    assert model.verify() == ()
    assert len(model.versions()) == 30
