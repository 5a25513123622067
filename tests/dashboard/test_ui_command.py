"""`hallmark ui` as a real process: when it says it listens it does, and it ends when it is told to."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.dashboard.conftest import TOKEN
from tests.dashboard.metadata import write_metadata
from tests.dashboard.running import COMPONENTS, Running, Starter
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.registry import Registry


def test_it_answers_as_soon_as_it_says_so_and_ends_cleanly_on_ctrl_c(start: Starter) -> None:
    server = start()
    assert server.address.startswith("http://127.0.0.1:")
    assert b"penguin" in server.get().read()
    assert "server" not in server.get().headers
    server.process.send_signal(signal.SIGINT)
    output, errors = server.process.communicate(timeout=60)
    assert (server.process.returncode, output, errors) == (0, "", "")


def test_it_ends_on_sigterm(start: Starter) -> None:
    server = start()
    server.process.terminate()
    _, errors = server.process.communicate(timeout=60)
    assert server.process.returncode == -signal.SIGTERM
    assert errors == ""


def test_without_actions_no_token_is_made(start: Starter) -> None:
    server = start()
    with pytest.raises(urllib.error.HTTPError) as answer:
        server.get("/sign-in")
    assert answer.value.code == 404
    server.process.send_signal(signal.SIGINT)
    assert "token" not in "".join(server.process.communicate(timeout=60))


def _sign_in(server: Running, token: str) -> int:
    data = f"name=Ada&token={token}".encode()
    request = urllib.request.Request(
        f"{server.address}sign-in", data=data, headers={"Origin": server.address.rstrip("/")}
    )

    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_: Any) -> None:
            return None

    try:
        return int(urllib.request.build_opener(Stay).open(request).status)
    except urllib.error.HTTPError as answer:
        return answer.code


def test_a_token_is_made_and_printed_once(start: Starter) -> None:
    tokens = []
    for server in (start("--allow-actions", lines=2), start("--allow-actions", lines=2)):
        found = re.fullmatch(r"token to sign in: (\S{43})\n", server.lines[1])
        assert found
        tokens.append(found[1])
        assert _sign_in(server, "wrong") == 403
        assert _sign_in(server, found[1]) == 303
    assert tokens[0] != tokens[1]


@pytest.mark.parametrize("way", ["file", "variable"])
def test_a_token_that_was_given_is_not_printed(start: Starter, tmp_path: Path, way: str) -> None:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    given = ("--token-file", str(tmp_path / "token")) if way == "file" else ()
    environment = {} if way == "file" else {"HALLMARK_UI_TOKEN": TOKEN}
    server = start("--allow-actions", *given, **environment)
    assert _sign_in(server, TOKEN) == 303
    server.process.send_signal(signal.SIGINT)
    assert server.process.communicate(timeout=60) == ("", "")


def test_the_token_is_in_no_command_line(start: Starter) -> None:
    server = start("--allow-actions", HALLMARK_UI_TOKEN=TOKEN)
    assert TOKEN.encode() not in Path(f"/proc/{server.process.pid}/cmdline").read_bytes()


def test_it_shows_lineage_where_metadata_is_given(start: Starter, history: Path, tmp_path: Path) -> None:
    write_metadata(tmp_path / "metadata.sqlite", Registry.open(history))
    server = start("--metadata", str(tmp_path / "metadata.sqlite"))
    assert b"ModelVersion" in server.get("/api/models/penguin/versions/stable/lineage").read()


def test_listening_for_other_machines_is_said_plainly(start: Starter) -> None:
    server = start("--host", "0.0.0.0")
    assert server.get().status == 200
    server.process.send_signal(signal.SIGINT)
    _, errors = server.process.communicate(timeout=60)
    assert "whoever reaches this machine can read the registry" in errors
    assert errors.count("\n") == 1


@pytest.fixture
def hallmark(history: Path) -> Callable[..., Any]:
    """Runs the command in this process, for what ends before it listens."""

    def run(*arguments: str, **environment: str) -> Any:
        return CliRunner(env={"HALLMARK_ROOT": str(history), **environment}).invoke(app, ["ui", *arguments])

    return run


def test_a_port_that_is_taken_is_said_in_one_line(hallmark: Callable[..., Any]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = hallmark("--port", port)
    assert result.exit_code == 1
    assert result.stderr == (
        f"hallmark: port {port} of 127.0.0.1 is taken: give another by --port, or --port 0 for any that is free\n"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.1", "x" * 300, "a..b"])
def test_an_address_that_is_not_ours_is_said_in_one_line(hallmark: Callable[..., Any], host: str) -> None:
    result = hallmark("--host", host, "--port", "0")
    assert result.exit_code == 1
    assert result.stderr.startswith("hallmark: cannot listen on port 0 of ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "content", "exit_code", "said"),
    [
        (("--token-file", "FILE"), TOKEN, 2, "--token-file is of use only with --allow-actions"),
        (("--allow-actions", "--token-file", "FILE"), "short", 1, "is too short"),
        (("--allow-actions", "--token-file", "FILE"), None, 1, "cannot be read"),
        (("--port", "70000"), TOKEN, 2, "70000"),
        (("--token", TOKEN), TOKEN, 2, "No such option"),
        (("--metadata", "nowhere://x"), TOKEN, 1, "nowhere"),
    ],
)
def test_what_cannot_be_is_said_before_it_starts(
    hallmark: Callable[..., Any],
    tmp_path: Path,
    arguments: tuple[str, ...],
    content: str | None,
    exit_code: int,
    said: str,
) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
    result = hallmark(*(str(file) if argument == "FILE" else argument for argument in arguments))
    assert result.exit_code == exit_code
    assert said in result.stderr
    assert "Traceback" not in result.output


def test_a_token_in_the_environment_that_is_too_short_is_not_taken(hallmark: Callable[..., Any]) -> None:
    result = hallmark("--allow-actions", HALLMARK_UI_TOKEN="short")
    assert result.exit_code == 1
    assert "the token in HALLMARK_UI_TOKEN is too short" in result.stderr


def test_a_root_that_is_none_is_said_in_one_line(hallmark: Callable[..., Any], tmp_path: Path) -> None:
    result = hallmark("--root", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no registry" in result.stderr


@pytest.mark.parametrize("missing", ["fastapi", "jinja2", "uvicorn", "python_multipart"])
def test_without_the_extra_it_says_what_to_install(
    start: Starter, history: Path, tmp_path: Path, missing: str
) -> None:
    (tmp_path / f"{missing}.py").write_text(f"raise ImportError('no {missing}')")
    done = subprocess.run(
        [sys.executable, "-m", "tfx_hallmark.cli.main", "ui", "--port", "0"],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join((str(tmp_path), str(COMPONENTS))),
            "HALLMARK_ROOT": str(history),
        },
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr == (
        f"hallmark: the web page is not installed here (no {missing}): pip install 'tfx-hallmark[ui]'\n"
    )
