"""Rollbacks: what becomes stable, and at what cost."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registry.adopted import adopt
from tfx_hallmark.registry import releases
from tfx_hallmark.registry.errors import (
    RollbackRefusedError,
)
from tfx_hallmark.registry.events import RolledBack
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]
Publish = Callable[..., str]


def test_i2_i11_a_rollback_makes_stable_what_was_stable_before_under_a_new_number(
    model: Model,
    three: list[str],
) -> None:
    done = model.rollback(reason="it is wrong", actor="ann")
    assert (done.kind, done.version, done.release, done.path) == (
        "rolled_back",
        three[1],
        4,
        model.path / "4",
    )
    assert (done.label, done.from_version, done.from_release) == ("stable", three[2], 3)
    assert model.version("stable").version == three[1]
    assert model.state.labels == {"stable": 4}
    assert digest_tree(model.path / "4").digest == model.version(three[1]).digest
    event = list(model.events())[-1]
    assert done.events == (event,)
    assert (event.actor, event.reason) == ("ann", "it is wrong")
    assert isinstance(event.data, RolledBack)
    assert (event.data.version, event.data.release, event.data.from_release) == (three[1], 4, 3)
    assert model.version(three[1]).releases == (2, 4)


def test_a_rollback_copies_no_byte(model: Model, three: list[str]) -> None:
    before = {str(path) for path in model.path.rglob("*")}
    done = model.rollback(reason="a test")
    assert done.path is not None
    files = [path for path in sorted(done.path.rglob("*")) if path.is_file()]
    assert len(files) == 5
    for path in files:
        source = model.path / "2" / path.relative_to(done.path)
        # Blocks are an inode's, so what has the same inode takes none.
        assert (path.stat().st_ino == source.stat().st_ino) is (path.name != "hallmark.json")
        assert path.read_bytes() == source.read_bytes()
    assert {str(path) for path in model.path.rglob("*")} - before == {
        str(path) for path in [done.path, *done.path.rglob("*")]
    }


def test_the_new_release_is_as_read_only_as_any_other(model: Model, three: list[str]) -> None:
    model.rollback(reason="a test")
    modes = {
        number: {
            str(path.relative_to(model.path / number)): path.stat().st_mode
            for path in (model.path / number).rglob("*")
        }
        for number in "24"
    }
    assert modes["4"] == modes["2"]
    assert (model.path / "4").stat().st_mode & 0o777 == 0o555


def test_whoever_serves_may_read_the_new_release_whatever_the_umask(
    model: Model,
    three: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def may_not(path: Path) -> None:
        raise PermissionError(1, "Operation not permitted", str(path))

    # As it is until the modes are set, and stays where another user exposes the release.
    monkeypatch.setattr(releases, "make_read_only", may_not)
    before = os.umask(0o077)
    try:
        model.rollback(reason="a test")
    finally:
        os.umask(before)
    shown = [model.path / "4", *(model.path / "4").rglob("*")]
    assert {path.stat().st_mode & 0o777 for path in shown if path.is_dir()} == {0o755}
    assert {path.stat().st_mode & 0o777 for path in shown if path.is_file()} == {0o444}


def test_two_rollbacks_go_back_two_versions_and_a_third_finds_nothing(
    model: Model,
    three: list[str],
    refused: Any,
) -> None:
    assert [model.rollback(reason="a test").version for _ in range(2)] == [three[1], three[0]]
    with refused(RollbackRefusedError, "no earlier good version", "--to", "hallmark list penguin"):
        model.rollback(reason="a test")
    assert model.rollback(to=three[2], reason="it was right").release == 6


def test_what_was_rolled_back_from_is_a_target_again_once_it_was_promoted(
    model: Model,
    three: list[str],
    publish: Publish,
) -> None:
    model.rollback(reason="a test")
    model.promote_unchecked(three[2], "stable", reason="it was right")
    publish(4)
    assert [model.rollback(reason="a test").version for _ in range(3)] == [three[2], three[1], three[0]]


def test_what_was_rolled_back_from_is_passed_over_also_after_a_rollback_to_what_came_later(
    model: Model,
    three: list[str],
) -> None:
    assert model.rollback(reason="a test").version == three[1]
    model.rollback(to=three[2], reason="the other one is worse")
    assert model.rollback(reason="a test").version == three[0]


def test_a_version_that_was_stable_twice_keeps_both_its_places(
    model: Model,
    three: list[str],
    publish: Publish,
) -> None:
    model.promote_unchecked(three[0], "stable", reason="a test")
    publish(4)
    assert [model.rollback(reason="a test").version for _ in range(3)] == [three[0], three[2], three[1]]


@pytest.mark.parametrize("which", ["1.0.0", "1", "digest", "before"])
def test_a_rollback_to_any_reference(model: Model, three: list[str], which: str) -> None:
    model.promote(three[0], "before", reason="a test")
    reference = model.version("1.0.0").digest[:12] if which == "digest" else which
    assert model.rollback(to=reference, reason="a test").version == three[0]


def test_a_rollback_to_an_adopted_version_that_never_was_stable(model: Model, make_candidate: Make) -> None:
    model.path.mkdir()
    adopt(model, make_candidate(1), 1700000001)
    adopt(model, make_candidate(2), 1700000002, "stable")
    with pytest.raises(RollbackRefusedError, match="no earlier good version"):
        model.rollback(reason="a test")
    done = model.rollback(to="1700000001", reason="a test")
    assert (done.version, done.release) == ("0.1700000001.0", 1700000003)
    assert done.path is not None
    assert (done.path / "assets.extra/hallmark.json").exists()
    assert Registry.open(model.path.parent).model("penguin").version("stable").version == done.version


def test_i9_a_rollback_passes_over_what_is_in_quarantine_and_goes_back_to_it_for_nobody(
    model: Model,
    three: list[str],
    refused: Any,
) -> None:
    model.quarantine(three[1], reason="it leaks")
    with refused(RollbackRefusedError, three[1], "in quarantine (it leaks)", "choose another"):
        model.rollback(to=three[1], reason="a test")
    assert model.rollback(reason="a test").version == three[0]
