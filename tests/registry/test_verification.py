"""`Model.verify`: every byte of every release held against what was published, and nothing changed by it."""

import itertools
import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies

from tests.conftest import listing
from tests.registry.adopted import adopt, writable
from tfx_hallmark.registry.errors import InvalidNameError, NotFoundError
from tfx_hallmark.registry.events import Pruned, Published
from tfx_hallmark.registry.examining import hashing, verification
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.ledger import Ledger
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.staging import staging_folder
from tfx_hallmark.registry.state import ModelState
from tfx_hallmark.registry.tree import BLOCK, HALLMARK_FILE

Make = Callable[[int], Path]
SHARD = "variables/variables.data-00000-of-00001"
FILES = ["saved_model.pb", "fingerprint.pb", "variables/variables.index", SHARD]


@pytest.fixture
def release(model: Model, three: list[str]) -> Path:
    """Release 2 of three, of version 1.0.1, made writable."""
    return writable(model.path / "2")


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in findings]


def object_path(root: Path, digest: str) -> Path:
    return root / ".hallmark/penguin/objects" / digest.removeprefix("b3:")


def test_releases_as_they_were_published_give_no_finding(model: Model, three: list[str], root: Path) -> None:
    model.rollback(to="1.0.0", reason="a test")
    before = listing(root)
    for which in (None, "2", "1.0.0", "stable", "latest", model.version("1.0.1").digest):
        assert model.verify(which) == ()
    assert listing(root) == before


@pytest.mark.parametrize("file", [*FILES, HALLMARK_FILE])
@hypothesis.settings(
    max_examples=25, suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture], deadline=None
)
@hypothesis.given(at=strategies.floats(0, 1, exclude_max=True), flip=strategies.integers(1, 255))
def test_one_changed_byte_anywhere_is_found_and_located(
    model: Model, release: Path, file: str, at: float, flip: int
) -> None:
    path = release / file
    whole = path.read_bytes()
    damaged = bytearray(whole)
    damaged[int(at * len(whole))] ^= flip
    path.write_bytes(damaged)
    try:
        code = "identity-wrong" if file == HALLMARK_FILE else "file-changed"
        assert told(model.verify("2")) == [(code, f"penguin@1.0.1 release 2: {file}")]
    finally:
        path.write_bytes(whole)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def replace_by_link(path: Path) -> None:
    """The same bytes by another way: what the link leads to may change any time."""
    elsewhere = path.parent.parent.parent / ".elsewhere" / path.name
    elsewhere.parent.mkdir(exist_ok=True)
    path.rename(elsewhere)
    path.symlink_to(elsewhere)


def replace_by_inner_link(path: Path) -> None:
    other = path.with_name("other")
    path.rename(other)
    path.symlink_to(other.name)


def replace_by_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def replace_by_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()
    (path / "inside").touch()


UNFIT = [("file-unfit", SHARD)]


@pytest.mark.parametrize(
    ("damage", "expected", "said"),
    [
        (cut, [("file-changed", SHARD)], "bytes, the published one"),
        (Path.unlink, [("file-missing", SHARD)], "is missing"),
        (replace_by_link, UNFIT, "links out of the model"),
        (replace_by_inner_link, [*UNFIT, ("file-added", "variables/other")], "is a symbolic link"),
        (replace_by_pipe, UNFIT, "is no regular file"),
        (
            replace_by_directory,
            [("file-missing", SHARD), ("file-added", f"{SHARD}/inside")],
            "is missing",
        ),
    ],
)
def test_other_damage_to_a_file_is_located(
    model: Model, release: Path, damage: Callable[[Path], Any], expected: list[tuple[str, str]], said: str
) -> None:
    damage(release / SHARD)
    findings = model.verify("2")
    assert told(findings) == [(code, f"penguin@1.0.1 release 2: {file}") for code, file in expected]
    assert said in findings[0].what


@pytest.mark.parametrize("damage", [Path.unlink, replace_by_pipe, replace_by_link, replace_by_directory])
def test_the_file_that_hallmark_adds_must_be_there_and_a_file(
    model: Model, release: Path, damage: Callable[[Path], Any]
) -> None:
    damage(release / HALLMARK_FILE)
    assert ("identity-wrong", f"penguin@1.0.1 release 2: {HALLMARK_FILE}") in told(model.verify("2"))


def test_a_release_that_says_it_is_another_version_is_found(model: Model, release: Path) -> None:
    shutil.copy(model.path / "1" / HALLMARK_FILE, release / HALLMARK_FILE)
    [finding] = model.verify("2")
    assert finding.code == "identity-wrong"
    assert "it says version '1.0.0' instead of '1.0.1'" in finding.what


def test_releases_that_changed_places_are_found(model: Model, three: list[str]) -> None:
    (model.path / "1").rename(model.path / "0")
    (model.path / "2").rename(model.path / "1")
    (model.path / "0").rename(model.path / "2")
    wrong = {(code, where.split(": ")[0]) for code, where in told(model.verify())}
    assert wrong == {
        (code, f"penguin@1.0.{number - 1} release {number}")
        for number in (1, 2)
        for code in ("file-changed", "identity-wrong")
    }


@pytest.mark.parametrize("name", ["extra", "assets/vocabulary.txt", "variables/.hidden", "assets.extra/more"])
def test_an_added_file_is_located(model: Model, release: Path, name: str) -> None:
    (release / name).parent.mkdir(exist_ok=True)
    (release / name).touch()
    [finding] = model.verify("2")
    assert (finding.code, finding.where) == ("file-added", f"penguin@1.0.1 release 2: {name}")


def test_an_added_empty_directory_is_told_though_nothing_would_serve_it(model: Model, release: Path) -> None:
    (release / "assets/deep").mkdir(parents=True)
    [finding] = model.verify("2")
    assert (finding.code, finding.where) == ("directory-added", "penguin@1.0.1 release 2: assets/deep/")
    assert "TF Serving passes over" in finding.what


def test_everything_that_is_wrong_is_told_at_once(model: Model, release: Path, root: Path) -> None:
    (release / "saved_model.pb").unlink()
    cut(release / SHARD)
    (release / "added").touch()
    (release / HALLMARK_FILE).unlink()
    shutil.rmtree(writable(model.path / "1"))
    (model.path / "007").mkdir()
    (model.path / "notes.txt").touch()
    before = listing(root)
    assert told(model.verify()) == [
        ("release-missing", "penguin@1.0.0 release 1"),
        ("file-added", "penguin@1.0.1 release 2: added"),
        ("file-missing", "penguin@1.0.1 release 2: saved_model.pb"),
        ("file-changed", f"penguin@1.0.1 release 2: {SHARD}"),
        ("identity-wrong", f"penguin@1.0.1 release 2: {HALLMARK_FILE}"),
        ("foreign-entry", "penguin"),
        ("foreign-entry", "penguin"),
    ]
    assert listing(root) == before


def test_only_what_was_asked_for_is_verified(model: Model, release: Path) -> None:
    cut(release / SHARD)
    (model.path / "notes.txt").touch()
    assert model.verify("1") == model.verify("stable") == ()
    assert len(model.verify("2")) == len(model.verify("1.0.1")) == 1


def test_a_file_that_two_releases_share_is_read_once_and_told_for_both(
    model: Model, three: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model.rollback(to="1.0.0", reason="a test")
    read = []
    digest_file = hashing.digest_file
    monkeypatch.setattr(
        hashing,
        "digest_file",
        lambda root, file, **rest: read.append(file) or digest_file(root, file, **rest),
    )
    assert model.verify("1.0.0") == ()
    assert sorted(read) == sorted(FILES)
    shared = writable(model.path / "1") / SHARD
    with shared.open("r+b") as file:
        file.write(b"\xff")
    assert told(model.verify("1.0.0")) == [
        ("file-changed", f"penguin@1.0.0 release {number}: {SHARD}") for number in (1, 4)
    ]


@pytest.mark.parametrize("instead", [None, "a file", "a link"])
def test_a_release_that_is_gone_is_found(
    model: Model, release: Path, root: Path, instead: str | None
) -> None:
    away = root / "away"
    release.rename(away)
    if instead == "a file":
        release.touch()
    elif instead == "a link":
        release.symlink_to(away)
    assert ("release-missing", "penguin@1.0.1 release 2") in told(model.verify())
    assert told(model.verify("2")) == [("release-missing", "penguin@1.0.1 release 2")]


def prune(model: Model, version: str, number: int) -> None:
    model._ledger.commit(lambda _: Pruned(version=version, releases=(number,)), actor="a test")


def test_a_pruned_release_is_no_finding(model: Model, release: Path) -> None:
    prune(model, "1.0.1", 2)
    assert told(model.verify()) == [("release-not-deleted", "penguin@1.0.1 release 2")]
    shutil.rmtree(release)
    assert model.verify() == ()
    for which in ("2", "1.0.1"):
        with pytest.raises(NotFoundError, match="was pruned; there is nothing to verify"):
            model.verify(which)


def test_what_is_pruned_while_it_is_read_is_no_finding(model: Model, release: Path) -> None:
    cut(release / SHARD)
    ledger = model._ledger
    looks = itertools.count()

    def state() -> ModelState:
        if next(looks) == 1:
            prune(model, "1.0.1", 2)
        return ledger.refresh()

    found = verification.Verification(state, ledger.objects, model._directories).run([2])
    assert list(found) == []


def test_versions_without_a_release_cannot_be_verified(model: Model, make_candidate: Make) -> None:
    model.tag(make_candidate(1))
    assert model.verify() == ()
    with pytest.raises(NotFoundError, match=r"penguin@1.0.0 has no release: it is tagged"):
        model.verify("1.0.0")
    with pytest.raises(NotFoundError, match="no such release"):
        model.verify("9")
    with pytest.raises(InvalidNameError):
        model.verify("1.0")


@pytest.mark.parametrize("owner", ["alive", "killed"])
def test_a_release_between_commit_and_exposure(model: Model, release: Path, root: Path, owner: str) -> None:
    """Its push will expose it, if that is alive; a verification neither waits for it nor does it itself."""
    ledger = Ledger(*Registry.open(root).places("penguin")[:1], "penguin")
    directories = Registry.open(root).places("penguin")[1]
    verdict = ledger.refresh().versions["1.0.1"].verdict or ""
    with staging_folder(directories.staging) as staging:
        data = Published(
            version="1.0.1",
            digest=ledger.refresh().versions["1.0.1"].digest,
            release=4,
            staging=staging.name,
            labels=(),
            baseline=None,
            verdict=verdict,
        )
        ledger.commit(lambda _: data, actor="a test")
        release.rename(staging.model)
        if owner == "alive":
            assert verification.verify(ledger, directories, "4") == ()
    if owner == "killed":
        before = listing(root)
        [finding] = verification.verify(ledger, directories, "4")
        assert (finding.code, finding.repair) == ("release-not-exposed", "hallmark live penguin")
        assert listing(root) == before


@pytest.mark.parametrize("damage", [Path.unlink, cut])
def test_without_its_manifest_a_release_is_still_held_against_its_digest(
    model: Model, release: Path, root: Path, damage: Callable[[Path], Any]
) -> None:
    damage(object_path(root, model.version("1.0.1").state.manifest))
    code = "object-missing" if damage is Path.unlink else "object-damaged"
    assert told(model.verify("2")) == [(code, "penguin@1.0.1 manifest")]
    cut(release / SHARD)
    assert told(model.verify("2")) == [
        (code, "penguin@1.0.1 manifest"),
        ("release-changed", "penguin@1.0.1 release 2"),
    ]


def test_an_adopted_directory_stands_as_something_else_made_it(model: Model, release: Path) -> None:
    """Links inside it, empty directories and the lack of hallmark's file are its own; its bytes are held to."""
    source = release.parent.parent / "theirs"
    release.rename(source)
    shutil.rmtree(source / "assets.extra")
    (source / SHARD).rename(source / "weights")
    (source / SHARD).symlink_to("../weights")
    (source / "assets").mkdir()
    adopt(model, source, 50)
    assert told(model.verify("50")) == [("object-missing", "penguin@0.50.0 manifest")]
    cut(model.path / "50" / "weights")
    assert told(model.verify("50"))[1:] == [("release-changed", "penguin@0.50.0 release 50")]


def test_progress_ends_at_all_bytes(model: Model, three: list[str]) -> None:
    model.rollback(to="1.0.0", reason="a test")
    told_so_far: list[tuple[int, int]] = []
    run = verification.Verification(lambda: model.state, model._ledger.objects, model._directories).run
    releases = list(run([1, 2, 3, 4], progress=lambda done, total: told_so_far.append((done, total))))
    total = sum(release.size for release in releases)
    assert told_so_far == sorted(told_so_far)
    assert told_so_far[-1] == (total, total)


def test_whoever_stops_listening_stops_the_reading(model: Model, three: list[str]) -> None:
    run = verification.Verification(lambda: model.state, model._ledger.objects, model._directories).run

    def give_up(_: int, __: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(run([1, 2, 3], progress=give_up))


def test_a_hasher_that_is_left_does_not_read_a_file_to_its_end(tmp_path: Path) -> None:
    with (tmp_path / "large").open("wb") as file:
        file.truncate(4 * BLOCK)
    begun = threading.Event()
    done = []

    def hold(count: int, _: int) -> None:
        done.append(count)
        begun.set()
        while not hasher._stopped:
            pass

    with hashing.Hasher(4 * BLOCK, hold) as hasher:
        hasher.submit(tmp_path, "large")
        begun.wait()
    assert done == [BLOCK]
