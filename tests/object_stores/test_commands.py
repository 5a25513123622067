"""Commands whose store does not answer as it should: one line, an exit code, an end, and nothing changed."""

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from werkzeug.wrappers import Response

from tests.object_stores.server import Answer, Request, S3Server, refusal
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.object_stores import bucket

pytestmark = pytest.mark.slow

Look = Callable[[], dict[str, bytes]]
READING = [
    ("list",),
    ("list", "penguin"),
    ("show", "penguin@stable"),
    ("why", "penguin@stable"),
    ("live", "penguin"),
    ("log", "penguin"),
    ("verify", "penguin"),
    ("audit", "penguin"),
    ("doctor",),
    ("export", "penguin", "--out", "penguin.hallmark"),
]
WRITING = [
    ("rollback", "penguin", "--reason", "worse"),
    ("quarantine", "penguin@stable", "--reason", "bad data"),
    ("annotate", "penguin@stable", "--label", "ticket=A-7"),
    ("doctor", "--fix"),
]


@pytest.fixture
def url(s3_root: str) -> str:
    """A root behind a server."""
    return s3_root


@pytest.fixture
def refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Runs a command that must fail: exit 1, nothing printed, one line of ours with these parts."""
    monkeypatch.chdir(tmp_path)

    def run(command: tuple[str, ...], root: str, *parts: str) -> None:
        done = CliRunner().invoke(app, [*command, "--root", root])
        assert (done.exit_code, done.stdout) == (1, ""), command
        assert done.stderr.startswith("hallmark: "), command
        assert done.stderr.count("\n") == 1, done.stderr
        for part in parts:
            assert part in done.stderr
        assert not (tmp_path / "penguin.hallmark").exists()

    return run


def test_a_bucket_that_there_is_not(url: str, refused: Callable[..., None]) -> None:
    for command in (*READING, *WRITING):
        refused(command, url.replace("hallmark-", "missing-"), "s3://missing-", "no such object or bucket")


def test_a_prefix_where_no_registry_is(url: str, refused: Callable[..., None]) -> None:
    for command in (*READING, *WRITING):
        refused(command, f"{url}/elsewhere", f"{url}/elsewhere", "no registry")


@pytest.mark.parametrize(("status", "code"), [(403, "SignatureDoesNotMatch"), (401, "Unauthorized")])
def test_credentials_that_the_store_does_not_take(
    status: int,
    code: str,
    url: str,
    three: list[str],
    server: S3Server,
    refused: Callable[..., None],
    look: Look,
) -> None:
    before = look()
    with server.guarded(lambda request, answer: refusal(status, code)):
        for command in (*READING, *WRITING):
            refused(command, url, url, "check the credentials in the environment")
    assert look() == before


def test_credentials_that_may_read_and_not_write(
    url: str, three: list[str], server: S3Server, refused: Callable[..., None], look: Look
) -> None:
    def read_only(request: Request, answer: Answer) -> Response:
        return refusal(403, "AccessDenied") if request.writes else answer()

    before = look()
    with server.guarded(read_only):
        for command in READING[:-1]:
            done = CliRunner().invoke(app, [*command, "--root", url])
            assert (done.exit_code, done.stderr) == (0, ""), command
        for command in WRITING[:-1]:
            refused(command, url, url, "check the credentials in the environment and what they may do")
    assert look() == before


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients that repeat nothing, so that the many commands of a test end soon."""
    monkeypatch.setitem(bucket._RETRIES, "max_retries", 0)
    monkeypatch.setitem(bucket._RETRIES, "retry_timeout", timedelta(seconds=1))


@contextlib.contextmanager
def bound(*, listening: bool) -> Iterator[str]:
    """A port that refuses every connection, or one that takes them and never answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        if listening:
            taken.listen(64)
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_a_server_that_is_gone(
    url: str, impatient: None, refused: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with bound(listening=False) as nobody:
        monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
        for command in (*READING, *WRITING):
            refused(command, url, url, "check the endpoint in the environment and the network")


def test_a_server_that_never_answers(
    url: str, impatient: None, refused: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_READ_TIMEOUT", "100ms")
    with bound(listening=True) as nobody:
        monkeypatch.setenv("AWS_ENDPOINT_URL", nobody)
        for command in (READING[0], WRITING[0]):
            refused(command, url, url, "check the endpoint in the environment and the network")


def test_a_server_that_is_gone_is_given_up_without_settings_of_ours(url: str) -> None:
    with bound(listening=False) as nobody:
        done = subprocess.run(
            [sys.executable, "-m", "tfx_hallmark.cli.main", "live", "penguin", "--root", url],
            env={**os.environ, "AWS_ENDPOINT_URL": nobody},
            capture_output=True,
            text=True,
            timeout=120,  # the retries end within a minute
            check=False,
        )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("hallmark: ")
    assert done.stderr.count("\n") == 1
