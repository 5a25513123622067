"""Records on a file system that answers as NFS may."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from tfx_hallmark.registry.storage import LocalStorage


@pytest.fixture(params=["without a name", "named"])
def storage(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LocalStorage:
    """A storage that writes to files without a name, and one on a file system that has no such files."""
    if request.param == "named":
        opened = os.open

        def opening(path: Any, flags: int, *arguments: Any, **named: Any) -> int:
            if flags & os.O_TMPFILE == os.O_TMPFILE:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP), str(path))
            return opened(path, flags, *arguments, **named)

        monkeypatch.setattr(os, "open", opening)
    return LocalStorage(tmp_path)


@pytest.fixture
def answers_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets every link succeed, and be repeated by the client, whom the server then tells that it exists."""
    link = os.link

    def linking(source: Any, target: Any, **named: Any) -> None:
        link(source, target, **named)
        link(source, target, **named)

    monkeypatch.setattr(os, "link", linking)


@pytest.mark.usefixtures("answers_lost")
def test_i2_whoever_created_a_record_is_told_so_though_the_answer_was_lost(storage: LocalStorage) -> None:
    assert storage.create("log/1.json", b"mine")
    assert not storage.create("log/1.json", b"mine")
    assert storage.read("log/1.json") == b"mine"
    assert storage.keys("log") == ["1.json"]


@pytest.mark.usefixtures("answers_lost")
def test_a_record_is_replaced_though_the_answer_was_lost(storage: LocalStorage) -> None:
    for data in (b"before", b"after"):
        storage.replace("checkpoint/state", data)
        assert storage.read("checkpoint/state") == data
    assert storage.keys("checkpoint") == ["state"]
