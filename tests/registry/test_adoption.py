"""Adoption: a directory that TFX Pusher has filled becomes a model with its history; see docs/adopting.md."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.conftest import listing
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.errors import (
    AdoptionRefusedError,
    ForeignEntryError,
    InvalidNameError,
    NotFoundError,
)
from tfx_hallmark.registry.registry import Registry

Make = Callable[[int], Path]
STAMPS = (1763683200, 1763769600, 1763856000)


@pytest.fixture
def base(tmp_path: Path, make_candidate: Make) -> Path:
    """A base path with three timestamped models."""
    path = tmp_path / "srv" / "penguin"
    for number, stamp in enumerate(STAMPS, 1):
        shutil.copytree(make_candidate(number), path / str(stamp))
    return path


def adopt(*arguments: str) -> Any:
    return CliRunner(env={"HALLMARK_ROOT": None, "COLUMNS": None}).invoke(app, ["adopt", *arguments])


def test_every_timestamp_becomes_a_release_and_the_highest_is_stable(base: Path) -> None:
    adoption = Registry.adopt(base, reason="moving", actor="me")
    model = Registry.open(base.parent).model("penguin")
    assert [release.number for release in adoption.adopted] == list(STAMPS)
    assert [version.version for version in model.versions()] == ["1.0.0", "1.0.1", "1.0.2"]
    stable = model.stable()
    assert stable is not None
    assert stable.release == STAMPS[-1]
    assert {event.kind for event in model.events()} == {"adopted"}
    assert {(event.actor, event.reason) for event in model.events()} == {("me", "moving")}
    assert model.verify() == model.audit() == ()


def test_nothing_in_the_directory_is_touched(base: Path) -> None:
    before = {path: (entry, (base / path).stat().st_mtime_ns) for path, entry in listing(base).items()}
    Registry.adopt(base)
    assert {
        path: (entry, (base / path).stat().st_mtime_ns) for path, entry in listing(base).items()
    } == before
    assert sorted(path.name for path in base.parent.iterdir()) == [".hallmark", "penguin"]


def test_a_rehearsal_says_the_same_and_writes_nothing(base: Path) -> None:
    before = listing(base.parent)
    rehearsed = Registry.rehearse_adoption(base)
    assert listing(base.parent) == before
    assert rehearsed.events == ()
    adoption = Registry.adopt(base)
    assert adoption.adopted == rehearsed.adopted
    assert len(adoption.events) == len(STAMPS)


def test_adopting_again_takes_only_what_is_new(base: Path, make_candidate: Make) -> None:
    Registry.adopt(base)
    before = listing(base.parent)
    again = Registry.adopt(base)
    assert (again.adopted, again.events, again.known) == ((), (), STAMPS)
    assert listing(base.parent) == before
    shutil.copytree(make_candidate(4), base / "1763942400")
    later = Registry.adopt(base)
    assert [release.number for release in later.adopted] == [1763942400]
    assert Registry.open(base.parent).model("penguin").version("stable").version == "1.0.3"


def test_the_same_content_under_two_numbers_is_one_version(base: Path, make_candidate: Make) -> None:
    shutil.copytree(make_candidate(1), base / "1763942400")
    adoption = Registry.adopt(base)
    assert adoption.adopted[-1].same_as == STAMPS[0]
    model = Registry.open(base.parent).model("penguin")
    assert model.version("stable").releases == (STAMPS[0], 1763942400)
    assert len(model.versions()) == 3


def test_a_half_written_directory_below_the_newest_is_left_alone_and_named(base: Path) -> None:
    (base / str(STAMPS[1]) / "saved_model.pb").unlink()
    adoption = Registry.adopt(base)
    assert [release.number for release in adoption.adopted] == [STAMPS[0], STAMPS[2]]
    assert [misfit.path for misfit in adoption.skipped] == [base / str(STAMPS[1])]


@pytest.mark.parametrize("kind", ["half-written", "a file", "a link", "not a plain number"])
def test_what_would_serve_instead_keeps_all_of_it_from_being_adopted(kind: str, base: Path) -> None:
    above = base / "1763942400"
    if kind == "half-written":
        (above / "variables").mkdir(parents=True)
    elif kind == "a file":
        above.write_text("")
    elif kind == "a link":
        above.symlink_to(base / str(STAMPS[0]))
    else:
        above = base / "01763942400"
        shutil.copytree(base / str(STAMPS[0]), above)
    before = listing(base.parent)
    with pytest.raises(AdoptionRefusedError) as caught:
        Registry.adopt(base)
    assert str(above) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert listing(base.parent) == before
    done = adopt(str(base), "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["refused"] is True
    assert listing(base.parent) == before


def test_what_has_no_number_is_left_alone_but_in_the_way_of_a_push(base: Path, make_candidate: Make) -> None:
    (base / "notes").mkdir()
    adoption = Registry.adopt(base)
    assert [misfit.path for misfit in adoption.skipped] == [base / "notes"]
    model = Registry.open(base.parent).model("penguin")
    version = model.tag(make_candidate(4)).version
    with pytest.raises(ForeignEntryError, match="notes"):
        model.push_unchecked(make_candidate(4), version, reason="a test")


def test_a_push_and_a_rollback_follow_the_newest_timestamp(base: Path, make_candidate: Make) -> None:
    Registry.adopt(base)
    model = Registry.open(base.parent).model("penguin")
    assert model.rollback(reason="worse").release == STAMPS[-1] + 1
    assert model.version("stable").version == "1.0.1"
    version = model.tag(make_candidate(4)).version
    assert model.push_unchecked(make_candidate(4), version, reason="a test").release == STAMPS[-1] + 2
    assert model.verify() == ()


def test_a_change_to_an_adopted_release_is_found(base: Path) -> None:
    Registry.adopt(base)
    file = base / str(STAMPS[0]) / "variables" / "variables.data-00000-of-00001"
    file.write_bytes(bytes(file.stat().st_size))
    assert Registry.open(base.parent).model("penguin").verify(str(STAMPS[0]))


def test_a_timestamp_says_when_a_version_was_made(base: Path, make_candidate: Make) -> None:
    shutil.copytree(make_candidate(5), base / "7")
    adoption = Registry.adopt(base)
    created = {release.number: release.created for release in adoption.adopted}
    assert created[7] is None
    assert str(created[STAMPS[0]]).startswith("2025-11-21T00:00:00")


def test_a_directory_without_models_is_refused_in_one_line(tmp_path: Path) -> None:
    empty = tmp_path / "srv" / "penguin"
    empty.mkdir(parents=True)
    for directory, error in (
        (empty, AdoptionRefusedError),
        (tmp_path / "nothing", NotFoundError),
    ):
        before = listing(tmp_path)
        with pytest.raises(error) as caught:
            Registry.adopt(directory)
        assert "\n" not in str(caught.value)
        assert listing(tmp_path) == before


def test_a_directory_whose_name_cannot_be_a_models_is_refused(base: Path, tmp_path: Path) -> None:
    odd = base.rename(base.parent / "pen guin")
    before = listing(tmp_path)
    with pytest.raises(InvalidNameError):
        Registry.adopt(odd)
    assert listing(tmp_path) == before


def test_the_command_adopts_and_says_what(base: Path) -> None:
    before = listing(base.parent)
    rehearsed = json.loads(adopt(str(base), "--dry-run", "--json").stdout)
    assert (rehearsed["dry_run"], rehearsed["events"]) == (True, [])
    assert listing(base.parent) == before
    done = adopt(str(base.parent), "--model", "penguin", "--reason", "moving", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert [release["number"] for release in told["adopted"]] == list(STAMPS)
    assert told["adopted"] == rehearsed["adopted"]
    assert told["stable"] == "1.0.2"
    plain = adopt(str(base))
    assert plain.exit_code == 0
    assert "3 known before" in plain.stdout
