"""What retention does with a directory that bears the number of a release that goes, and is not that release."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing, outside_stamps
from tests.registry.adopted import writable
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import ForeignEntryError
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.examining.examination import examine
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
Publish = Callable[..., str]
STAMPS = (1763683200, 1763769600, 1763856000)


def numbers(model: Model) -> list[int]:
    return sorted(int(path.name) for path in model.path.iterdir())


def make_room(directory: Path) -> Path:
    """Deletes a release as somebody would who wants its place."""
    shutil.rmtree(writable(directory))
    return directory


def put_notes(model: Model, number: int) -> None:
    directory = make_room(model.path / str(number))
    directory.mkdir()
    (directory / "notes.txt").write_text("a week's work")


def put_another_release(model: Model, number: int) -> None:
    shutil.copytree(model.path / "5", make_room(model.path / str(number)), dirs_exist_ok=True)


def put_the_same_without_saying_so(model: Model, number: int) -> None:
    """Leaves the weights of another model, under a graph of the same name and nothing of hallmark's."""
    directory = writable(model.path / str(number))
    shutil.rmtree(directory / "assets.extra")
    (directory / "saved_model.pb").write_bytes(b"of another model")


FOREIGN = [put_notes, put_another_release, put_the_same_without_saying_so]


@pytest.fixture
def five(root: Path, publish: Publish) -> list[str]:
    """Five versions as releases 1 to 5, of which retention would let 1 and 2 go."""
    return [publish(number) for number in range(1, 6)]


@pytest.mark.parametrize("put", FOREIGN)
@pytest.mark.parametrize("number", [1, 2])
def test_i10_one_foreign_directory_keeps_all_from_being_pruned(
    model: Model, five: list[str], put: Callable[[Model, int], None], number: int, refused: Any
) -> None:
    put(model, number)
    with refused(ForeignEntryError, model.path / str(number), f"penguin@{five[number - 1]}", "move it out"):
        model.prune(keep_last=0, reason="a test")
    with refused(ForeignEntryError, model.path / str(number)):
        model.dry_run.prune(keep_last=0)


def test_when_it_has_been_moved_away_the_others_go(model: Model, five: list[str], tmp_path: Path) -> None:
    put_notes(model, 1)
    shutil.move(model.path / "1", tmp_path / "mine")
    done = model.prune(keep_last=0, reason="a test")
    assert [event.data.version for event in done.events] == [five[1]]
    assert numbers(model) == [3, 4, 5]
    assert (tmp_path / "mine/notes.txt").read_text() == "a week's work"


def test_a_foreign_directory_under_a_number_that_stays_is_no_matter(model: Model, five: list[str]) -> None:
    put_notes(model, 3)
    assert len(model.prune(keep_last=0, reason="a test").events) == 2
    assert (model.path / "3/notes.txt").is_file()


def test_a_link_in_place_of_a_release_and_what_it_leads_to_stay(
    model: Model, five: list[str], tmp_path: Path
) -> None:
    away = tmp_path / "away"
    shutil.copytree(model.path / "1", away)
    make_room(model.path / "1").symlink_to(away)
    before = listing(away)
    assert [event.data.version for event in model.prune(keep_last=0, reason="a test").events] == [five[1]]
    assert (model.path / "1").readlink() == away
    assert listing(away) == before


def test_a_damaged_release_is_still_the_release_and_goes(model: Model, five: list[str]) -> None:
    weights = writable(model.path / "1") / "variables/variables.data-00000-of-00001"
    weights.write_bytes(bytes(weights.stat().st_size))
    (model.path / "2/saved_model.pb").unlink()
    assert len(model.prune(keep_last=0, reason="a test").events) == 2
    assert numbers(model) == [3, 4, 5]


def test_i10_what_is_put_there_during_the_pruning_stays_and_its_version_is_not_said_to_be_pruned(
    model: Model, five: list[str]
) -> None:
    def meanwhile(done: int, _: int) -> None:
        if done == 1:
            put_notes(model, 1)  # the next one in turn

    with pytest.raises(ForeignEntryError, match="/penguin/1 "):
        model.prune(keep_last=0, reason="a test", progress=meanwhile)
    assert numbers(model) == [1, 3, 4, 5]
    assert (model.path / "1/notes.txt").is_file()
    assert [event.data.version for event in model.events() if isinstance(event.data, Pruned)] == [five[1]]


@pytest.mark.parametrize("put", FOREIGN)
def test_i10_what_took_the_place_of_a_release_whose_pruning_was_killed_stays_and_holds_nobody_up(
    root: Path, model: Model, five: list[str], put: Callable[[Model, int], None], make_candidate: Make
) -> None:
    for number in (1, 2):
        data = Pruned(version=five[number - 1], releases=(number,))
        model._ledger.commit(lambda _, data=data: data, actor="a test")  # type: ignore[misc]
    put(model, 2)
    foreign = listing(model.path / "2")
    faults = {fault.finding.where: fault for fault in examine(Registry.open(root), "penguin")}
    again = Registry.open(root).model("penguin")
    assert numbers(again) == [2, 3, 4, 5]  # 1 was the release itself
    again.rollback(reason="a test")
    version = again.tag(make_candidate(7)).version
    assert again.push_unchecked(make_candidate(7), version, reason="a test").release == 7
    assert listing(model.path / "2") == foreign
    assert [(one.code, one.repair) for one in again.verify()] == [
        ("release-not-deleted", "move the directory out of the base path")
    ]
    assert {where: fault.cure is not None for where, fault in faults.items()} == {
        f"penguin@{five[0]} release 1": True,
        f"penguin@{five[1]} release 2": False,
    }


@pytest.fixture
def adopted(tmp_path: Path, make_candidate: Make) -> Model:
    """Three timestamped releases that hallmark did not make, of which retention would let two go."""
    base = tmp_path / "srv/penguin"
    for number, stamp in enumerate(STAMPS, 1):
        shutil.copytree(make_candidate(number), base / str(stamp))
    Registry.adopt(base)
    set_in(base.parent, rollback_targets=0)
    return Registry.open(base.parent).model("penguin")


def test_adopted_releases_go_though_nothing_in_them_says_what_they_are(adopted: Model) -> None:
    assert len(adopted.dry_run.prune(keep_last=0).plan.deletions) == 2
    assert len(adopted.prune(keep_last=0, reason="a test").events) == 2
    assert numbers(adopted) == [STAMPS[2]]
    assert adopted.verify() == adopted.audit() == ()


@pytest.mark.parametrize("foreign", ["other bytes", "another release", "notes"])
def test_i10_of_an_adopted_release_the_bytes_decide(adopted: Model, foreign: str) -> None:
    directory = adopted.path / str(STAMPS[0])
    if foreign == "other bytes":
        weights = directory / "variables/variables.data-00000-of-00001"
        weights.write_bytes(bytes(weights.stat().st_size))
    elif foreign == "another release":
        shutil.copytree(adopted.path / str(STAMPS[2]), make_room(directory))
    else:
        make_room(directory).mkdir()
        (directory / "notes.txt").write_text("a week's work")
    before = outside_stamps(adopted.path.parent)
    with pytest.raises(ForeignEntryError, match=f"{directory} bears the number"):
        adopted.prune(keep_last=0, reason="a test")
    assert outside_stamps(adopted.path.parent) == before
