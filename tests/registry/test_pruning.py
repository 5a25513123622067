"""Retention carried out: what leaves the disk, what stays on record, and what a crash or another process does to it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.root_settings import set_in
from tfx_hallmark.registry.errors import (
    ConfigError,
    PromotionRefusedError,
    RollbackRefusedError,
)
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
Publish = Callable[..., str]


def numbers(model: Model) -> list[int]:
    """Gives what TF Serving finds in the base path."""
    return sorted(int(path.name) for path in model.path.iterdir())


def test_i10_what_goes_leaves_the_disk_and_stays_on_record(
    root: Path, model: Model, publish: Publish
) -> None:
    versions = [publish(number) for number in range(1, 6)]
    before = {version: model.version(version) for version in versions[:2]}
    kept = {number: listing(model.path / str(number)) for number in (3, 4, 5)}
    looked = model.dry_run.prune(keep_last=0)
    done = model.prune(keep_last=0, reason="the disk is full", actor="ann")
    assert done.plan == looked.plan
    assert done.freed == looked.freed
    assert numbers(model) == [3, 4, 5]
    assert {number: listing(model.path / str(number)) for number in (3, 4, 5)} == kept
    assert [(event.kind, event.actor, event.reason) for event in done.events] == [
        ("pruned", "ann", "the disk is full")
    ] * 2
    again = Registry.open(root).model("penguin")
    for version, earlier in before.items():
        now = again.version(version)
        assert now.manifest == earlier.manifest
        assert now.verdict == earlier.verdict
        assert now.state.pruned == now.state.releases
    assert again.state.next_release == 6
    assert again.verify() == ()
    assert again.audit() == ()


def test_a_dry_run_changes_nothing(root: Path, model: Model, publish: Publish) -> None:
    for number in range(1, 6):
        publish(number)
    before = listing(root)
    assert len(model.dry_run.prune(keep_last=0).plan.deletions) == 2
    assert listing(root) == before


def test_a_second_pruning_finds_nothing(model: Model, publish: Publish) -> None:
    for number in range(1, 6):
        publish(number)
    model.prune(keep_last=0, reason="a test")
    seq = model.state.seq
    again = model.prune(keep_last=0, reason="a test")
    assert (again.plan.deletions, again.events, again.freed.size) == ((), (), 0)
    assert model.state.seq == seq


def test_without_a_limit_or_a_reason_nothing_is_pruned(model: Model, three: list[str], refused: Any) -> None:
    with refused(ConfigError, "--keep-last N, --keep-days D"):
        model.prune(reason="a test")
    with refused(ConfigError, "no reason is given"):
        model.prune(keep_last=0, reason="")


def test_progress_is_told_by_the_version(model: Model, publish: Publish) -> None:
    for number in range(1, 6):
        publish(number)
    told: list[tuple[int, int]] = []
    model.prune(keep_last=0, reason="a test", progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 2), (2, 2)]


def test_what_is_freed_is_what_has_no_other_name(
    root: Path, model: Model, three: list[str], tmp_path: Path
) -> None:
    set_in(root, rollback_targets=0)
    size = sum(file.stat().st_size for file in (model.path / "1").rglob("*") if file.is_file())
    model.fetch(2, tmp_path / "PushedModel")  # hard links: as a pipeline keeps them
    freed = model.dry_run.prune(keep_last=0).freed
    shared = sum(
        file.stat().st_size
        for file in (model.path / "2").rglob("*")
        if file.is_file() and file.stat().st_nlink > 1
    )
    assert shared > 0
    assert freed.shared == shared
    assert freed.size + freed.shared == 2 * size
    assert model.prune(keep_last=0, reason="a test").freed == freed
    assert (tmp_path / "PushedModel/saved_model.pb").exists()


def test_releases_of_one_version_are_free_together_only(model: Model, three: list[str]) -> None:
    model.rollback(to=three[1], reason="a test")
    done = model.prune(keep_last=3, reason="a test")
    assert [deletion.releases for deletion in done.plan.deletions] == [(2,)]
    assert done.freed.shared > 0  # release 4 has the same files
    assert numbers(model) == [1, 3, 4]
    assert model.version("stable").version == three[1]
    assert model.verify() == ()


def test_what_was_pruned_cannot_be_rolled_back_to_or_promoted(
    root: Path, model: Model, three: list[str], refused: Any
) -> None:
    set_in(root, rollback_targets=0)
    model.prune(keep_last=0, reason="a test")
    with refused(RollbackRefusedError, three[0], "were deleted", "push its model again"):
        model.rollback(to=three[0], reason="a test")
    with refused(RollbackRefusedError):
        model.rollback(reason="a test")
    with refused(PromotionRefusedError, three[1], "were deleted"):
        model.promote_unchecked(three[1], "canary", reason="a test")


def test_i2_a_pruned_version_that_is_pushed_again_keeps_its_number_and_gets_a_new_release(
    root: Path, model: Model, three: list[str], make_candidate: Make
) -> None:
    set_in(root, rollback_targets=0)
    model.prune(keep_last=0, reason="a test")
    assert model.tag(make_candidate(1)).version == three[0]
    push = model.push_unchecked(make_candidate(1), three[0], reason="wanted again")
    assert (push.release, push.already) == (4, False)
    assert model.version(three[0]).state.releases == [1, 4]
    assert model.verify() == ()


def test_after_a_crash_between_event_and_deletion_whoever_opens_the_model_finishes_it(
    root: Path, model: Model, three: list[str]
) -> None:
    model._ledger.commit(lambda _: Pruned(version=three[0], releases=(1,)), actor="a test")
    assert (model.path / "1").is_dir()
    assert numbers(Registry.open(root).model("penguin")) == [2, 3]
    staging = root / ".hallmark/penguin/staging"
    assert not staging.exists() or not [*staging.iterdir()]


@pytest.mark.parametrize(
    "operate",
    [
        lambda model, version: model.hold(version, reason="wanted"),
        lambda model, version: model.promote(version, "canary", reason="wanted"),
        lambda model, version: model.rollback(to=version, reason="wanted"),
    ],
    ids=["hold", "promote", "rollback"],
)
def test_i10_what_is_wanted_a_moment_before_its_turn_keeps_its_files(
    root: Path, model: Model, publish: Publish, operate: Callable[[Model, str], Any]
) -> None:
    set_in(root, rollback_targets=0)
    versions = [publish(number) for number in range(1, 5)]
    other = Registry.open(root).model("penguin")
    turns: list[int] = []

    def meanwhile(done: int, _: int) -> None:
        turns.append(done)
        if done == 1:
            operate(other, versions[1])  # the next one in turn

    done = model.prune(keep_last=0, reason="a test", progress=meanwhile)
    assert turns == [1, 2, 3]
    assert [event.data.version for event in done.events] == [versions[2], versions[0]]
    assert [deletion.version for deletion in done.plan.deletions] == [versions[2], versions[0]]
    assert model.version(versions[1]).state.pruned == []
    assert (model.path / "2/saved_model.pb").is_file()


def test_a_release_deleted_by_hand_does_not_count_as_a_rollback_target(
    root: Path, model: Model, publish: Publish, tmp_path: Path
) -> None:
    versions = [publish(number) for number in range(1, 6)]
    shutil.move(model.path / "4", tmp_path / "away")
    done = model.prune(keep_last=0, reason="a test")
    assert [event.data.version for event in done.events] == [versions[0]]
    assert numbers(model) == [2, 3, 5]


def test_i10_under_labels_what_models_config_lists_is_not_deleted(
    root: Path, model: Model, publish: Publish
) -> None:
    set_in(root, serving_policy="labels", rollback_targets=0, standby=0)
    publish(1)
    model.serving.apply()
    publish(2)
    # The server still answers from release 1: the label in the file waits for the loading of 2.
    assert model.prune(keep_last=0, reason="a test").events == ()
    assert numbers(model) == [1, 2]
    while model.serving.apply().left:
        pass
    assert model.serving.plan().present is not None
    model.serving.apply()
    assert len(model.prune(keep_last=0, reason="a test").events) == 1
    assert numbers(model) == [2]
