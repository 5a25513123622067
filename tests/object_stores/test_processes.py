"""Several processes that publish into one object store at once."""

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.faults.crew import Crew
from tests.object_stores import jobs
from tests.object_stores.conftest import tree
from tests.object_stores.server import S3Server
from tfx_hallmark.registry.registry import Registry

pytestmark = pytest.mark.slow

Make = Callable[[int], Path]
HERE = Path(__file__).parents[2]


@pytest.fixture
def url(s3_root: str) -> str:
    """A root behind a server; one in memory is a single process's."""
    return s3_root


@pytest.fixture
def publish_at_once(url: str) -> Callable[[list[Path], str], list[Any]]:
    """Publishes candidates, each in a process of its own, all at the same time; gives what each says."""

    @contextlib.contextmanager
    def started(candidate: Path, how: str) -> Iterator["subprocess.Popen[str]"]:
        environment = {**os.environ, "PYTHONPATH": f"{HERE / 'components'}{os.pathsep}{HERE}"}
        command = [sys.executable, "-m", "tests.object_stores.writer", url, str(candidate), how]
        process = subprocess.Popen(
            command, cwd=HERE, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with contextlib.suppress(OSError):
                        pipe.close()

    def run(candidates: list[Path], how: str) -> list[Any]:
        with contextlib.ExitStack() as stack:
            processes = [stack.enter_context(started(candidate, how)) for candidate in candidates]
            for process in processes:
                assert process.stdout is not None
                assert process.stdout.readline() == "ready\n"
            for process in processes:
                assert process.stdin is not None
                process.stdin.write("go\n")
                process.stdin.flush()
            return [json.loads(process.communicate(timeout=120)[0]) for process in processes]

    return run


def test_all_that_publish_at_once_get_a_number_each(
    url: str,
    make_candidate: Make,
    publish_at_once: Callable[..., list[Any]],
    files_of: Callable[[int], dict[str, bytes]],
) -> None:
    Registry.create(url)
    candidates = [make_candidate(number) for number in range(1, 5)]
    told = publish_at_once(candidates, "unchecked")
    assert not [each for each in told if "error" in each]
    assert sorted(each["release"] for each in told) == [1, 2, 3, 4]
    assert len({each["version"] for each in told}) == 4
    for candidate, each in zip(candidates, told, strict=True):
        assert files_of(each["release"]) == tree(candidate)
    model = Registry.open(url).model("penguin")
    assert [event.seq for event in model.events()] == list(range(1, 9))
    assert model.verify() == model.audit() == ()


def test_of_three_that_beat_the_same_baseline_one_wins(
    url: str,
    make_candidate: Make,
    publish: Callable[..., str],
    publish_at_once: Callable[..., list[Any]],
    look: Callable[[], dict[str, bytes]],
) -> None:
    publish(1)
    told = publish_at_once([make_candidate(number) for number in (2, 3, 4)], "gated")
    assert not [each for each in told if "error" in each]
    won = [each for each in told if each["passed"]]
    assert len(won) == 1
    model = Registry.open(url).model("penguin")
    assert model.version("stable").version == won[0]["version"]
    assert won[0]["release"] == 2
    assert {key.split("/")[1] for key in look() if key.startswith("penguin/")} == {"1", "2"}
    kinds = [event.kind for event in model.events()]
    assert kinds.count("refused") == 2
    for each in told:
        verdict = model.version(each["version"]).verdict
        assert verdict is not None
        assert verdict.passed or "baseline" in str(verdict.reasons)
    assert model.verify() == model.audit() == ()


def test_of_two_with_the_same_content_both_find_the_one_release(
    url: str,
    make_candidate: Make,
    publish_at_once: Callable[..., list[Any]],
    look: Callable[[], dict[str, bytes]],
) -> None:
    Registry.create(url)
    told = publish_at_once([make_candidate(1), make_candidate(1)], "unchecked")
    assert not [each for each in told if "error" in each]
    assert {each["version"] for each in told} == {"1.0.0"}
    assert {each["release"] for each in told} == {1}
    assert {key.split("/")[1] for key in look() if key.startswith("penguin/")} == {"1"}


def test_i2_i11_six_writers_at_once_lose_nothing_and_do_nothing_twice(
    url: str,
    server: S3Server,
    crew: Crew,
    make_candidate: Make,
    files_of: Callable[[int], dict[str, bytes]],
) -> None:
    Registry.create(url)
    names = [f"writer{number}" for number in range(6)]
    candidates = {name: make_candidate(number) for number, name in enumerate(names)}
    done = crew.race(
        [
            (jobs.in_store, (server.environment(name), "work", url, [str(candidates[name])], name))
            for name in names
        ]
    )
    told = {name: each[0] for name, each in zip(names, done, strict=True)}
    assert sorted(release for _, release in told.values()) == [1, 2, 3, 4, 5, 6]
    assert len({version for version, _ in told.values()}) == 6
    model = Registry.open(url).model("penguin")
    events = list(model.events())  # checks the chain
    assert [event.seq for event in events] == list(range(1, 25))
    kinds = [event.kind for event in events]
    assert {kind: kinds.count(kind) for kind in kinds} == {"tagged": 6, "published": 6, "annotated": 12}
    for name, (version, release) in told.items():
        assert files_of(release) == tree(candidates[name])
        assert model.version(version).releases == (release,)
        assert model.version(version).state.notes == {f"{name}-0": "noted", f"{name}-1": "noted"}
    assert model.audit() == ()
