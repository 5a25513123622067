"""One fault put into a sound registry at a time: `hallmark verify` or `audit` finds it, and says where it is."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.adopted import writable

Run = Callable[..., Any]
SHARD = "variables/variables.data-00000-of-00001"


def event(root: Path, seq: int) -> Path:
    return root / f".hallmark/penguin/log/{seq:020d}.json"


def flip(path: Path, at: int) -> None:
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at % len(data)] ^= 1
    path.write_bytes(bytes(data))


def flip_a_byte(root: Path, at: int) -> None:
    flip(writable(root / "penguin/2") / SHARD, at)


def add_a_file(root: Path, _: int) -> None:
    (writable(root / "penguin/2") / "variables/extra").touch()


def remove_a_file(root: Path, _: int) -> None:
    (writable(root / "penguin/2") / "variables/variables.index").unlink()


def edit_an_event(root: Path, _: int) -> None:
    path = event(root, 3)
    path.chmod(0o644)
    text = path.read_text()
    assert '"actor":"' in text
    path.write_text(text.replace('"actor":"', '"actor":"not ', 1))


def flip_a_byte_of_an_event(root: Path, at: int) -> None:
    flip(event(root, 3), at)


def delete_an_event(root: Path, _: int) -> None:
    event(root, 3).unlink()


RELEASE = "penguin@1.0.1 release 2: "
FAULTS: list[tuple[Callable[[Path, int], None], int, str, str]] = [
    *((flip_a_byte, at, "file-changed", RELEASE + SHARD) for at in (0, -1)),
    (add_a_file, 0, "file-added", f"{RELEASE}variables/extra"),
    (remove_a_file, 0, "file-missing", f"{RELEASE}variables/variables.index"),
    (edit_an_event, 0, "event-damaged", "penguin event 3"),
    *((flip_a_byte_of_an_event, at, "event-damaged", "penguin event 3") for at in (0, 97, -1)),
    (delete_an_event, 0, "event-missing", "penguin event 3"),
]


@pytest.mark.parametrize(("inject", "at", "code", "where"), FAULTS)
def test_one_fault_is_found_and_located(
    run: Run,
    root: Path,
    three: list[str],
    inject: Callable[[Path, int], None],
    at: int,
    code: str,
    where: str,
) -> None:
    for command in ("verify", "audit"):
        assert run(command, "penguin").exit_code == 0
    inject(root, at)
    before = listing(root)
    for command in ("verify", "audit") if code.startswith("file-") else ("audit",):
        told = run(command, "penguin", "--json")
        assert (told.exit_code, told.stderr) == (1, "")
        first, *others = json.loads(told.stdout)["findings"]
        assert (first["code"], first["where"]) == (code, where)
        # Without the event that made it, the one version has nothing to be held against.
        assert [one["code"] for one in others] == (
            [] if code.startswith("file-") else ["release-unverifiable"]
        )
        page = run(command, "penguin")
        assert page.exit_code == 1
        assert f"{code}  {where}" in page.stdout.splitlines()
    # The log is the truth that `verify` holds files against: without it, it says so and where.
    assert run("verify", "penguin").exit_code == 1
    assert listing(root) == before
