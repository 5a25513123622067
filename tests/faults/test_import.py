"""Imports that are killed, raced and looked at while they run: all of a history or a version, or nothing."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import jobs
from tests.faults.crew import Crew, WorkerError
from tests.faults.test_kill import Scenario
from tests.faults.test_many_processes import reopened
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]


@pytest.fixture(autouse=True)
def _without_flushing_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested here are kills, which lose nothing that was written; the disk is the whole machine's."""
    monkeypatch.setattr(os, "sync", lambda: None)


def log_of(root: Path) -> dict[str, bytes]:
    """Gives the events as they lie on the disk."""
    return {path.name: path.read_bytes() for path in root.glob(".hallmark/penguin/log/*.json")}


def shown(root: Path) -> dict[str, str]:
    """Gives the releases in the base path, and the digest of what lies there, as it is."""
    return {path.name: digest_tree(path).digest for path in root.glob("penguin/*") if path.name.isdigit()}


@pytest.fixture
def source(crew: Crew, tmp_path: Path, make_candidate: Make) -> Path:
    """Another root: releases 1 to 3 and a rollback, release 4, with release 1's version in quarantine."""
    root = Registry.create(tmp_path / "source").root
    for number in (1, 2, 3):
        crew.run(jobs.tag_and_push, str(root), str(make_candidate(number)))
    crew.run(jobs.quarantine, str(root), "1.0.0")
    crew.run(jobs.roll_back, str(root), "1.0.1")
    return root


@pytest.fixture
def history(source: Path, tmp_path: Path) -> Path:
    """The whole history of that root as an archive."""
    path = tmp_path / "penguin.hallmark"
    Registry.open(source).model("penguin").export(path)
    return path


@pytest.fixture
def version(source: Path, tmp_path: Path) -> Path:
    """Its version 1.0.2 as an archive."""
    path = tmp_path / "penguin-1.0.2.hallmark"
    Registry.open(source).model("penguin").export(path, "1.0.2")
    return path


class HistoryImported(Scenario):
    """A root without the model; at each death of the import it has all of the history, or none of it."""

    def __init__(self, crew: Crew, before: Path, work: Path, source: Path) -> None:
        super().__init__(crew, before, work)
        self._log = log_of(source)
        self._shown = shown(source)

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        assert shown(root).items() <= self._shown.items()  # whole, before anyone has tidied up
        assert log_of(root) in ({}, self._log)
        committed = bool(log_of(root))
        assert Registry.open(root).models() == (["penguin"] if committed else [])
        if committed:
            reopened(root)
        else:
            assert shown(root) == {}
        again = Registry.open(root).import_archive(args[0], reason="the retry")
        assert again.already is committed
        model = reopened(root)
        assert log_of(root) == self._log
        assert shown(root) == self._shown
        assert model.state.labels == {"stable": 4}
        assert model.version("1.0.0").state.quarantined == "it leaks"
        assert not (root / ".hallmark/.arriving").exists()
        assert not (root / ".hallmark/penguin/arrived").exists()


@pytest.mark.slow
def test_i1_i2_the_import_of_a_history_may_die_before_any_step(
    crew: Crew, root: Path, tmp_path: Path, source: Path, history: Path
) -> None:
    assert HistoryImported(crew, root, tmp_path / "work", source).run("bring", str(history)) > 40


@pytest.mark.slow
def test_i1_who_shows_what_a_killed_import_has_committed_may_die_before_any_step(
    crew: Crew, root: Path, tmp_path: Path, source: Path, history: Path
) -> None:
    showing = [("os.rename", "/penguin/arrived/4")]
    crew.worker(jobs.pause_at, showing, "bring", str(root), str(history)).go().wait_for("paused").kill()
    assert shown(root) == {}

    class Looking(HistoryImported):
        def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
            super()._check(root, (str(history),), deleted)

    assert Looking(crew, root, tmp_path / "work", source).run("look") > 5


def test_i1_what_a_killed_import_committed_is_shown_by_the_next_reader(
    crew: Crew, root: Path, source: Path, history: Path
) -> None:
    showing = [("os.rename", "/penguin/arrived/3")]  # the second of them: the highest goes first
    crew.worker(jobs.pause_at, showing, "bring", str(root), str(history)).go().wait_for("paused").kill()
    assert set(shown(root)) == {"4"}
    assert crew.run(jobs.look, str(root)) == 3
    assert shown(root) == shown(source)
    assert log_of(root) == log_of(source)


def test_what_an_import_left_that_was_killed_before_its_commit_is_deleted_by_the_next(
    crew: Crew, root: Path, source: Path, history: Path
) -> None:
    committing = [("os.rename", "/.hallmark/penguin")]
    crew.worker(jobs.pause_at, committing, "bring", str(root), str(history)).go().wait_for("paused").kill()
    assert list((root / ".hallmark/.arriving").iterdir())
    assert Registry.open(root).models() == []
    assert crew.run(jobs.bring, str(root), str(history)) is False
    assert not (root / ".hallmark/.arriving").exists()
    assert shown(root) == shown(source)


def test_i2_of_8_imports_of_one_history_at_once_one_is_made(
    crew: Crew, root: Path, source: Path, history: Path
) -> None:
    workers = [crew.worker(jobs.bring, str(root), str(history)) for _ in range(8)]
    for worker in workers:
        worker.go()
    outcomes = [worker.outcome("ImportRefusedError") for worker in workers]
    assert outcomes.count(False) == 1
    assert log_of(root) == log_of(source)
    assert shown(root) == shown(source)
    assert not (root / ".hallmark/.arriving").exists()
    reopened(root)


def test_a_model_that_comes_to_be_while_its_history_is_imported_is_left_as_it_is(
    crew: Crew, root: Path, history: Path, make_candidate: Make
) -> None:
    committing = [("os.rename", "/.hallmark/penguin")]
    slow = crew.worker(jobs.pause_at, committing, "bring", str(root), str(history)).go().wait_for("paused")
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(9)))
    log, releases = log_of(root), shown(root)
    with pytest.raises(WorkerError) as caught:
        slow.tell("go on").result()
    assert caught.value.kind == "ImportRefusedError"
    assert "\n" not in caught.value.message
    assert (log_of(root), shown(root)) == (log, releases)
    reopened(root)


class VersionImported(Scenario):
    """A root with release 1 of version 1.0.0; at each death of the import of 1.0.2 one of both is stable."""

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        there = shown(root)  # before anyone has tidied up
        assert set(there) <= {"1", "2"}
        model = reopened(root)
        assert there.items() <= shown(root).items()
        assert model.state.labels in ({"stable": 1}, {"stable": 2})
        Registry.open(root).import_archive(args[0], label="stable", reason="the retry")
        model = reopened(root)
        assert model.state.labels == {"stable": 2}
        assert model.version("stable").version == "1.0.2"
        kinds = [event.kind for event in model.events()]
        assert kinds == ["tagged", "published", "imported", "published"]


@pytest.mark.slow
def test_i1_i2_the_import_of_a_version_may_die_before_any_step(
    crew: Crew, root: Path, tmp_path: Path, version: Path, make_candidate: Make
) -> None:
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(1)))
    scenario = VersionImported(crew, root, tmp_path / "work")
    assert scenario.run("bring", str(version), "stable") > 40


class FirstVersionImported(Scenario):
    """A root without the model; at each death of the import of 1.0.2 it has all of that, or may have it by a retry."""

    def _check(self, root: Path, args: tuple[str, ...], deleted: str) -> None:
        there = shown(root)  # before anyone has tidied up
        assert set(there) <= {"1"}
        Registry.open(root).import_archive(args[0], label="stable", reason="the retry")
        model = reopened(root)
        assert there.items() <= shown(root).items()
        assert model.state.labels == {"stable": 1}
        assert [event.kind for event in model.events()] == ["imported", "published"]
        assert model.verify() == model.audit() == ()


@pytest.mark.slow
def test_i1_i2_the_import_of_a_models_first_version_may_die_before_any_step(
    crew: Crew, root: Path, tmp_path: Path, version: Path
) -> None:
    scenario = FirstVersionImported(crew, root, tmp_path / "work")
    assert scenario.run("bring", str(version), "stable") > 40


def test_i7_two_imports_of_one_version_make_one_release(
    crew: Crew, root: Path, version: Path, make_candidate: Make
) -> None:
    crew.run(jobs.tag_and_push, str(root), str(make_candidate(1)))
    committing = [("os.link", "/.hallmark/penguin/log/")]
    arguments = (str(root), str(version), "stable")
    slow = crew.worker(jobs.pause_at, committing, "bring", *arguments).go().wait_for("paused")
    assert crew.run(jobs.bring, *arguments) is False
    slow.tell("go on").result()
    model = reopened(root)
    assert model.state.labels == {"stable": 2}
    assert [event.kind for event in model.events()] == ["tagged", "published", "imported", "published"]


def test_an_archive_that_is_cut_short_leaves_nothing(root: Path, history: Path, tmp_path: Path) -> None:
    short = tmp_path / "short.hallmark"
    shutil.copy(history, short)
    with short.open("r+b") as file:
        file.truncate(history.stat().st_size // 2)
    before = {path.name for path in root.rglob("*")}
    with pytest.raises(Exception, match="short") as caught:  # its class is for tests/registry to tell
        Registry.open(root).import_archive(short)
    assert type(caught.value).__name__ == "ArchiveError"
    assert "\n" not in str(caught.value)
    assert {path.name for path in root.rglob("*")} == before
    assert Registry.open(root).models() == []
