"""Rollbacks that cannot or must not be made: refused, and nothing changes."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.registry.adopted import adopt, writable
from tfx_hallmark.registry.errors import (
    DigestMismatchError,
    ForeignEntryError,
    InvalidNameError,
    NotFoundError,
    RollbackRefusedError,
    StorageError,
)
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.model import Model

Make = Callable[[int], Path]
Publish = Callable[..., str]


def test_what_cannot_be_gone_back_to_is_refused(
    model: Model,
    three: list[str],
    make_candidate: Make,
    make_evaluation: Any,
    publish: Publish,
    refused: Any,
) -> None:
    tagged = model.tag(make_candidate(4)).version
    worse = model.tag(make_candidate(5)).version
    model.push(make_candidate(5), worse, make_evaluation(0.1, baseline=model.stable()))
    canary = publish(6, label="canary")
    for to, *parts in (
        (three[2], "it is stable already, as release 3"),
        ("stable", "it is stable already, as release 3"),
        (tagged, "it was never published, it is only tagged"),
        (worse, "it was never published, the gate refused it (accuracy overall is 0.1"),
        (canary, "it was never stable", f"hallmark promote penguin@{canary} --to stable"),
    ):
        with refused(RollbackRefusedError, "penguin cannot roll back to", *parts):
            model.rollback(to=to, reason="a test")
    with refused(NotFoundError, "penguin@9.9.9"):
        model.rollback(to="9.9.9", reason="a test")
    with refused(InvalidNameError, "no version"):
        model.rollback(to="../..", reason="a test")


def test_a_rollback_where_nothing_is_stable_is_refused(
    model: Model,
    make_candidate: Make,
    refused: Any,
) -> None:
    model.tag(make_candidate(1))
    with refused(RollbackRefusedError, "nothing of penguin is stable", "hallmark promote penguin@VERSION"):
        model.rollback(reason="a test")


def test_a_rollback_passes_over_versions_whose_files_were_deleted(
    model: Model,
    three: list[str],
    refused: Any,
) -> None:
    model._ledger.commit(lambda _: Pruned(version=three[1], releases=(2,)), actor="a test")
    model.finish()
    assert not (model.path / "2").exists()
    with refused(RollbackRefusedError, three[1], "were deleted", "push its model again"):
        model.rollback(to=three[1], reason="a test")
    assert model.rollback(reason="a test").version == three[0]


def test_links_in_an_adopted_release_become_files(model: Model, make_candidate: Make) -> None:
    linked = make_candidate(1) / "assets/graph.pb"
    linked.parent.mkdir()
    linked.symlink_to("../saved_model.pb")
    model.path.mkdir()
    adopt(model, make_candidate(1), 7, "stable")
    adopt(model, make_candidate(2), 8, "stable")
    done = model.rollback(reason="a test")
    assert done.path is not None
    assert not (done.path / "assets/graph.pb").is_symlink()
    assert (done.path / "assets/graph.pb").stat().st_ino == (model.path / "7/saved_model.pb").stat().st_ino


@pytest.mark.parametrize("damage", ["changed", "missing", "added", "unreadable"])
def test_i8_a_release_that_no_longer_holds_what_was_published_is_not_gone_back_to(
    model: Model,
    three: list[str],
    refused: Any,
    damage: str,
) -> None:
    graph = writable(model.path / "2") / "saved_model.pb"
    if damage == "changed":
        graph.write_bytes(graph.read_bytes()[:-1] + b"\0")
    elif damage == "missing":
        graph.unlink()
    elif damage == "added":
        graph = model.path / "2/assets/more.txt"
        graph.parent.mkdir(exist_ok=True)
        graph.write_bytes(b"a\n")
    else:
        graph.unlink()
        graph.symlink_to("/etc/hostname")
    where = graph if damage == "unreadable" else graph.relative_to(model.path / "2")
    what = "links out of the model" if damage == "unreadable" else f"{damage}"
    for attempt in (
        lambda: model.rollback(reason="a test"),
        lambda: model.dry_run.rollback(),
        lambda: model.quarantine("stable", reason="a test"),
        lambda: model.promote_unchecked(three[1], "stable", reason="a test"),
    ):
        with refused(
            DigestMismatchError,
            model.path / "2",
            where,
            what,
            f"hallmark quarantine penguin@{three[1]}",
        ):
            attempt()
    # Which is what the message advises.
    model.quarantine(three[1], reason="damaged")
    assert model.rollback(reason="a test").version == three[0]


def test_a_release_that_is_gone_is_named(model: Model, three: list[str], refused: Any) -> None:
    shutil.rmtree(writable(model.path / "2"))
    with refused(NotFoundError, model.path / "2", f"penguin@{three[1]}", "push its model again"):
        model.rollback(reason="a test")


@pytest.mark.parametrize("name", ["4", "0099", "+5"])
def test_a_number_that_is_not_ours_stops_a_rollback(
    model: Model,
    three: list[str],
    refused: Any,
    name: str,
) -> None:
    (model.path / name).mkdir()
    for attempt in (lambda: model.rollback(reason="a test"), lambda: model.dry_run.rollback()):
        with refused(ForeignEntryError, model.path / name, "move it out of the base path"):
            attempt()


def test_other_litter_in_the_base_path_does_not_stop_a_rollback(model: Model, three: list[str]) -> None:
    (model.path / "notes.txt").write_bytes(b"")
    (model.path / "tmp").mkdir()
    assert model.rollback(reason="a test").release == 4


def test_where_files_cannot_be_linked_nothing_is_copied_and_nothing_changes(
    model: Model,
    three: list[str],
    refused: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    link = os.link

    def linking(source: Any, target: Any, **kwargs: Any) -> None:
        if "/staging/" in str(target):
            raise PermissionError(1, "Operation not permitted", str(source))
        link(source, target, **kwargs)

    monkeypatch.setattr(os, "link", linking)
    with refused(
        StorageError,
        model.path / "2",
        "cannot be hard-linked",
        "run as the user who owns the file",
    ):
        model.rollback(reason="a test")
