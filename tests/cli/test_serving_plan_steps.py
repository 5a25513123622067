"""`serving-plan --apply` and operations with `--wait`, beside servers that follow `models.config`.

The servers answer over HTTP as TF Serving does, and keep its rules: one that cannot follow the file does not answer,
and the command fails.
"""

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow_serving")

from tests.conftest import listing
from tests.registry.rest_server import Loaded, serving
from tests.serving.emulator import LabelsServer
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]
PATIENCE = "--timeout=120"


@contextlib.contextmanager
def server(root: Path, *, every: int = 1) -> Iterator[tuple[str, Loaded]]:
    """A server that reads `models.config` each so many requests; gives its address and what it has loaded."""
    emulated = LabelsServer(root / "models.config", "penguin")
    loaded = Loaded()

    def poll() -> None:
        if len(loaded.paths) % every == 0:
            emulated.poll()
            loaded.available, loaded.labels = sorted(emulated.loaded), dict(emulated.labels)

    loaded.asked = poll
    with serving(loaded) as address:
        yield address, loaded


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is taken and does not answer."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


@pytest.fixture
def labelled(told: Run, three: list[str]) -> list[str]:
    """Three versions under the serving policy `labels`; the file lists the newest two, and no label yet."""
    told("config", "--serving-policy", "labels", "--reason", "canaries")
    return three


def test_a_step_is_taken_when_every_server_has_loaded_what_it_needs(
    run: Run, told: Run, root: Path, labelled: list[str]
) -> None:
    with server(root) as (quick, _), server(root, every=1000) as (slow, behind):
        before = listing(root)
        looked = run("serving-plan", "penguin", "--json", "--server", quick, "--server", slow)
        assert looked.exit_code == 0, looked.output
        assert json.loads(looked.stdout)["waiting"] == [f"{slow} has not loaded release 3"]
        assert listing(root) == before
        applied = run("serving-plan", "penguin", "--apply", "--server", quick, "--server", slow)
        assert applied.exit_code == 1, applied.output
        assert f"{slow} has not loaded release 3\n" in applied.stdout
        assert "version_labels" not in (root / "models.config").read_text()
        behind.available = [2, 3]
        answer = told("serving-plan", "penguin", "--apply", "--server", quick, "--server", slow)
    assert [step["moves"] for step in answer["taken"]] == [{"stable": 3}]
    assert (answer["left"], answer["waiting"]) == ([], [])


def test_all_steps_are_taken_while_the_command_waits(told: Run, root: Path, labelled: list[str]) -> None:
    with server(root) as (one, first), server(root, every=3) as (other, second):
        answer = told(
            "serving-plan", "penguin", "--apply", "--wait", PATIENCE, f"--server={one}", f"--server={other}"
        )
        assert (first.labels, second.labels) == ({"stable": 3}, {"stable": 3})
    assert (answer["left"], answer["ready"]) == ([], False)
    assert answer["taken"][-1]["moves"] == {"stable": 3}


def test_what_an_operation_moved_is_served_everywhere_when_it_returns(
    told: Run, root: Path, model: Model, labelled: list[str]
) -> None:
    with server(root) as (one, first), server(root, every=2) as (other, second):
        told("config", "--servers", f"{one},{other}", "--reason", "two replicas")
        told("serving-plan", "penguin", "--apply", "--wait", PATIENCE)
        told("rollback", "penguin", "--to", "1.0.0", "--reason", "a test", "--wait", PATIENCE)
        assert (first.labels, second.labels) == ({"stable": 1}, {"stable": 1})
        told("promote", "penguin@1.0.1", "--to", "canary", "--reason", "a test", "--wait", PATIENCE)
        assert first.labels == second.labels == {"stable": 1, "canary": 2} == model.state.labels
        live = told("live", "penguin", "--servers")
    assert [one["wrong"] for one in live["models"][0]["servers"]] == [[], []]


def test_a_server_that_is_down_holds_a_step_up_until_somebody_gives_their_word(
    run: Run, told: Run, root: Path, nobody: str, labelled: list[str]
) -> None:
    with server(root) as (address, _):
        told("config", "--servers", f"{address},{nobody}", "--reason", "two replicas")
        held = run("serving-plan", "penguin", "--apply")
        assert held.exit_code == 1, held.output
        assert f"{nobody} could not be asked: " in held.stdout
        late = run("serving-plan", "penguin", "--apply", "--wait", "--timeout=0.1")
        assert late.exit_code == 1, late.output
        assert late.stderr.splitlines()[-1].startswith(
            "hallmark: after 0.1 s not every server serves what it should"
        )
        assert "version_labels" not in (root / "models.config").read_text()
        assert told("serving-plan", "penguin", "--apply", "--on-my-word")["left"] == []
    assert "version_labels" in (root / "models.config").read_text()
