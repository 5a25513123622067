"""Archives: a version or a history goes out of one registry and comes into another; see docs/archives.md."""

import contextlib
import io
import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.conftest import listing
from tests.signing_keys import demand_signatures, make_keys
from tfx_hallmark.registry.errors import (
    ArchiveError,
    ConfigError,
    DigestMismatchError,
    ImportRefusedError,
    NewerSchemaError,
    NotFoundError,
    SignatureError,
    StorageError,
    VersionExistsError,
)
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.numbering import Exactly
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.verdict import Evaluation

Make = Callable[[int], Path]
COMPONENTS = Path(__file__).parents[2] / "components"


@pytest.fixture
def other(tmp_path: Path) -> Registry:
    """Another registry, without models."""
    return Registry.create(tmp_path / "other")


@pytest.fixture
def history(model: Model, three: list[str], tmp_path: Path) -> Path:
    """The archive of a history: three versions, a label more, one in quarantine, a rollback."""
    model.promote(three[0], "previous", reason="for comparison")
    model.quarantine(three[2], reason="bad data")
    model.annotate(three[0], description="the first")
    return model.export(tmp_path / "history.hallmark").path


@pytest.fixture
def one(model: Model, three: list[str], tmp_path: Path) -> Path:
    """The archive of the second version."""
    return model.export(tmp_path / "one.hallmark", three[1]).path


@contextlib.contextmanager
def damaged_is_refused(archive: Path, other: Registry) -> Iterator[None]:
    """Expects one line that names the archive, and nothing of it anywhere, not even an empty directory."""
    before = listing(other.root)
    with pytest.raises(ArchiveError) as caught:
        yield
    assert str(archive) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert listing(other.root) == before
    assert other.models() == []


def labels_policy(registry: Registry) -> None:
    registry.settings.change(
        lambda settings: msgspec.structs.replace(settings, serving_policy="labels"), actor="a", reason="a"
    )


def release_files(model: Model, release: int) -> dict[str, bytes]:
    folder = model.release_path(release)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_history_comes_in_as_it_was(model: Model, history: Path, other: Registry) -> None:
    done = other.import_archive(history)
    came = other.model("penguin")
    assert not done.already
    assert done.events == model.state.seq
    assert done.labels == ("previous", "stable")
    assert [seal for _, seal in came.sealed_events()] == [seal for _, seal in model.sealed_events()]
    assert came.state == model.state
    assert came.state.labels == model.state.labels
    for release in model.state.releases:
        assert release_files(came, release) == release_files(model, release)
    assert came.verify() == came.audit() == ()


def test_an_imported_history_goes_on(
    history: Path, other: Registry, make_candidate: Make, three: list[str]
) -> None:
    other.import_archive(history)
    model = other.model("penguin")
    version = model.tag(make_candidate(9)).version
    push = model.push_unchecked(make_candidate(9), version, reason="a test")
    assert push.release == max(model.state.releases)
    model.rollback(to=three[0], reason="worse")
    assert model.verify() == model.audit() == ()


def test_importing_the_same_history_again_does_nothing(
    history: Path, other: Registry, make_candidate: Make
) -> None:
    other.import_archive(history)
    before = listing(other.root)
    assert other.import_archive(history).already
    assert listing(other.root) == before
    model = other.model("penguin")
    model.push_unchecked(make_candidate(9), model.tag(make_candidate(9)).version, reason="a test")
    before = listing(other.root)
    assert other.import_archive(history).already
    assert listing(other.root) == before


def test_another_history_is_refused(
    history: Path, other: Registry, make_candidate: Make, refused: Callable[..., Any]
) -> None:
    model = other.model("penguin")
    model.push_unchecked(make_candidate(9), model.tag(make_candidate(9)).version, reason="a test")
    with refused(ImportRefusedError, "penguin", unchanged=other.root):
        other.import_archive(history)


def test_an_earlier_state_of_a_history_is_no_place_for_a_later_one(
    model: Model, three: list[str], other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    other.import_archive(model.export(tmp_path / "early.hallmark").path)
    model.rollback(reason="worse")
    later = model.export(tmp_path / "late.hallmark").path
    with refused(ImportRefusedError, "penguin", unchanged=other.root):
        other.import_archive(later)


def test_a_directory_of_that_name_is_in_the_way(
    history: Path, other: Registry, refused: Callable[..., Any]
) -> None:
    (other.root / "penguin" / "1763683200").mkdir(parents=True)
    with refused(ImportRefusedError, other.root / "penguin", unchanged=other.root):
        other.import_archive(history)


def test_records_without_a_log_are_in_the_way(
    history: Path, other: Registry, refused: Callable[..., Any]
) -> None:
    (other.root / ".hallmark" / "penguin" / "objects").mkdir(parents=True)
    with refused(ImportRefusedError, "objects", unchanged=other.root):
        other.import_archive(history)


def test_a_rehearsed_import_says_the_same_and_changes_nothing(history: Path, other: Registry) -> None:
    before = listing(other.root)
    rehearsed = other.rehearse_import(history)
    assert listing(other.root) == before
    assert other.import_archive(history) == rehearsed


def test_a_root_that_is_not_there_is_made_by_an_import_alone(history: Path, tmp_path: Path) -> None:
    root = tmp_path / "new"
    Registry(root).rehearse_import(history)
    assert not root.exists()
    Registry(root).import_archive(history)
    assert Registry.open(root).models() == ["penguin"]


def test_the_same_state_gives_the_same_bytes(
    model: Model, history: Path, other: Registry, tmp_path: Path
) -> None:
    again = model.export(tmp_path / "again.hallmark").path
    assert again.read_bytes() == history.read_bytes()
    other.import_archive(history)
    there = other.model("penguin").export(tmp_path / "there.hallmark").path
    assert there.read_bytes() == history.read_bytes()


def test_files_that_versions_share_are_in_an_archive_once(
    model: Model, three: list[str], tmp_path: Path
) -> None:
    model.rollback(reason="worse")  # a fourth release, of the second's files
    exported = model.export(tmp_path / "history.hallmark")
    with tarfile.open(exported.path) as tar:
        names = tar.getnames()
    assert len(names) == len(set(names))
    assert exported.files == len([name for name in names if name.startswith("files/")])
    assert exported.files < sum(len(model.version(version).manifest.files) for version in three)
    assert exported.size == exported.path.stat().st_size


def test_an_archive_is_a_plain_tar_of_positions_and_digests(history: Path) -> None:
    with tarfile.open(history, "r:") as tar:
        members = tar.getmembers()
        header = tar.extractfile(members[0])
        assert header is not None
        told = json.loads(header.read())
    assert members[0].name == "hallmark-archive.json"
    assert (told["format"], told["kind"], told["model"], told["version"]) == (1, "history", "penguin", None)
    assert told["events"] == len([member for member in members if member.name.startswith("log/")])
    assert all(member.isreg() and (member.uid, member.gid, member.mtime) == (0, 0, 0) for member in members)


def test_a_pruned_version_goes_out_and_comes_in_without_its_files(
    model: Model, publish: Callable[..., str], other: Registry, tmp_path: Path
) -> None:
    versions = [publish(number) for number in range(1, 7)]
    model.prune(keep_last=1, reason="space")
    other.import_archive(model.export(tmp_path / "history.hallmark").path)
    came = other.model("penguin")
    assert not came.location_of(1) or not Path(came.location_of(1)).exists()
    assert came.version(versions[0]).state.pruned == (1,) or 1 in came.version(versions[0]).state.pruned
    assert came.verify() == came.audit() == ()


def test_a_version_comes_in_past_the_gate_and_says_so(
    one: Path, other: Registry, model: Model, three: list[str]
) -> None:
    done = other.import_archive(one, label="stable", reason="ticket A-7", actor="me")
    came = other.model("penguin")
    assert (done.version, done.releases, done.labels) == (three[1], (1,), ("stable",))
    assert came.version("stable").version == three[1]
    assert came.version(three[1]).digest == model.version(three[1]).digest
    assert came.version(three[1]).state.tag == model.version(three[1]).state.tag
    kinds = [event.kind for event in came.events()]
    assert (kinds[0], kinds[-1]) == ("imported", "published")
    verdict = came.version("stable").verdict
    assert verdict is not None
    assert "ticket A-7" in str(verdict)
    assert all(event.actor == "me" for event in came.events())
    assert release_files(came, 1).keys() == release_files(model, 2).keys()
    assert came.verify() == came.audit() == ()


def test_a_version_gets_the_next_number_of_the_registry_it_comes_into(
    one: Path, other: Registry, make_candidate: Make, three: list[str]
) -> None:
    model = other.model("penguin")
    model.push_unchecked(make_candidate(1), model.tag(make_candidate(1)).version, reason="a test")
    assert other.import_archive(one, label="stable", reason="a test").releases == (2,)
    assert other.model("penguin").rollback(reason="worse").version == three[0]


def test_a_version_that_would_serve_unasked_is_refused(
    one: Path, other: Registry, refused: Callable[..., Any]
) -> None:
    for label in (None, "canary"):
        with refused(ImportRefusedError, "--to stable", unchanged=other.root):
            other.import_archive(one, label=label, reason="a test")


def test_a_version_comes_in_without_a_reason_never(
    one: Path, other: Registry, refused: Callable[..., Any]
) -> None:
    for reason in ("", "  "):
        with refused(ConfigError, "reason", unchanged=other.root):
            other.import_archive(one, label="stable", reason=reason)


def test_where_labels_say_what_serves_a_version_may_have_any_label_or_none(
    one: Path, other: Registry, model: Model, three: list[str], tmp_path: Path
) -> None:
    labels_policy(other)
    assert other.import_archive(one, reason="a test").labels == ()
    assert other.model("penguin").stable() is None
    third = model.export(tmp_path / "third.hallmark", three[2]).path
    assert other.import_archive(third, label="canary", reason="a test").labels == ("canary",)
    assert other.model("penguin").version("canary").version == three[2]


def test_importing_the_same_version_again_does_nothing(one: Path, other: Registry) -> None:
    other.import_archive(one, label="stable", reason="a test")
    before = listing(other.root)
    assert other.import_archive(one, label="stable", reason="a test").already
    assert listing(other.root) == before


def test_a_number_of_other_content_is_refused(
    one: Path, other: Registry, make_candidate: Make, three: list[str], refused: Callable[..., Any]
) -> None:
    model = other.model("penguin")
    for number in (11, 12):
        model.push_unchecked(
            make_candidate(number), model.tag(make_candidate(number)).version, reason="a test"
        )
    assert three[1] in model.state.versions
    with refused(VersionExistsError, three[1], unchanged=other.root):
        other.import_archive(one, label="stable", reason="a test")


def test_content_of_another_number_is_refused(
    one: Path, other: Registry, make_candidate: Make, three: list[str], refused: Callable[..., Any]
) -> None:
    model = other.model("penguin")
    first = model.tag(make_candidate(2)).version
    assert first != three[1]
    with refused(VersionExistsError, three[1], first, unchanged=other.root):
        other.import_archive(one, label="stable", reason="a test")


def test_a_version_in_quarantine_there_is_refused(
    model: Model, three: list[str], other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    model.quarantine(three[0], reason="bad data")
    archive = model.export(tmp_path / "barred.hallmark", three[0]).path
    with refused(ImportRefusedError, "quarantine", "bad data", unchanged=other.root):
        other.import_archive(archive, label="stable", reason="a test")


def test_a_version_in_quarantine_here_is_refused(
    one: Path, three: list[str], other: Registry, make_candidate: Make, refused: Callable[..., Any]
) -> None:
    other.import_archive(one, label="stable", reason="a test")
    other.model("penguin").quarantine(three[1], reason="bad data")
    with refused(ImportRefusedError, "quarantine", "bad data", unchanged=other.root):
        other.import_archive(one, label="stable", reason="a test")


def test_a_verdict_of_another_registry_counts_for_nothing(
    model: Model,
    make_candidate: Make,
    make_evaluation: Callable[..., Evaluation],
    other: Registry,
    tmp_path: Path,
) -> None:
    version = model.tag(make_candidate(1)).version
    assert model.push(make_candidate(1), version, make_evaluation(0.9)).verdict.passed
    archive = model.export(tmp_path / "one.hallmark", version).path
    labels_policy(other)
    other.import_archive(archive, reason="a test")
    verdict = other.model("penguin").version(version).verdict
    assert verdict is not None
    assert "a test" in str(verdict)


def test_a_history_of_unsigned_versions_is_refused_where_signatures_are_demanded(
    model: Model, three: list[str], other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    keys = make_keys(tmp_path / "keys")
    demand_signatures(other.root, keys)
    unsigned = model.export(tmp_path / "unsigned.hallmark").path
    with refused(SignatureError, three[2], unchanged=other.root):
        other.import_archive(unsigned)
    with refused(SignatureError, three[2], unchanged=other.root):
        other.rehearse_import(unsigned)
    model.sign("stable", keys.private)
    other.import_archive(model.export(tmp_path / "signed.hallmark").path)
    assert other.model("penguin").version("stable").version == three[2]


def test_every_label_that_comes_in_must_be_signed_where_signatures_are_demanded(
    model: Model, three: list[str], other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    keys = make_keys(tmp_path / "keys")
    demand_signatures(other.root, keys)
    model.promote(three[0], "canary", reason="a test")
    model.sign("stable", keys.private)
    with refused(SignatureError, three[0], unchanged=other.root):
        other.import_archive(model.export(tmp_path / "half.hallmark").path)


def test_a_history_signed_with_a_key_that_is_unknown_here_is_refused(
    model: Model, three: list[str], other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    demand_signatures(other.root, make_keys(tmp_path / "keys"))
    model.sign("stable", make_keys(tmp_path / "keys", "another").private)
    with refused(SignatureError, three[2], unchanged=other.root):
        other.import_archive(model.export(tmp_path / "signed.hallmark").path)


def test_a_version_without_a_good_signature_is_refused_where_one_is_demanded(
    model: Model, three: list[str], one: Path, other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    keys = make_keys(tmp_path / "keys")
    demand_signatures(other.root, keys)
    with refused(SignatureError, three[1], unchanged=other.root):
        other.import_archive(one, label="stable", reason="a test")
    model.sign(three[1], keys.private)
    signed = model.export(tmp_path / "signed.hallmark", three[1]).path
    other.import_archive(signed, label="stable", reason="a test")
    came = other.model("penguin")
    assert came.version("stable").signature == model.version(three[1]).signature
    assert came.verify() == ()


def test_a_file_that_is_there_is_not_replaced_unasked(model: Model, three: list[str], tmp_path: Path) -> None:
    path = tmp_path / "mine"
    path.write_text("mine")
    with pytest.raises(StorageError) as caught:
        model.export(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_text() == "mine"
    model.export(path, overwrite=True)
    assert tarfile.is_tarfile(path)


def test_a_damaged_release_is_not_exported(model: Model, three: list[str], tmp_path: Path) -> None:
    file = model.release_path(2) / "variables" / "variables.data-00000-of-00001"
    file.chmod(0o644)
    file.write_bytes(bytes(file.stat().st_size))
    for which in (three[1], None):
        with pytest.raises(DigestMismatchError) as caught:
            model.export(tmp_path / "x.hallmark", which)
        assert file.name in str(caught.value)
        assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.iterdir() if "x.hallmark" in path.name]


def test_a_version_that_there_is_not_is_not_exported(model: Model, three: list[str], tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        model.export(tmp_path / "x.hallmark", "9.9.9")
    assert not [path for path in tmp_path.iterdir() if "x.hallmark" in path.name]


def test_a_missing_object_is_not_passed_over(model: Model, three: list[str], tmp_path: Path) -> None:
    manifest = model.version(three[0]).state.manifest
    (model.root / ".hallmark" / "penguin" / "objects" / manifest.removeprefix("b3:")).unlink()  # type: ignore[operator]
    with pytest.raises(NotFoundError) as caught:
        Registry.open(model.root).model("penguin").export(tmp_path / "x.hallmark")
    assert "\n" not in str(caught.value)
    assert not [path for path in tmp_path.iterdir() if "x.hallmark" in path.name]


@pytest.mark.parametrize("kind", ["history", "one"])
@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_an_archive_that_was_cut_short_is_refused(
    kind: str, share: float, request: pytest.FixtureRequest, other: Registry
) -> None:
    archive: Path = request.getfixturevalue(kind)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data.rstrip(b"\0")) * share)])
    for do in (other.rehearse_import, other.import_archive):
        with damaged_is_refused(archive, other):
            do(archive, label="stable" if kind == "one" else None, reason="a test")


@pytest.mark.parametrize("kind", ["history", "one"])
@pytest.mark.parametrize("part", ["log", "objects", "files"])
def test_an_archive_with_a_byte_of_another_value_is_refused(
    kind: str, part: str, request: pytest.FixtureRequest, other: Registry
) -> None:
    archive: Path = request.getfixturevalue(kind)
    with tarfile.open(archive) as tar:
        members = [member for member in tar.getmembers() if member.name.startswith(part) and member.size]
    data = bytearray(archive.read_bytes())
    for member in (members[0], members[-1]):
        damaged = bytearray(data)
        damaged[member.offset_data + member.size // 2] ^= 0x01
        archive.write_bytes(damaged)
        for do in (other.rehearse_import, other.import_archive):
            with damaged_is_refused(archive, other):
                do(archive, label="stable" if kind == "one" else None, reason="a test")


@pytest.mark.parametrize("part", ["log", "objects", "files"])
def test_an_archive_that_lacks_an_entry_is_refused(
    part: str, history: Path, other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    lacking = tmp_path / "lacking.hallmark"
    with tarfile.open(history) as tar:
        names = [member.name for member in tar.getmembers() if member.name.startswith(part)]
        for lost in (names[0], names[-1]):
            with tarfile.open(lacking, "w", format=tarfile.GNU_FORMAT) as copy:
                for member in tar.getmembers():
                    if member.name != lost:
                        copy.addfile(member, tar.extractfile(member))
            with refused(ArchiveError, lacking, unchanged=other.root):
                other.import_archive(lacking)


def test_what_is_no_archive_is_refused(other: Registry, tmp_path: Path, refused: Callable[..., Any]) -> None:
    path = tmp_path / "what"
    for data in (b"", b"hello", bytes(10240), b"\x1f\x8b" + bytes(100), b"PK\x03\x04" * 400):
        path.write_bytes(data)
        with refused(ArchiveError, path, unchanged=other.root):
            other.import_archive(path)
    with refused(NotFoundError, tmp_path / "nothing", unchanged=other.root):
        other.import_archive(tmp_path / "nothing")
    with refused(NotFoundError, tmp_path, unchanged=other.root):
        other.import_archive(tmp_path)


def test_a_newer_format_is_named(
    history: Path, other: Registry, tmp_path: Path, refused: Callable[..., Any]
) -> None:
    newer = tmp_path / "newer.hallmark"
    with tarfile.open(history) as tar, tarfile.open(newer, "w", format=tarfile.GNU_FORMAT) as copy:
        member = tar.getmembers()[0]
        data = json.dumps({"format": 2, "something": "else"}).encode()
        member.size = len(data)
        copy.addfile(member, io.BytesIO(data))
    with refused(NewerSchemaError, newer, "format 2", unchanged=other.root):
        other.import_archive(newer)


_LIMITED = """
import resource, sys
from pathlib import Path
from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.registry import Registry
what, root, archive, limit = sys.argv[1:]
registry = Registry.open(root)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), resource.RLIM_INFINITY))
try:
    if what == "export":
        registry.model("penguin").export(Path(archive))
    else:
        registry.import_archive(archive, label="stable" if archive.endswith("one.hallmark") else None, reason="a test")
except HallmarkError as error:
    sys.exit(f"{type(error).__name__}: {error}")
"""


def limited(what: str, root: Path, archive: Path, limit: int) -> "subprocess.CompletedProcess[str]":
    """Runs an export or an import in a process that may write no file longer than the limit."""
    return subprocess.run(
        [sys.executable, "-c", _LIMITED, what, str(root), str(archive), str(limit)],
        env={**os.environ, "PYTHONPATH": str(COMPONENTS)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_an_archive_that_cannot_be_written_whole_is_an_error(
    model: Model, three: list[str], history: Path, tmp_path: Path
) -> None:
    size = history.stat().st_size
    for limit in (1024, size // 2, size - 1):
        done = limited("export", model.root, tmp_path / "x.hallmark", limit)
        assert done.returncode == 1, done
        assert done.stderr.startswith("StorageError: ")
        assert done.stderr.count("\n") == 1
        assert not [path for path in tmp_path.iterdir() if "x.hallmark" in path.name]
    assert limited("export", model.root, tmp_path / "x.hallmark", size).returncode == 0


@pytest.mark.parametrize("kind", ["history", "one"])
def test_a_file_of_a_release_that_cannot_be_written_whole_is_an_error(
    kind: str, request: pytest.FixtureRequest, other: Registry
) -> None:
    archive: Path = request.getfixturevalue(kind)
    before = listing(other.root)
    for limit in (10, 700):
        done = limited("import", other.root, archive, limit)
        assert done.returncode == 1, done
        assert done.stderr.startswith("StorageError: ")
        assert done.stderr.count("\n") == 1
        assert listing(other.root) == before
    assert limited("import", other.root, archive, 10**9).returncode == 0


@pytest.mark.parametrize("kind", ["history", "one"])
def test_a_damaged_archive_leaves_no_root_where_there_was_none(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    archive: Path = request.getfixturevalue(kind)
    data = archive.read_bytes()
    archive.write_bytes(data[: int(len(data.rstrip(b"\0")) * 0.9)])
    before = listing(tmp_path)
    with pytest.raises(ArchiveError):
        Registry(tmp_path / "nowhere").import_archive(
            archive, label="stable" if kind == "one" else None, reason="a"
        )
    assert listing(tmp_path) == before


def test_a_damaged_archive_leaves_a_model_that_is_there_as_it_is(
    model: Model, one: Path, make_candidate: Callable[[int], Path], other: Registry
) -> None:
    there = other.model("penguin")
    version = there.tag(make_candidate(7), number=Exactly("0.1.0")).version
    there.push_unchecked(make_candidate(7), version, reason="a test")
    data = one.read_bytes()
    one.write_bytes(data[: int(len(data.rstrip(b"\0")) * 0.9)])
    before = listing(other.root)
    with pytest.raises(ArchiveError):
        other.import_archive(one, label="stable", reason="a test")
    assert listing(other.root) == before
