"""What is no servable model is named in one line, and the registry stays as it was."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.saved_models import copy_saved_model
from tfx_hallmark.registry.errors import (
    DigestMismatchError,
    HallmarkError,
    InvalidModelError,
    InvalidNameError,
    NotFoundError,
    StorageError,
)
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
SHARD = "variables/variables.data-00000-of-00001"
NOBODY = 65534
INDEX = "variables/variables.index"


def empty(path: Path) -> None:
    shutil.rmtree(path)
    path.mkdir()


def replace_by_file(path: Path) -> None:
    shutil.rmtree(path)
    path.write_bytes(b"PK")


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def link_out(path: Path) -> None:
    outside = path.parents[2] / "outside"
    path.rename(outside)
    path.symlink_to(outside)


def dangle(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


SPOILT: dict[str, tuple[Callable[[Path], Any], list[str]]] = {
    "empty directory": (empty, ["saved_model.pb", "export"]),
    "weights only": (lambda path: (path / "saved_model.pb").unlink(), ["saved_model.pb", "export"]),
    "absent": (shutil.rmtree, ["does not exist", "give the directory"]),
    "a file": (replace_by_file, ["is a file", "directory"]),
    "no variables": (lambda path: shutil.rmtree(path / "variables"), ["variables", "copy or export"]),
    "no index": (lambda path: (path / INDEX).unlink(), [INDEX, "copy or export"]),
    "no shard": (lambda path: (path / SHARD).unlink(), [SHARD, "export"]),
    "truncated shard": (lambda path: truncate(path / SHARD), [SHARD, "again"]),
    "truncated index": (lambda path: truncate(path / INDEX), [INDEX, "again"]),
    "truncated graph": (lambda path: truncate(path / "saved_model.pb"), ["saved_model.pb", "again"]),
    "link out of the model": (
        lambda path: link_out(path / SHARD),
        [SHARD, "links out of the model", "put the file"],
    ),
    "dangling link": (lambda path: dangle(path / SHARD), [SHARD, "cannot be read", "put a readable file"]),
    "pipe": (
        lambda path: os.mkfifo(path / "pipe"),
        ["pipe", "no regular file", "files and directories only"],
    ),
}

ONLY_OTHER_BYTES = {what for what in SPOILT if what.startswith(("truncated", "no ", "weights", "empty"))}


def publish(model: Model, candidate: Path) -> int | None:
    return model.push_unchecked(candidate, model.tag(candidate).version, reason="a test").release


@pytest.mark.parametrize("what", SPOILT)
@pytest.mark.parametrize("first", [True, False])
def test_what_cannot_be_served_is_not_tagged(
    what: str, first: bool, root: Path, model: Model, make_candidate: Make, refused: Any
) -> None:
    if not first:
        model.tag(make_candidate(1))
    candidate = make_candidate(2)
    spoil, parts = SPOILT[what]
    spoil(candidate)
    with refused(InvalidModelError, candidate, *parts):
        model.tag(candidate)


@pytest.mark.parametrize("what", SPOILT)
def test_i8_a_candidate_spoilt_since_it_was_tagged_is_not_published(
    what: str, model: Model, make_candidate: Make, refused: Any
) -> None:
    publish(model, make_candidate(1))
    candidate = make_candidate(2)
    version = model.tag(candidate).version
    SPOILT[what][0](candidate)
    other_bytes = what in ONLY_OTHER_BYTES
    remedy = ["run the pipeline again"] if other_bytes else []
    with refused(DigestMismatchError if other_bytes else InvalidModelError, candidate, *remedy):
        model.push_unchecked(candidate, version, reason="a test")


def test_a_keras_file_is_refused_with_the_way_to_make_a_saved_model(
    model: Model, tmp_path: Path, refused: Any
) -> None:
    file = tmp_path / "model.keras"
    file.write_bytes(b"PK")
    with refused(InvalidModelError, file, "TF Serving cannot load", "model.export"):
        model.tag(file)


def test_a_name_that_is_not_utf8_is_refused(model: Model, make_candidate: Make, refused: Any) -> None:
    candidate = make_candidate(1)
    (candidate / os.fsdecode(b"\xff")).touch()
    with refused(InvalidModelError, "not UTF-8", "rename"):
        model.tag(candidate)


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Root may read everything: then act as nobody meanwhile."""
    privileged = os.geteuid() == 0
    if privileged:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if privileged:
            os.seteuid(0)


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that any user may write to, unlike pytest's."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o777)
        yield Path(path)


@pytest.mark.parametrize("name", ["saved_model.pb", SHARD, "variables"])
def test_an_unreadable_file_is_named(name: str, public: Path, refused: Any) -> None:
    candidate = copy_saved_model("linear", public / "candidate")
    if os.geteuid() == 0:
        for path in (candidate, *candidate.rglob("*")):
            os.chown(path, NOBODY, NOBODY)
    with as_ordinary_user():
        model = Registry.create(public / "root").model("penguin")
        (candidate / name).chmod(0)
        try:
            with refused(InvalidModelError, candidate / name, "permissions", unchanged=public / "root"):
                model.tag(candidate)
        finally:
            (candidate / name).chmod(0o700)
        version = model.tag(candidate).version
        (candidate / name).chmod(0)
        try:
            with pytest.raises((InvalidModelError, StorageError), match=name):
                model.push_unchecked(candidate, version, reason="a test")
        finally:
            (candidate / name).chmod(0o700)
        assert model.push_unchecked(candidate, version, reason="a test").release == 1
        assert not list((public / "root/.hallmark/penguin/staging").iterdir())


def test_a_root_that_may_not_be_written_is_read_all_the_same(public: Path, refused: Any) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs two users: run as root")
    candidate = copy_saved_model("linear", public / "candidate")
    version = Registry.create(public / "root").model("penguin").tag(candidate).version
    not_permitted = (public / "root", "no permission", "run as a user who may write there")
    with as_ordinary_user():
        reader = Registry.open(public / "root").model("penguin")
        assert reader.version("latest").version == version
        with refused(StorageError, *not_permitted, unchanged=public / "root"):
            reader.push_unchecked(candidate, version, reason="a test")
        with refused(StorageError, *not_permitted, unchanged=public / "root"):
            reader.quarantine("latest", reason="a test")


@pytest.mark.parametrize("name", ["a/b", "..", ".hidden", "a b", "a\nb", "a\x1b[0m", "", "models.config"])
def test_a_name_that_is_no_directory_name_is_refused(name: str, root: Path, refused: Any) -> None:
    with refused(InvalidNameError, repr(name), "take letters, digits"):
        Registry.open(root).model(name)


@pytest.fixture
def changed(model: Model, make_candidate: Make) -> tuple[Path, str]:
    """A tagged candidate that has one other byte since, beside a version that is stable."""
    publish(model, make_candidate(1))
    candidate = make_candidate(2)
    version = model.tag(candidate).version
    data = (candidate / SHARD).read_bytes()
    (candidate / SHARD).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    return candidate, version


def test_i8_other_bytes_than_the_tagged_ones_are_refused(
    model: Model, changed: tuple[Path, str], refused: Any
) -> None:
    candidate, version = changed
    with refused(DigestMismatchError, candidate, version, "run the pipeline again"):
        model.push_unchecked(candidate, version, reason="a test")


def test_i8_the_gate_is_no_way_around_the_digest(
    model: Model, changed: tuple[Path, str], make_evaluation: Any, refused: Any
) -> None:
    candidate, version = changed
    with refused(DigestMismatchError, candidate, version, "run the pipeline again"):
        model.push(candidate, version, make_evaluation(0.9, baseline=model.stable()))


def test_i8_other_bytes_under_a_published_version_are_refused(
    model: Model, make_candidate: Make, refused: Any
) -> None:
    publish(model, make_candidate(1))
    with refused(DigestMismatchError, make_candidate(2)):
        model.push_unchecked(make_candidate(2), "1.0.0", reason="a test")


def test_a_version_that_was_never_tagged_is_refused(model: Model, make_candidate: Make, refused: Any) -> None:
    with refused(NotFoundError, "penguin 1.0.0 was never tagged", "run VersionTagger"):
        model.push_unchecked(make_candidate(1), "1.0.0", reason="a test")


def test_evidence_for_a_version_that_was_never_tagged_is_not_kept(
    model: Model, make_candidate: Make, make_evaluation: Any, refused: Any
) -> None:
    publish(model, make_candidate(1))
    with refused(NotFoundError, "penguin 3.0.0 was never tagged", "run VersionTagger"):
        model.push(make_candidate(1), "3.0.0", make_evaluation(0.9))


def test_an_impossible_label_is_refused(
    model: Model, make_candidate: Make, make_evaluation: Any, refused: Any
) -> None:
    version = model.tag(make_candidate(1)).version
    with refused(InvalidNameError, "'7'", "take a plain name"):
        model.push(make_candidate(1), version, make_evaluation(0.9), label="7")


def test_i11_the_gate_is_passed_over_only_with_a_reason(model: Model, make_candidate: Make) -> None:
    version = model.tag(make_candidate(1)).version
    with pytest.raises(HallmarkError, match="reason"):
        model.push_unchecked(make_candidate(1), version, reason="")
    with pytest.raises(HallmarkError, match="reason"):
        model.quarantine(version, reason=" ")


def test_a_directory_that_is_no_registry_is_not_opened(tmp_path: Path, refused: Any) -> None:
    with refused(NotFoundError, tmp_path / "other", "--root", unchanged=tmp_path):
        Registry.open(tmp_path / "other")
    (tmp_path / "file").write_bytes(b"")
    with refused(StorageError, tmp_path / "file", "no directory is in the way", unchanged=tmp_path):
        Registry.create(tmp_path / "file")
