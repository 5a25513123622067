"""`hallmark export` and `hallmark import`: a version or a history as one file."""

import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.signing_keys import demand_signatures, make_keys
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
WHY = ("--reason", "from staging")


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """Another root, without models."""
    return Registry.create(tmp_path / "other").root


@pytest.fixture
def history_file(told: Run, three: list[str], tmp_path: Path) -> Path:
    path = tmp_path / "penguin.hallmark"
    answer = told("export", "penguin", "--out", path)
    assert (answer["kind"], answer["version"], answer["size"]) == ("history", None, path.stat().st_size)
    return path


@pytest.fixture
def version_file(told: Run, three: list[str], tmp_path: Path) -> Path:
    path = tmp_path / "version.hallmark"
    answer = told("export", "penguin@stable", "--out", path)
    assert (answer["kind"], answer["version"]) == ("version", three[2])
    return path


@pytest.fixture
def there(hallmark: Run, other: Path) -> Run:
    """Runs the command on the other root."""

    def runs(*arguments: object) -> Any:
        return hallmark(*map(str, arguments), HALLMARK_ROOT=str(other))

    return runs


def refused(result: Any) -> str:
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("hallmark: ")
    assert result.stderr.count("\n") == 1
    return str(result.stderr)


def test_a_history_is_the_same_model_there(
    there: Run, history_file: Path, model: Model, other: Path, three: list[str]
) -> None:
    assert there("import", history_file).exit_code == 0
    copied = Registry.open(other).model("penguin")
    mine, theirs = (one.path.parent / ".hallmark" / "penguin" / "log" for one in (model, copied))
    assert [file.name for file in sorted(theirs.iterdir())] == [file.name for file in sorted(mine.iterdir())]
    assert all((theirs / file.name).read_bytes() == file.read_bytes() for file in mine.iterdir())
    assert copied.state.labels == model.state.labels
    for number in (1, 2, 3):
        here, beyond = (listing(one.path / str(number)) for one in (model, copied))
        assert {path: data for path, (_, data) in here.items()} == {
            path: data for path, (_, data) in beyond.items()
        }
    assert there("audit").exit_code == 0
    assert there("rollback", "penguin", "--reason", "a test").exit_code == 0


def test_a_history_that_is_there_changes_nothing(there: Run, history_file: Path, other: Path) -> None:
    there("import", history_file)
    before = listing(other)
    again = there("import", history_file)
    assert (again.exit_code, "is here already" in again.stdout) == (0, True)
    assert listing(other) == before


def test_a_dry_run_writes_nothing(there: Run, history_file: Path, version_file: Path, other: Path) -> None:
    before = listing(other)
    for arguments in ((history_file,), (version_file, "--to", "stable", *WHY)):
        done = there("import", *arguments, "--dry-run")
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout.startswith("dry run, nothing was changed\n")
        assert listing(other) == before


def test_another_history_of_the_same_name_is_refused(
    there: Run, history_file: Path, other: Path, make_candidate: Callable[[int], Path]
) -> None:
    Registry.open(other).model("penguin").tag(make_candidate(9))
    before = listing(other)
    refused(there("import", history_file))
    assert listing(other) == before


def test_a_version_becomes_a_release_past_the_gate(
    there: Run, version_file: Path, other: Path, three: list[str]
) -> None:
    done = there("import", version_file, "--to", "stable", *WHY)
    assert (done.exit_code, done.stderr) == (0, "")
    assert f"penguin@{three[2]} was imported as release 1, now stable; the gate is passed over" in done.stdout
    copied = Registry.open(other).model("penguin")
    assert copied.state.labels == {"stable": 1}
    assert "from staging" in there("log", "penguin").stdout
    assert there("audit").exit_code == 0
    again = there("import", version_file, "--to", "stable", *WHY)
    assert (again.exit_code, "is here already" in again.stdout) == (0, True)


def test_i3_a_version_does_not_come_to_serve_unsaid(there: Run, version_file: Path, other: Path) -> None:
    before = listing(other)
    for arguments in ((), WHY, ("--to", "stable")):
        done = there("import", version_file, *arguments)
        assert done.exit_code in (1, 2)
        assert done.stdout == ""
        assert listing(other) == before


def test_i2_a_number_of_other_content_is_refused(
    there: Run, version_file: Path, other: Path, make_candidate: Callable[[int], Path]
) -> None:
    model = Registry.open(other).model("penguin")
    for number in (7, 8, 9):
        model.tag(make_candidate(number))
    before = listing(other)
    refused(there("import", version_file, "--to", "stable", *WHY))
    assert listing(other) == before


def test_i9_what_is_in_quarantine_is_not_imported(
    told: Run, there: Run, three: list[str], tmp_path: Path
) -> None:
    told("quarantine", f"penguin@{three[0]}", "--reason", "leaked labels")
    told("export", f"penguin@{three[0]}", "--out", tmp_path / "bad.hallmark")
    assert "quarantine" in refused(there("import", tmp_path / "bad.hallmark", "--to", "stable", *WHY))


def test_where_signatures_are_demanded_a_version_brings_its_own(
    told: Run, there: Run, version_file: Path, other: Path, tmp_path: Path
) -> None:
    keys = make_keys(tmp_path / "keys")
    demand_signatures(other, keys)
    refused(there("import", version_file, "--to", "stable", *WHY))
    told("sign", "penguin@stable", "--key", keys.private)
    told("export", "penguin@stable", "--out", version_file, "--force")
    assert there("import", version_file, "--to", "stable", *WHY).exit_code == 0
    assert there("signature", "penguin@stable").exit_code == 0


def test_the_same_state_gives_the_same_bytes(told: Run, history_file: Path, tmp_path: Path) -> None:
    told("export", "penguin", "--out", tmp_path / "again.hallmark")
    assert (tmp_path / "again.hallmark").read_bytes() == history_file.read_bytes()


def test_it_is_a_plain_tar_of_what_the_page_names(history_file: Path, model: Model) -> None:
    with tarfile.open(history_file, "r:") as archive:
        names = archive.getnames()
    assert names[0] == "hallmark-archive.json"
    assert {name.split("/")[0] for name in names[1:]} == {"log", "objects", "files"}
    assert sum(name.startswith("log/") for name in names) == model.state.seq
    assert len(set(names)) == len(names)


def test_a_file_that_is_there_is_replaced_only_by_force(
    told: Run, run: Run, three: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "penguin.hallmark"
    path.write_text("mine")
    refused(run("export", "penguin", "--out", path))
    assert path.read_text() == "mine"
    told("export", "penguin", "--out", path, "--force")
    assert path.read_bytes() != b"mine"


def test_a_damaged_release_ends_the_export_and_leaves_no_archive(
    run: Run, model: Model, three: list[str], tmp_path: Path
) -> None:
    shard = next((model.path / "2").rglob("variables.data*"))
    shard.chmod(0o644)
    data = shard.read_bytes()
    shard.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    (tmp_path / "out").mkdir()
    assert "variables.data" in refused(
        run("export", "penguin", "--out", tmp_path / "out" / "penguin.hallmark")
    )
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize("part", [0, 1, 2, 3, 4, 5, 6, 7])
def test_a_flipped_byte_anywhere_is_refused_and_nothing_shows(
    there: Run, history_file: Path, other: Path, part: int
) -> None:
    data = bytearray(history_file.read_bytes())
    with tarfile.open(history_file, "r:") as archive:
        members = [member for member in archive.getmembers() if member.size]
    member = members[part * (len(members) - 1) // 7]
    data[member.offset_data + member.size // 2] ^= 1
    history_file.write_bytes(bytes(data))
    before = listing(other)
    refused(there("import", history_file))
    assert listing(other) == before


@pytest.mark.parametrize("kept", [0.0, 0.1, 0.5, 0.9])
def test_an_archive_cut_short_is_refused_and_nothing_shows(
    there: Run, history_file: Path, other: Path, kept: float
) -> None:
    data = history_file.read_bytes()
    history_file.write_bytes(data[: int(len(data) * kept)])
    before = listing(other)
    refused(there("import", history_file))
    assert listing(other) == before


@pytest.mark.parametrize("kind", ["link", "path", "device"])
def test_an_entry_that_no_archive_has_is_refused(
    there: Run, history_file: Path, other: Path, tmp_path: Path, kind: str
) -> None:
    crafted = tmp_path / "crafted.hallmark"
    with (
        tarfile.open(history_file, "r:") as source,
        tarfile.open(crafted, "w:", format=tarfile.GNU_FORMAT) as target,
    ):
        for member in source.getmembers():
            target.addfile(member, source.extractfile(member))
        odd = tarfile.TarInfo("../outside" if kind == "path" else "files/" + "f" * 64)
        odd.type = {"link": tarfile.SYMTYPE, "path": tarfile.REGTYPE, "device": tarfile.CHRTYPE}[kind]
        odd.linkname = "/etc/passwd" if kind == "link" else ""
        target.addfile(odd)
    before = listing(other)
    refused(there("import", crafted))
    assert listing(other) == before
    assert not (tmp_path / "outside").exists()


def test_what_is_no_archive_or_not_there_is_one_line(there: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no archive\n" * 100)
    for path in (tmp_path / "text", tmp_path / "missing", tmp_path):
        assert str(path) in refused(there("import", path))


def test_what_is_not_there_cannot_be_exported(run: Run, three: list[str], tmp_path: Path) -> None:
    for what in ("penguin@9.9.9", "walrus", "walrus@1.0.0"):
        refused(run("export", what, "--out", tmp_path / "x.hallmark"))
    assert run("export", "penguin@", "--out", tmp_path / "x.hallmark").exit_code == 2
    assert not (tmp_path / "x.hallmark").exists()
