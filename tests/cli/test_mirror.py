"""`hallmark mirror`: what it is asked for, and what it says; what arrives is tested with each mirror."""

import http.server
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing

Run = Callable[..., Any]


@pytest.fixture
def target(tmp_path: Path) -> str:
    return f"mlflow:sqlite:///{tmp_path}/mlflow.db"


def test_a_rehearsal_says_what_would_be_brought_and_sends_nothing(
    run: Run, three: list[str], target: str, tmp_path: Path
) -> None:
    before = listing(tmp_path)
    done = run("mirror", target, "penguin", "--dry-run")
    assert (done.exit_code, done.stderr) == (0, "")
    assert "dry run, nothing was changed" in done.stdout
    assert f"penguin: 3 versions would be brought to {target}" in done.stdout
    assert listing(tmp_path) == before


def test_versions_are_asked_for_by_any_reference(told: Run, three: list[str], target: str) -> None:
    asked = ("--version", "latest", "--version", "1", "--version", "stable", "--version", "1.0.0")
    answer = told("mirror", target, "penguin", "--dry-run", *asked)
    assert [one["version"] for one in answer["versions"]] == [three[0], three[2]]
    assert answer["labels"] == {"stable": three[2]}
    assert answer["mirror"] == target


def test_what_there_is_not_is_one_line(wrong: Run, three: list[str], target: str, tmp_path: Path) -> None:
    assert "no such version of penguin" in wrong(1, "mirror", target, "penguin", "--version", "9.9.9")
    assert "has no model 'seal'" in wrong(1, "mirror", target, "seal")
    assert "names no mirror" in wrong(2, "mirror", "comet:penguin", "penguin")
    absent = f"mlflow:sqlite:///{tmp_path}/absent/mlflow.db"
    assert "is no folder that may be written" in wrong(1, "mirror", absent, "penguin", "--dry-run")


def test_a_secret_in_the_address_is_not_told(told: Run, three: list[str]) -> None:
    answer = told("mirror", "mlflow:mysql://me:hush@db/mlflow", "penguin", "--dry-run")
    assert answer["mirror"] == "mlflow:mysql://db/mlflow"
    assert "hush" not in str(answer)


def test_a_server_that_is_away_is_one_line(wrong: Run, three: list[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it, and it refuses
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        for more in ([], ["--dry-run"]):
            line = wrong(1, "mirror", f"mlflow:{address}/", "penguin", *more)
            assert line.startswith(f"hallmark: MLflow at {address} cannot be reached: ")


def test_a_server_that_is_no_mlflow_is_one_line(wrong: Run, three: list[str]) -> None:
    with http.server.HTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        line = wrong(1, "mirror", f"mlflow:http://127.0.0.1:{server.server_port}", "penguin")
        server.shutdown()
    assert line.endswith("cannot be reached: it answers 404 to /health")


class Other(http.server.BaseHTTPRequestHandler):
    """Has no page at all."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass
