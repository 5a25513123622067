"""`--wait`: a label moves when every server has loaded its release; the servers poll by TF Serving's rules."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow_serving")

from tests.registry.rest_server import Loaded, serving
from tests.registry.root_settings import set_in
from tests.serving.emulator import LabelsServer, LatestServer
from tfx_hallmark.registry.model import Model

Run = Callable[..., Any]


class Polling:
    """A server that polls at some of the requests that it gets, and answers from what it has loaded.

    Args:
        server: It, by TF Serving's rules.
        asleep: How many requests it answers before it first polls.
    """

    def __init__(self, server: LatestServer | LabelsServer, *, asleep: int = 0) -> None:
        self.server = server
        self.loaded = Loaded(asked=self._asked)
        self.failed: list[BaseException] = []
        self.asleep = asleep
        self._turn = threading.Lock()

    def _asked(self) -> None:
        with self._turn:
            if self.asleep > 0:
                self.asleep -= 1
                return
            try:
                self.server.poll()
            except BaseException as error:  # in a thread of the HTTP server
                self.failed.append(error)
            self.loaded.available = sorted(self.server.loaded)
            self.loaded.labels = dict(getattr(self.server, "labels", {}))


@contextlib.contextmanager
def addresses(*polling: Polling) -> Iterator[list[str]]:
    """Answers for each; in the end none of them may have met a file that it could not take."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(serving(one.loaded)) for one in polling]
    for one in polling:
        assert one.failed == []


def named(servers: list[str]) -> list[str]:
    return [part for server in servers for part in ("--server", server)]


@pytest.fixture
def labels(root: Path) -> Callable[[], LabelsServer]:
    """The root has the policy `labels`; gives servers that read its `models.config`."""
    set_in(root, serving_policy="labels")
    return lambda: LabelsServer(root / "models.config", "penguin")


def test_a_promotion_lists_first_and_moves_the_label_when_the_slower_server_has_loaded_too(
    labels: Callable[[], LabelsServer], model: Model, three: list[str], told: Run
) -> None:
    quick, slow = Polling(labels()), Polling(labels(), asleep=5)
    with addresses(quick, slow) as servers:
        told("serving-plan", "penguin", "--apply", "--wait", *named(servers))
        # From now on it refuses a file with a label on what it has not loaded.
        slow.asleep = 5
        force = ("promote", "penguin@1.0.0", "--to", "stable", "--force", "--reason", "a test")
        done = told(*force, "--wait", *named(servers))
    assert done["served_by"] == servers
    assert done["serving"]["left"] == []
    assert quick.server.labels == slow.server.labels == {"stable": 1}  # type: ignore[union-attr]
    assert {1} <= set(quick.server.loaded) & set(slow.server.loaded)


def test_while_one_server_has_not_loaded_the_release_no_label_moves(
    labels: Callable[[], LabelsServer], root: Path, model: Model, three: list[str], run: Run
) -> None:
    quick, asleep = Polling(labels()), Polling(labels(), asleep=1000)
    with addresses(quick, asleep) as servers:
        done = run(
            "rollback", "penguin", "--reason", "a test", "--wait", *named(servers), "--timeout", "1", "--json"
        )
        assert done.exit_code == 1
        # What was done is said, before the one line about what was not.
        assert json.loads(done.stdout)["release"] == model.state.labels["stable"] == 2
        assert done.stderr.startswith("hallmark: after 1 s not every server serves what it should")
        assert done.stderr.count("\n") == 1
        assert servers[1] in done.stderr
        assert "version_labels" not in (root / "models.config").read_text()
        assert set(quick.server.loaded) >= {2}
        asleep.asleep = 0
        again = run("serving-plan", "penguin", "--apply", "--wait", *named(servers))
    assert (again.exit_code, again.stderr) == (0, "")
    assert quick.server.labels == asleep.server.labels == {"stable": 2}  # type: ignore[union-attr]


def test_a_rollback_to_what_stands_by_is_served_after_one_step(
    labels: Callable[[], LabelsServer], model: Model, three: list[str], told: Run
) -> None:
    polling = Polling(labels())
    with addresses(polling) as servers:
        told("serving-plan", "penguin", "--apply", "--wait", *named(servers))
        assert set(polling.server.loaded) == {2, 3}
        done = told("rollback", "penguin", "--reason", "a test", "--wait", *named(servers))
    assert (done["release"], done["served_by"]) == (2, servers)
    assert polling.server.labels == {"stable": 2}  # type: ignore[union-attr]


def test_under_latest_it_waits_until_the_new_number_is_served(
    model: Model, three: list[str], told: Run
) -> None:
    polling = Polling(LatestServer(model.path), asleep=4)
    polling.server.poll()
    with addresses(polling) as servers:
        done = told("rollback", "penguin", "--reason", "a test", "--wait", *named(servers))
    assert (done["release"], done["served_by"], done["serving"]) == (4, servers, None)
    assert polling.server.loaded.keys() == {4}


def test_servers_of_the_settings_are_waited_for(model: Model, three: list[str], told: Run, run: Run) -> None:
    polling = Polling(LatestServer(model.path))
    with addresses(polling) as servers:
        assert run("config", "--servers", ",".join(servers), "--reason", "a test").exit_code == 0
        done = told("rollback", "penguin", "--reason", "a test", "--wait")
    assert done["served_by"] == servers


def test_one_that_cannot_load_it_ends_the_waiting_and_is_named(
    labels: Callable[[], LabelsServer], model: Model, three: list[str], run: Run
) -> None:
    broken = Loaded(available=[3], failed={2: "a missing op"})
    with serving(broken) as server:
        done = run("rollback", "penguin", "--reason", "a test", "--wait", "--server", server)
    assert done.exit_code == 1
    assert f"{server} cannot load release 2 of penguin: a missing op; roll back" in done.stderr
    assert done.stderr.count("\n") == 1
    assert model.state.labels == {"stable": 2}


@pytest.mark.parametrize("command", [("rollback", "penguin"), ("promote", "penguin@1.0.0", "--to", "beta")])
@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--wait",), "hallmark config --servers"),
        (("--server", "http://127.0.0.1:1"), "give --wait too"),
        (("--wait", "--server", "nonsense"), "write http://HOST:8501"),
        (("--wait", "--server", "http://127.0.0.1:1", "--timeout", "-1"), "--timeout"),
    ],
)
def test_what_cannot_be_waited_for_is_said_before_anything_is_done(
    three: list[str], wrong: Run, command: tuple[str, ...], arguments: tuple[str, ...], part: str
) -> None:
    assert part in wrong(2, *command, "--reason", "a test", *arguments)


def test_a_dry_run_waits_for_nobody(model: Model, three: list[str], told: Run) -> None:
    nobody = ("--wait", "--server", "http://127.0.0.1:1")
    assert told("rollback", "penguin", "--reason", "a test", "--dry-run", *nobody)["dry_run"] is True
    assert model.state.labels == {"stable": 3}
