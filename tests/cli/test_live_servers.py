"""`hallmark live --servers`: what each model server really serves, and whether they agree."""

import contextlib
import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.markdown import blocks
from tests.registry.rest_server import Loaded, serving
from tests.registry.root_settings import set_in

Run = Callable[..., Any]
PAGE = Path(__file__).parents[2] / "docs" / "serving.md"
SPLIT = "split: the servers answer the same request from different releases"


@contextlib.contextmanager
def all_serving(*loaded: Loaded) -> Iterator[list[str]]:
    """Answers for several servers, and gives their addresses."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(serving(one)) for one in loaded]


@contextlib.contextmanager
def down() -> Iterator[str]:
    """Gives the address of a server that is not there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody else gets it, and it refuses
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


def squeezed(text: str) -> list[str]:
    """Gives the lines; a column is as wide as the addresses in it."""
    return [re.sub(r" +", " ", line) for line in text.splitlines()]


@pytest.fixture
def canary(root: Path, publish: Callable[..., str]) -> None:
    """Release 2 is stable and release 3 canary, under the policy `labels`."""
    set_in(root, serving_policy="labels")
    publish(1)
    publish(2)
    publish(3, label="canary")


@pytest.fixture
def asked(run: Run) -> Callable[..., tuple[int, Any]]:
    """Asks servers about the penguins; gives the exit code and the document about that model."""

    def ask(*servers: str) -> tuple[int, Any]:
        done = run("live", "penguin", "--servers", ",".join(servers), "--json")
        assert done.stderr == ""
        (told,) = json.loads(done.stdout)["models"]
        return done.exit_code, told

    return ask


def test_it_prints_what_the_docs_show(root: Path, canary: None, run: Run) -> None:
    [shown] = [block.code for block in blocks(PAGE, "") if "live penguin --servers" in block.code]
    a = Loaded(available=[1, 2, 3], labels={"stable": 2, "canary": 3})
    b = Loaded(available=[1, 2], labels={"stable": 2})
    before = listing(root)
    with all_serving(a, b) as addresses:
        done = run("live", "penguin", "--servers", ",".join(addresses))
    assert (done.exit_code, done.stderr) == (1, "")
    printed = done.stdout.replace(addresses[0], "http://a:8501").replace(addresses[1], "http://b:8501")
    assert squeezed(printed) == squeezed(shown)[1:]
    assert listing(root) == before


def test_of_three_servers_the_one_that_is_behind_and_the_one_that_is_down_are_named(
    canary: None, asked: Callable[..., tuple[int, Any]]
) -> None:
    good = Loaded(available=[1, 2, 3], labels={"stable": 2, "canary": 3})
    behind = Loaded(available=[1], labels={"stable": 1})
    with all_serving(good, behind) as (first, second), down() as third:
        code, told = asked(first, second, third)
    assert (code, told["split"], told["labels"]) == (1, True, {"canary": 3, "stable": 2})
    assert [server["server"] for server in told["servers"]] == [first, second, third]
    assert [server["wrong"] for server in told["servers"]] == [
        [],
        [
            "canary is nothing there, and should be release 3",
            "stable is release 1 there, and should be release 2",
        ],
        ["it could not be asked: Connection refused"],
    ]
    assert told["servers"][1]["labels"] == {"canary": None, "stable": 1}
    assert told["versions"] == {"1": "1.0.0", "2": "1.0.1", "3": "1.0.2"}


def test_servers_that_serve_what_they_should_are_no_error_and_no_split(
    canary: None, asked: Callable[..., tuple[int, Any]]
) -> None:
    # What stands by differs, and is nobody's answer.
    first = Loaded(available=[1, 2, 3], labels={"stable": 2, "canary": 3})
    second = Loaded(available=[2, 3], labels={"stable": 2, "canary": 3})
    with all_serving(first, second) as addresses:
        code, told = asked(*addresses)
    assert (code, told["split"]) == (0, False)
    assert [server["wrong"] for server in told["servers"]] == [[], []]


def test_one_that_is_down_is_an_error_and_no_split(
    canary: None, asked: Callable[..., tuple[int, Any]]
) -> None:
    with serving(Loaded(available=[2, 3], labels={"stable": 2, "canary": 3})) as up, down() as other:
        code, told = asked(up, other)
    assert (code, told["split"]) == (1, False)


def test_under_latest_two_that_see_different_directories_are_split(three: list[str], run: Run) -> None:
    with all_serving(Loaded(available=[3]), Loaded(available=[2])) as addresses:
        done = run("live", "penguin", "--servers", ",".join(addresses))
    assert done.exit_code == 1
    assert f"{addresses[1]}: it serves release 2, and stable is release 3" in done.stdout.splitlines()
    assert not re.search(rf"^{addresses[0]}: ", done.stdout, re.M)
    assert done.stdout.splitlines()[-1] == SPLIT


def test_what_a_server_could_not_load_is_shown_with_its_reason(three: list[str], run: Run) -> None:
    with serving(Loaded(available=[2], failed={3: "out of [bold]memory"})) as address:
        done = run("live", "penguin", "--servers", address)
    assert done.exit_code == 1
    assert f"{address}: release 3 failed to load: out of [bold]memory" in done.stdout.splitlines()


def test_a_number_that_the_registry_does_not_know_is_shown_as_it_is(three: list[str], run: Run) -> None:
    with serving(Loaded(available=[3, 77])) as address:
        done = run("live", "penguin", "--servers", address)
    assert done.exit_code == 1
    assert "it serves release 77, and stable is release 3" in done.stdout
    assert re.search(r"3, 77 +77 ", done.stdout)


def test_without_a_value_those_of_the_settings_are_asked_about_every_model(
    three: list[str], run: Run
) -> None:
    loaded = Loaded(available=[3])
    with serving(loaded) as address:
        assert run("config", "--servers", address, "--reason", "a test").exit_code == 0
        done = run("live", "--servers", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 0
    assert [model["model"] for model in told["models"]] == ["penguin"]
    assert [server["server"] for server in told["models"][0]["servers"]] == [address]


def test_one_that_is_named_twice_is_asked_once(
    three: list[str], asked: Callable[..., tuple[int, Any]]
) -> None:
    with serving(Loaded(available=[3])) as address:
        _, told = asked(address, f"{address}/")
    assert [server["server"] for server in told["servers"]] == [address]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("--servers", "http://a:8501", "--at", "2h"), "leave out --at or --servers"),
        (("--servers",), "hallmark config --servers"),
        (("--servers", ","), "hallmark config --servers"),
        (("--servers", "a:8501"), "write http://HOST:8501"),
    ],
)
def test_wrong_usage_is_one_line(three: list[str], wrong: Run, arguments: tuple[str, ...], part: str) -> None:
    assert part in wrong(2, "live", "penguin", *arguments)
