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


def test_what_is_published_is_durable_before_the_event_and_the_event_before_the_exposure(
    model: Model, make_candidate: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = model.path.parent / ".hallmark"
    disk = Disk(monkeypatch)
    checked = []
    link, rename = os.link, os.rename

    def linking(source: Any, target: Any, **kwargs: Any) -> None:
        if "/log/" in str(target):
            written = [*records.rglob("objects/*"), *records.rglob("staging/*/model/**/*")]
            checked.append(
                {str(p.relative_to(records)): disk.is_durable(p) for p in written if ".tmp-" not in p.name}
            )
        link(source, target, **kwargs)

    def renaming(source: Any, target: Any, **kwargs: Any) -> None:
        if Path(target).parent == model.path:
            checked.append({str(p.relative_to(records)): disk.is_durable(p) for p in records.rglob("log/0*")})
        rename(source, target, **kwargs)

    deep = make_candidate(1) / "assets" / "deep" / "er"
    deep.mkdir(parents=True)
    (deep / "vocabulary.txt").write_bytes(b"a\n")
    version = model.tag(make_candidate(1)).version
    monkeypatch.setattr(os, "link", linking)
    monkeypatch.setattr(os, "rename", renaming)
    if hasattr(pathlib, "_NormalAccessor"):  # Python 3.10 took its own reference
        monkeypatch.setattr(pathlib._NormalAccessor, "rename", staticmethod(renaming))
    push = model.push_unchecked(make_candidate(1), version, reason="a test")
    staged, logged = checked
    assert len(staged) > 6
    assert [path for path, durable in staged.items() if not durable] == []
    assert [path for path, durable in logged.items() if not durable] == []
    assert "1" in disk._synced[model.path.stat().st_ino]
    assert push.release == 1
