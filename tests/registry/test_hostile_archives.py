"""Archives that somebody made to write where they may not, or to be taken for what they are not."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from blake3 import blake3

from tests.conftest import listing
from tfx_hallmark.registry.errors import ArchiveError, HallmarkError
from tfx_hallmark.registry.events import Event, seal
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.registry import Registry
from tfx_hallmark.registry.tree import FileEntry, combine

HOSTILE_NAMES = (
    "../outside",
    "files/../../outside",
    "/tmp/outside",
    "files/" + "0" * 63 + "/../x",
    "log/../../outside.json",
    "objects/" + "A" * 64,
    "files/" + "0" * 65,
    "files/" + "0" * 64 + "\n",
    "log/1.json",
    "log/" + "1" * 21 + ".json",
    "./hallmark-archive.json",
    "hallmark-archive.json/x",
    "readme.txt",
    "",
)


@pytest.fixture
def other(tmp_path: Path) -> Registry:
    """Another registry, without models."""
    return Registry.create(tmp_path / "other")


@pytest.fixture
def history(model: Model, three: list[str], tmp_path: Path) -> Path:
    """An archive with nothing wrong."""
    return model.export(tmp_path / "history.hallmark").path


@pytest.fixture
def refused_everywhere(other: Registry, tmp_path: Path) -> Callable[..., None]:
    """Makes sure that an archive is refused with one line, and that nothing is written anywhere."""

    def check(archive: Path, *parts: str, error: type[HallmarkError] = ArchiveError) -> None:
        before = listing(tmp_path)
        for take in (other.rehearse_import, other.import_archive):
            with pytest.raises(error) as caught:
                take(archive)
            message = str(caught.value)
            assert "\n" not in message
            assert str(archive) in message
            for part in parts:
                assert part in message
            assert listing(tmp_path) == before

    return check


def rewritten(
    source: Path,
    target: Path,
    change: Callable[[tarfile.TarInfo, bytes], list[tuple[tarfile.TarInfo, bytes]]],
) -> Path:
    """Writes an archive anew, each entry as it was or as it is changed."""
    with tarfile.open(source) as tar, tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as copy:
        for member in tar.getmembers():
            file = tar.extractfile(member)
            assert file is not None
            for info, data in change(member, file.read()):
                if info.isreg():
                    info.size = len(data)
                copy.addfile(info, io.BytesIO(data))
    return target


def entry(name: str, **facts: Any) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    for fact, value in facts.items():
        setattr(info, fact, value)
    return info


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_an_entry_of_another_name_is_refused(
    name: str, history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    archive = tmp_path / "hostile.hallmark"
    with tarfile.open(history) as tar:
        last = tar.getmembers()[-1].name

    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        more = [(entry(name), b"mine")] if info.name == last else []
        return [(info, data), *more]

    refused_everywhere(rewritten(history, archive, change))


@pytest.mark.parametrize("part", ["log", "objects", "files", "hallmark-archive"])
@pytest.mark.parametrize(
    "kind",
    [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE],
)
def test_an_entry_that_is_no_plain_file_is_refused(
    part: str, kind: bytes, history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret")
    done: list[str] = []

    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if done or not info.name.startswith(part):
            return [(info, data)]
        done.append(info.name)
        return [(entry(info.name, type=kind, linkname=str(secret)), b"")]

    refused_everywhere(rewritten(history, tmp_path / "hostile.hallmark", change))
    assert secret.read_text() == "secret"


@pytest.mark.parametrize("part", ["log", "objects", "files"])
def test_an_entry_that_is_there_twice_is_refused(
    part: str, history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    done: list[str] = []

    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if done or not info.name.startswith(part):
            return [(info, data)]
        done.append(info.name)
        return [(info, data), (info, data)]

    refused_everywhere(rewritten(history, tmp_path / "hostile.hallmark", change), "twice")


def test_entries_out_of_order_are_refused(
    history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    archive = tmp_path / "hostile.hallmark"
    with tarfile.open(history) as tar, tarfile.open(archive, "w", format=tarfile.GNU_FORMAT) as copy:
        first, *rest = tar.getmembers()
        for member in (first, *reversed(rest)):
            copy.addfile(member, tar.extractfile(member))
    refused_everywhere(archive)


def test_an_archive_without_a_header_is_refused(
    history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [] if info.name.startswith("hallmark") else [(info, data)]

    refused_everywhere(rewritten(history, tmp_path / "hostile.hallmark", change), "header")


@pytest.mark.parametrize(
    "header",
    [
        b"",
        b"{}",
        b"[]",
        b"not json",
        b"\xff\xfe",
        b'{"format": "1"}',
        b'{"format": 1, "kind": "other", "model": "penguin", "events": 1, "seal": ""}',
        b'{"format": 1, "kind": "history", "model": 7, "events": 1, "seal": ""}',
        b'{"format": 1, "kind": "history", "model": "penguin", "events": -1, "seal": ""}',
        b'{"format": 1, "kind": "history", "model": "penguin", "events": 0, "seal": ""}',
        b'{"format": 1, "kind": "history", "model": "penguin", "events": 99, "seal": ""}',
    ],
)
def test_a_header_that_says_something_else_is_refused(
    header: bytes, history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [(info, header if info.name.startswith("hallmark") else data)]

    refused_everywhere(rewritten(history, tmp_path / "hostile.hallmark", change))


@pytest.mark.parametrize(
    "name", ["..", ".", "../outside", "/tmp/outside", ".arriving", ".hallmark", "a/b", ""]
)
def test_a_model_name_that_leads_elsewhere_is_refused(
    name: str, history: Path, other: Registry, tmp_path: Path
) -> None:
    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if not info.name.startswith("hallmark"):
            return [(info, data)]
        return [(info, json.dumps({**json.loads(data), "model": name}).encode())]

    archive = rewritten(history, tmp_path / "hostile.hallmark", change)
    before = listing(tmp_path)
    for take in (other.rehearse_import, other.import_archive):
        with pytest.raises(HallmarkError) as caught:
            take(archive)
        assert "\n" not in str(caught.value)
        assert listing(tmp_path) == before


def test_the_history_of_another_model_under_this_name_is_refused(
    history: Path, tmp_path: Path, refused_everywhere: Callable[..., None]
) -> None:
    def change(info: tarfile.TarInfo, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        if not info.name.startswith("hallmark"):
            return [(info, data)]
        return [(info, json.dumps({**json.loads(data), "seal": "0" * 64}).encode())]

    refused_everywhere(rewritten(history, tmp_path / "hostile.hallmark", change))


def _mend_objects(entries: dict[str, bytes], renamed: dict[str, str]) -> None:
    """Lets objects name what was renamed, which renames them."""
    for name in [name for name in entries if name.startswith("objects/")]:
        data = entries[name]
        for old, new in list(renamed.items()):
            data = data.replace(old.encode(), new.encode())
        if data != entries[name]:
            renamed[name.partition("/")[2]] = key = blake3(data).hexdigest()
            del entries[name]
            entries[f"objects/{key}"] = data


def _mend_log(entries: dict[str, bytes], renamed: dict[str, str]) -> str:
    """Lets events name what was renamed, seals them anew, and gives the last seal."""
    last = ""
    for name in sorted(name for name in entries if name.startswith("log/")):
        text = entries[name].decode()
        for old, new in renamed.items():
            text = text.replace(old, new)
        event = msgspec.json.decode(text, type=Event)
        if last:
            event = msgspec.structs.replace(event, prev=last)
        entries[name], last = seal(event)
    return last


def _forged(history: Path, target: Path, path: str) -> Path:
    """Makes an archive whose seals, digests and names all fit, and whose first manifest has a file of this path.

    Whoever makes an archive can mend all of them; so what counts is what a manifest may say.
    """
    with tarfile.open(history) as tar:
        entries = {member.name: tar.extractfile(member).read() for member in tar.getmembers()}  # type: ignore[union-attr]
    header = json.loads(entries.pop("hallmark-archive.json"))
    renamed: dict[str, str] = {}
    for name in [name for name in entries if name.startswith("objects/")]:
        told = json.loads(entries[name])
        if not isinstance(told, dict) or "saved_model.pb" not in str(told.get("files")):
            continue
        for file in told["files"]:
            if file["path"] == "fingerprint.pb":
                file["path"] = path
        digest = combine(msgspec.convert(told["files"], list[FileEntry])).digest
        renamed[told["digest"]] = told["digest"] = digest
        data = json.dumps(told).encode()
        renamed[name.partition("/")[2]] = key = blake3(data).hexdigest()
        del entries[name]
        entries[f"objects/{key}"] = data
    assert renamed
    _mend_objects(entries, renamed)
    last = _mend_log(entries, renamed)
    header["seal"] = last
    with tarfile.open(target, "w", format=tarfile.GNU_FORMAT) as copy:
        everything = {"hallmark-archive.json": json.dumps(header).encode()}
        for part in ("log/", "objects/", "files/"):
            everything |= {name: entries[name] for name in sorted(entries) if name.startswith(part)}
        for name, data in everything.items():
            copy.addfile(entry(name, size=len(data)), io.BytesIO(data))
    return target


@pytest.mark.parametrize(
    "path",
    [
        "../../../outside",
        "TMP/outside",
        "a/../../outside",
        "saved_model.pb/x",
        "variables",
        "",
        ".",
    ],
)
def test_a_manifest_that_leads_elsewhere_is_refused(
    path: str, history: Path, tmp_path: Path, other: Registry
) -> None:
    archive = _forged(history, tmp_path / "hostile.hallmark", path.replace("TMP", str(tmp_path)))
    before = listing(tmp_path)
    with pytest.raises(HallmarkError) as caught:
        other.import_archive(archive)
    assert "\n" not in str(caught.value)
    assert listing(tmp_path) == before


def test_what_is_refused_of_a_manifest_is_where_it_leads(
    history: Path, tmp_path: Path, other: Registry
) -> None:
    other.import_archive(_forged(history, tmp_path / "forged.hallmark", "another/name.pb"))
    assert (other.root / "penguin" / "1" / "another" / "name.pb").is_file()
