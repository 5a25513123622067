"""`hallmark adopt`: a directory as TFX Pusher fills it becomes a model, where it lies."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.saved_models import change_weights, copy_saved_model
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

STAMPS = (1763683200, 1763769600, 1763856000)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A directory with three timestamped versions."""
    base = tmp_path / "old" / "penguin"
    for number, stamp in enumerate(STAMPS, 1):
        change_weights(copy_saved_model("linear", base / str(stamp)), number)
    return base


@pytest.fixture
def run(hallmark: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the command with nothing said of registry or store."""

    def runs(*arguments: object) -> Any:
        return hallmark(*map(str, arguments), HALLMARK_ROOT="", HALLMARK_METADATA="")

    return runs


@pytest.fixture
def adopt(run: Callable[..., Any], base: Path) -> Callable[..., Any]:
    """Adopts the directory and gives the answer."""

    def runs(*arguments: object) -> Any:
        done = run("adopt", base, *arguments, "--json")
        assert (done.exit_code, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return runs


def opened(base: Path) -> Model:
    return Registry.open(base.parent).model(base.name)


def test_each_numbered_directory_becomes_a_version_and_the_highest_stable(
    adopt: Callable[..., Any], base: Path
) -> None:
    answer = adopt("--reason", "moving to hallmark")
    assert (answer["model"], answer["root"], answer["refused"]) == ("penguin", str(base.parent), False)
    assert [(one["number"], one["version"]) for one in answer["adopted"]] == [
        (STAMPS[0], "1.0.0"),
        (STAMPS[1], "1.0.1"),
        (STAMPS[2], "1.0.2"),
    ]
    assert answer["stable"] == "1.0.2"
    assert {event["reason"] for event in answer["events"]} == {"moving to hallmark"}
    model = opened(base)
    assert [event.kind for event in model.events()] == ["adopted"] * 3
    assert model.state.labels == {"stable": STAMPS[2]}
    assert model.version("1.0.0").state.created.startswith("2025-11-21T00:00:00")


def test_no_file_in_it_is_touched(adopt: Callable[..., Any], base: Path) -> None:
    before = listing(base)
    times = {path: path.stat().st_mtime_ns for path in base.rglob("*")}
    adopt()
    assert listing(base) == before
    assert {path: path.stat().st_mtime_ns for path in base.rglob("*")} == times


def test_what_was_adopted_is_verified_and_rolled_back(
    adopt: Callable[..., Any], run: Callable[..., Any], base: Path
) -> None:
    adopt()
    root = ("--root", base.parent)
    assert run("verify", "penguin", *root).exit_code == 0
    assert run("rollback", "penguin", "--reason", "a test", *root).exit_code == 0
    assert opened(base).state.labels == {"stable": STAMPS[2] + 1}
    assert opened(base).version("stable").version == "1.0.1"


def test_a_second_time_nothing_is_new_and_new_numbers_are_taken(
    adopt: Callable[..., Any], base: Path
) -> None:
    adopt()
    before = listing(base.parent)
    again = adopt()
    assert (again["adopted"], again["known"], again["events"]) == ([], list(STAMPS), [])
    assert listing(base.parent) == before
    change_weights(copy_saved_model("linear", base / str(STAMPS[2] + 100)), 9)
    later = adopt()
    assert [one["version"] for one in later["adopted"]] == ["1.0.3"]
    assert later["stable"] == "1.0.3"


def test_the_same_content_twice_is_one_version_with_two_releases(
    adopt: Callable[..., Any], base: Path
) -> None:
    change_weights(copy_saved_model("linear", base / str(STAMPS[2] + 100)), 1)
    last = adopt()["adopted"][-1]
    assert (last["version"], last["same_as"]) == ("1.0.0", STAMPS[0])
    assert list(opened(base).version("1.0.0").state.releases) == [STAMPS[0], STAMPS[2] + 100]


def test_a_dry_run_tells_the_same_and_writes_nothing(adopt: Callable[..., Any], base: Path) -> None:
    before = listing(base.parent)
    rehearsed = adopt("--dry-run")
    assert listing(base.parent) == before
    done = adopt()
    assert (rehearsed["dry_run"], rehearsed["events"]) == (True, [])
    for key in ("adopted", "stable", "skipped"):
        assert rehearsed[key] == done[key]


def test_something_damaged_below_the_newest_whole_one_is_left_alone_and_named(
    adopt: Callable[..., Any], base: Path
) -> None:
    (base / str(STAMPS[1]) / "saved_model.pb").unlink()
    (base / "notes.txt").touch()
    answer = adopt()
    assert [one["number"] for one in answer["adopted"]] == [STAMPS[0], STAMPS[2]]
    assert {Path(one["path"]).name for one in answer["skipped"]} == {str(STAMPS[1]), "notes.txt"}
    assert all(one["repair"] for one in answer["skipped"])


WEIGHTS = "variables/variables.data-00000-of-00001"
SPOILT: dict[str, tuple[Callable[[Path], object], str]] = {
    "no graph": (lambda path: (path / "saved_model.pb").write_bytes(b"\xff" * 100), "saved_model.pb is"),
    "no weights": (lambda path: (path / WEIGHTS).unlink(), f"{WEIGHTS} is missing"),
    "half the weights": (lambda path: os.truncate(path / WEIGHTS, 9), f"{WEIGHTS} is truncated"),
    "a pipe": (lambda path: os.mkfifo(path / "pipe"), "pipe is no regular file"),
    "a link out of it": (lambda path: (path / "out").symlink_to("/etc/passwd"), "out links out of the model"),
    "a link to nothing": (lambda path: (path / "none").symlink_to("nowhere"), "none cannot be read"),
    "a name in no alphabet": (lambda path: (path / os.fsdecode(b"\xff")).touch(), "not UTF-8"),
}


@pytest.mark.parametrize("kind", SPOILT)
def test_a_version_that_cannot_be_read_is_left_alone_with_the_reason(
    adopt: Callable[..., Any], run: Callable[..., Any], base: Path, kind: str
) -> None:
    spoil, why = SPOILT[kind]
    spoil(base / str(STAMPS[1]))
    rehearsed, answer = adopt("--dry-run"), adopt()
    assert [one["number"] for one in answer["adopted"]] == [STAMPS[0], STAMPS[2]]
    [left] = answer["skipped"]
    assert left["path"] == str(base / str(STAMPS[1]))
    assert why in left["what"]
    # Named within the version; where that lies is said before it.
    assert "(/" not in left["what"]
    assert rehearsed["skipped"] == answer["skipped"]
    page = run("adopt", base)
    assert (page.exit_code, page.stdout.count("skipped: ")) == (0, 1)


@pytest.mark.parametrize("kind", ["empty", "file", "link", "zeros"])
def test_something_that_tf_serving_would_serve_instead_blocks_it(
    run: Callable[..., Any], base: Path, kind: str
) -> None:
    odd = base / ("0099999999999" if kind == "zeros" else "9999999999")
    if kind == "file":
        odd.touch()
    elif kind == "link":
        odd.symlink_to(base / str(STAMPS[0]))
    elif kind == "empty":
        odd.mkdir()
    else:
        copy_saved_model("linear", odd)
    before = listing(base.parent)
    for extra in ((), ("--dry-run",), ("--json",)):
        done = run("adopt", base, *extra)
        assert done.exit_code == 1
        assert odd.name in done.stdout
        assert listing(base.parent) == before


def test_the_model_may_be_named_apart_from_the_directory_above_it(
    run: Callable[..., Any], base: Path
) -> None:
    done = run("adopt", base.parent, "--model", "penguin", "--json")
    assert done.exit_code == 0
    assert len(json.loads(done.stdout)["adopted"]) == 3


def test_a_directory_that_is_not_there_or_empty_is_one_line(run: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in (tmp_path / "missing", tmp_path / "empty"):
        done = run("adopt", path)
        assert (done.exit_code, done.stdout, done.stderr.count("\n")) == (1, "", 1), path
        assert str(path) in done.stderr
    assert list((tmp_path / "empty").iterdir()) == []


def test_under_labels_what_comes_later_does_not_become_stable_by_itself(
    adopt: Callable[..., Any], run: Callable[..., Any], base: Path
) -> None:
    adopt()
    done = run("config", "--serving-policy", "labels", "--reason", "canaries", "--root", base.parent)
    assert done.exit_code == 0, done.stderr
    change_weights(copy_saved_model("linear", base / str(STAMPS[2] + 100)), 9)
    # TF Serving looks at models.config there, and not at the highest number.
    (base / str(STAMPS[2] + 200)).mkdir()
    later = adopt()
    assert [(one["number"], one["labels"]) for one in later["adopted"]] == [(STAMPS[2] + 100, [])]
    assert later["stable"] == "1.0.2"
    assert [Path(one["path"]).name for one in later["skipped"]] == [str(STAMPS[2] + 200)]
    assert opened(base).state.labels == {"stable": STAMPS[2]}
    assert "versions: 1763856000" in (base.parent / "models.config").read_text()
