"""In what order bytes and names reach the disk: what a power cut may not undo."""

import os
import pathlib
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfx_hallmark.registry.model import Model

Make = Callable[[int], Path]


class Disk:
    """Notes what was synced when, and what stood in each synced directory then."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._synced: dict[int, object] = {}
        self._fsync = os.fsync
        monkeypatch.setattr(os, "fsync", self._note)

    def _note(self, descriptor: int) -> None:
        self._fsync(descriptor)
        status = os.fstat(descriptor)
        names = set(os.listdir(descriptor)) if stat.S_ISDIR(status.st_mode) else status.st_size
        self._synced[status.st_ino] = names

    def is_durable(self, path: Path) -> bool:
        """Tells whether a file's bytes and every name that leads to it from `.hallmark` are synced."""
        synced = self._synced.get(path.stat().st_ino)
        own = path.is_dir() or synced == path.stat().st_size
        parent = path.parent
        named = path.name in self._synced.get(parent.stat().st_ino, ())
        return own and named and (parent.name == ".hallmark" or self.is_durable(parent))


class Moments:
    """Looks what is durable just before each event is committed and just before each release is shown."""

    def __init__(self, model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
        self.disk = Disk(monkeypatch)
        self.staged: list[dict[str, bool]] = []
        self.logged: list[dict[str, bool]] = []
        self._records = model.path.parent / ".hallmark"
        self._base = model.path
        self._link, self._rename = os.link, os.rename
        monkeypatch.setattr(os, "link", self._linking)
        monkeypatch.setattr(os, "rename", self._renaming)
        if hasattr(pathlib, "_NormalAccessor"):  # Python 3.10 took its own reference
            monkeypatch.setattr(pathlib._NormalAccessor, "rename", staticmethod(self._renaming))

    def _linking(self, source: Any, target: Any, **kwargs: Any) -> None:
        if "/log/" in str(target):
            self.staged.append(self._durable("objects/*", "staging/*/model/**/*"))
        self._link(source, target, **kwargs)

    def _renaming(self, source: Any, target: Any, **kwargs: Any) -> None:
        if Path(target).parent == self._base:
            self.logged.append(self._durable("log/0*"))
        self._rename(source, target, **kwargs)

    def _durable(self, *patterns: str) -> dict[str, bool]:
        written = [path for pattern in patterns for path in self._records.rglob(pattern)]
        return {
            str(path.relative_to(self._records)): self.disk.is_durable(path)
            for path in written
            if ".tmp-" not in path.name
        }


@pytest.fixture
def moments(model: Model, monkeypatch: pytest.MonkeyPatch) -> Moments:
    return Moments(model, monkeypatch)


@pytest.fixture
def make_deep(make_candidate: Make) -> Make:
    """Makes a model with folders in folders."""

    def make(number: int) -> Path:
        deep = make_candidate(number) / "assets" / "deep" / "er"
        deep.mkdir(parents=True)
        (deep / "vocabulary.txt").write_bytes(b"a\n")
        return make_candidate(number)

    return make


def volatile(seen: dict[str, bool]) -> list[str]:
    return [path for path, durable in seen.items() if not durable]


def test_what_is_published_is_durable_before_the_event_and_the_event_before_the_exposure(
    model: Model, make_deep: Make, moments: Moments
) -> None:
    candidate = make_deep(1)
    version = model.tag(candidate).version
    push = model.push_unchecked(candidate, version, reason="a test")
    staged, logged = moments.staged[-1], moments.logged[-1]
    assert len(staged) > 6
    assert volatile(staged) == volatile(logged) == []
    assert "1" in moments.disk._synced[model.path.stat().st_ino]
    assert push.release == 1


def test_what_is_rolled_back_to_is_durable_before_the_event_and_the_event_before_the_exposure(
    model: Model, make_deep: Make, moments: Moments
) -> None:
    for number in (1, 2):
        candidate = make_deep(number)
        model.push_unchecked(candidate, model.tag(candidate).version, reason="a test")
    assert model.rollback(reason="a test").release == 3
    staged, logged = moments.staged[-1], moments.logged[-1]
    assert sum("staging" in path for path in staged) == 11
    assert volatile(staged) == volatile(logged) == []
    assert "3" in moments.disk._synced[model.path.stat().st_ino]
