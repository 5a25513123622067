"""TF Serving's base path holds releases and nothing else."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfx_hallmark.registry.errors import ForeignEntryError, StorageError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import digest_tree

Make = Callable[[int], Path]


def publish(model: Model, candidate: Path) -> int | None:
    return model.push_unchecked(candidate, model.tag(candidate).version, reason="a test").release


@pytest.mark.parametrize(
    "name", ["007", "+7", "-1", " 7", "7 ", "0", "12", "1.0", "notes.txt", ".keep", "tmp"]
)
@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_i1_a_foreign_entry_stops_every_push(
    name: str, kind: str, model: Model, make_candidate: Make, refused: Any, tmp_path: Path
) -> None:
    publish(model, make_candidate(1))
    version = model.tag(make_candidate(2)).version
    foreign = model.path / name
    if kind == "file":
        foreign.write_bytes(b"")
    elif kind == "directory":
        foreign.mkdir()
    else:
        foreign.symlink_to(model.path / "1")
    with refused(ForeignEntryError, foreign, "move it out of the base path"):
        model.push_unchecked(make_candidate(2), version, reason="a test")
    assert Registry.open(model.path.parent).model("penguin").version("stable").releases == (1,)
    foreign.rename(tmp_path / "aside")
    assert model.push_unchecked(make_candidate(2), version, reason="a test").release == 2


def test_evidence_for_a_push_that_a_foreign_entry_stops_is_not_kept(
    model: Model, make_candidate: Make, make_evaluation: Any, refused: Any
) -> None:
    publish(model, make_candidate(1))
    version = model.tag(make_candidate(2)).version
    (model.path / "12").mkdir()
    with refused(ForeignEntryError, model.path / "12", "move it out of the base path"):
        model.push(make_candidate(2), version, make_evaluation(0.9, baseline=model.stable()))


def test_a_name_that_only_python_reads_as_a_known_release_is_foreign(
    model: Model, make_candidate: Make, refused: Any
) -> None:
    for number in range(1, 13):
        publish(model, make_candidate(number))
    version = model.tag(make_candidate(13)).version
    (model.path / "1٢").mkdir()
    with refused(ForeignEntryError, model.path / "1٢", "move it out of the base path"):
        model.push_unchecked(make_candidate(13), version, reason="a test")


def test_a_number_as_tf_serving_reads_it_is_named(model: Model, make_candidate: Make, refused: Any) -> None:
    publish(model, make_candidate(1))
    version = model.tag(make_candidate(2)).version
    (model.path / "007").mkdir()
    with refused(ForeignEntryError, "TF Serving would take it for version 7"):
        model.push_unchecked(make_candidate(2), version, reason="a test")


def test_a_file_or_link_in_place_of_the_base_path_is_refused(
    root: Path, model: Model, make_candidate: Make, refused: Any, tmp_path: Path
) -> None:
    version = model.tag(make_candidate(1)).version
    (tmp_path / "elsewhere").mkdir()
    model.path.symlink_to(tmp_path / "elsewhere")
    with refused(StorageError, model.path, "symbolic link", "make it a directory"):
        model.push_unchecked(make_candidate(1), version, reason="a test")
    model.path.unlink()
    model.path.write_bytes(b"")
    with refused(StorageError, model.path):
        model.push_unchecked(make_candidate(1), version, reason="a test")


def test_i8_a_release_holds_the_tagged_bytes_and_says_which_version_it_is(
    model: Model, make_candidate: Make
) -> None:
    tagged = model.tag(make_candidate(1))
    push = model.push_unchecked(make_candidate(1), tagged.version, reason="a test")
    assert push.path == model.path / "1"
    assert digest_tree(push.path) == digest_tree(make_candidate(1))
    assert digest_tree(push.path).digest == tagged.digest
    identity = json.loads((push.path / "assets.extra/hallmark.json").read_bytes())
    assert identity["version"] == "1.0.0"
    assert identity["tag"] == tagged.state.tag
    assert identity["digest"] == tagged.digest
    assert identity["manifest"] == tagged.state.manifest
    assert [path.name for path in model.path.iterdir()] == ["1"]
    assert not list((model.path.parent / ".hallmark/penguin/staging").iterdir())


def test_i2_a_release_is_read_only(model: Model, make_candidate: Make) -> None:
    publish(model, make_candidate(1))
    modes = {path.stat().st_mode & 0o777 for path in (model.path / "1").rglob("*") if path.is_file()}
    folders = {
        path.stat().st_mode & 0o777
        for path in [model.path / "1", *(model.path / "1").rglob("*")]
        if path.is_dir()
    }
    assert (modes, folders) == ({0o444}, {0o555})
