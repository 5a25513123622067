"""`hallmark verify` and `hallmark audit`: what they say, and how they end."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import listing
from tests.registry.adopted import writable
from tfx_hallmark.registry.events import Pruned
from tfx_hallmark.registry.registry import Registry

Run = Callable[..., Any]
HEAVY = {"tensorflow", "tfx", "ml_metadata", "apache_beam", "numpy", "pandas", "networkx"}
SHARD = "variables/variables.data-00000-of-00001"


@pytest.fixture
def two(root: Path, make_candidate: Callable[[int], Path]) -> Path:
    """The root of a registry: `penguin` with releases 1 to 3, the last a rollback; `seal` with release 1."""
    for name, numbers in (("penguin", (1, 2)), ("seal", (3,))):
        model = Registry.open(root).model(name)
        for number in numbers:
            version = model.tag(make_candidate(number)).version
            model.push_unchecked(make_candidate(number), version, reason="a test")
    Registry.open(root).model("penguin").rollback(reason="a test")
    return root


@pytest.fixture
def run(two: Path, hallmark: Run) -> Run:
    """Runs a command on that registry, and makes sure that it changes nothing."""

    def on(*arguments: str) -> Any:
        before = listing(two)
        done = hallmark(*arguments, "--root", str(two))
        assert listing(two) == before
        return done

    return on


def flip(path: Path) -> None:
    data = path.read_bytes()
    path.write_bytes(bytes([data[0] ^ 1]) + data[1:])


def test_what_is_as_published_is_one_line_each(run: Run) -> None:
    done = run("verify", "penguin", "seal@1", "penguin@1.0.0", "penguin@2", "penguin@stable")
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split(", ")[0] for line in done.stdout.splitlines()] == [
        "penguin: 3 releases",
        "seal@1: 1 release",
        "penguin@1.0.0: 2 releases",
        "penguin@2: 1 release",
        "penguin@stable: 2 releases",
    ]
    assert all(line.endswith(": as published") for line in done.stdout.splitlines())


def test_all_models_are_verified(run: Run, two: Path) -> None:
    done = run("verify", "--all", "--json")
    assert done.exit_code == 0
    answer = json.loads(done.stdout)
    assert (answer["root"], answer["models"], answer["findings"]) == (str(two), ["penguin", "seal"], [])
    assert [(one["model"], one["version"], one["release"]) for one in answer["releases"]] == [
        ("penguin", "1.0.0", 1),
        ("penguin", "1.0.1", 2),
        ("penguin", "1.0.0", 3),
        ("seal", "1.0.0", 1),
    ]
    first = answer["releases"][0]
    assert first["path"] == str(two / "penguin/1")
    size = Registry.open(two).model("penguin").version("1.0.0").state.size
    assert (first["files"], first["size"], first["findings"]) == (4, size, 0)


def test_what_differs_is_listed_with_release_file_and_what(run: Run, two: Path) -> None:
    flip(writable(two / "penguin/2") / SHARD)
    (two / "penguin/2/added").touch()
    shutil.rmtree(writable(two / "seal/1"))
    (two / "seal/notes.txt").touch()
    done = run("verify", "--all")
    assert done.exit_code == 1
    lines = done.stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == [
        "file-added  penguin@1.0.1 release 2: added",
        f"file-changed  penguin@1.0.1 release 2: {SHARD}",
        "release-missing  seal@1.0.0 release 1",
        "foreign-entry  seal",
        next(line for line in lines if line.startswith("penguin: 3 releases, 13 files")),
        "seal: 1 release, 0 files, 0 B: 2 findings",
    ]
    assert f"    {SHARD} was changed: it has the same size and other content" in lines
    answer = json.loads(run("verify", "penguin", "--json").stdout)
    assert [one["findings"] for one in answer["releases"]] == [0, 2, 0]
    assert [one["code"] for one in answer["findings"]] == ["file-added", "file-changed"]
    assert run("verify", "penguin@1").exit_code == 0
    assert run("verify", "penguin@2").exit_code == 1


def test_names_that_are_not_utf_8_can_be_told_in_json(run: Run, two: Path) -> None:
    release = writable(two / "seal/1")
    Path(os.fsdecode(os.fsencode(release) + b"/caf\xe9")).touch()
    Path(os.fsdecode(os.fsencode(release) + b"/r\xe9p")).mkdir()
    Path(os.fsdecode(os.fsencode(release.parent) + b"/caf\xe9")).touch()
    for command in ("verify", "audit"):
        done = run(command, "seal", "--json")
        assert done.exit_code == 1
        assert [(one["code"], one["where"]) for one in json.loads(done.stdout)["findings"]] == [
            ("file-unfit", r"seal@1.0.0 release 1: caf\udce9"),
            ("directory-added", r"seal@1.0.0 release 1: r\udce9p/"),
            ("foreign-entry", "seal"),
        ]
        assert run(command, "seal").exit_code == 1


def test_a_log_that_cannot_be_read_does_not_hold_up_the_other_models(run: Run, two: Path) -> None:
    (two / ".hallmark/penguin/log" / f"{1:020d}.json").unlink()
    done = run("verify", "--all", "--json")
    assert done.exit_code == 1
    answer = json.loads(done.stdout)
    assert [(one["code"], one["where"]) for one in answer["findings"]] == [("log-damaged", "penguin")]
    assert [one["model"] for one in answer["releases"]] == ["seal"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "name a REF or MODEL, or give --all"),
        (("penguin", "--all"), 2, "give either names or --all"),
        (("penguin@",), 2, "names no version"),
        (("no/name",), 2, "cannot be used"),
        (("walrus",), 1, "has no model 'walrus': its models are penguin, seal"),
        (("penguin", "penguin@9"), 1, "there is no such release"),
        (("penguin", "seal@canary"), 1, "nothing has this label"),
    ],
)
def test_what_cannot_be_verified_is_said_before_anything_is_read(
    run: Run, arguments: tuple[str, ...], code: int, said: str
) -> None:
    done = run("verify", *arguments)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr


def test_a_pruned_release_is_no_finding(run: Run, two: Path) -> None:
    model = Registry.open(two).model("penguin")
    model._ledger.commit(lambda _: Pruned(version="1.0.1", releases=(2,)), actor="a test")
    shutil.rmtree(writable(two / "penguin/2"))
    assert run("verify", "penguin").stdout.startswith("penguin: 2 releases, ")
    assert run("audit", "penguin").exit_code == 0
    done = run("verify", "penguin@2")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "penguin@2 was pruned; there is nothing to verify" in done.stderr


def test_neither_finishes_what_a_crash_left(run: Run, two: Path) -> None:
    model = Registry.open(two).model("penguin")
    staging = two / ".hallmark/penguin/staging" / model.state.releases[2].staging
    staging.mkdir(parents=True)
    writable(two / "penguin/2").rename(staging / "model")
    for command in ("verify", "audit"):
        done = run(command, "penguin")
        assert done.exit_code == 1
        assert "release-not-exposed  penguin@1.0.1 release 2" in done.stdout


def test_an_audit_of_what_is_sound(run: Run, two: Path) -> None:
    done = run("audit")
    assert (done.exit_code, done.stderr) == (0, "")
    assert [line.split(", ")[:3] for line in done.stdout.splitlines()] == [
        ["penguin: 5 events", "4 records", "3 releases"],
        ["seal: 2 events", "2 records", "1 release"],
    ]
    assert all(line.endswith(": 0 findings") for line in done.stdout.splitlines())
    answer = json.loads(run("audit", "seal", "--json").stdout)
    size = Registry.open(two).model("seal").version("1.0.0").state.size
    assert answer == {
        "root": str(two),
        "models": [
            {"model": "seal", "events": 2, "records": 2, "releases": 1, "size": size, "findings": 0},
        ],
        "findings": [],
    }


def test_an_audit_names_everything_and_every_model(run: Run, two: Path) -> None:
    (two / ".hallmark/penguin/log" / f"{1:020d}.json").unlink()
    shutil.rmtree(two / ".hallmark/seal/objects")
    done = run("audit", "--json")
    assert done.exit_code == 1
    assert [(one["code"], one["where"]) for one in json.loads(done.stdout)["findings"]] == [
        ("event-missing", "penguin event 1"),
        ("release-unverifiable", "penguin@1.0.0 release 1"),
        ("release-unverifiable", "penguin@1.0.0 release 3"),
        ("object-missing", "seal@1.0.0 manifest"),
        ("object-missing", "seal@1.0.0 verdict (event 2)"),
    ]
    page = run("audit").stdout
    assert "event-missing  penguin event 1" in page
    assert page.splitlines()[-1].endswith(": 2 findings")


def test_an_audit_of_nothing(hallmark: Run, tmp_path: Path, run: Run) -> None:
    empty = Registry.create(tmp_path / "empty").root
    done = hallmark("audit", "--root", str(empty))
    assert (done.exit_code, done.stdout) == (0, "the registry has no models yet\n")
    done = run("audit", "walrus")
    assert (done.exit_code, "has no model 'walrus'" in done.stderr) == (1, True)
    assert run("audit", "no/name").exit_code == 2


@pytest.mark.parametrize("command", ["verify --all", "audit"])
def test_i12_neither_imports_anything_heavy(process: Run, two: Path, command: str) -> None:
    script = (
        "import sys; from tfx_hallmark.cli.main import app; "
        f"app({command.split()} + ['--root', {str(two)!r}], standalone_mode=False); print(*sys.modules)"
    )
    done = process("-c", script)
    assert done.returncode == 0, done.stderr
    loaded = done.stdout.splitlines()[-1].split()
    assert "tfx_hallmark.registry.examining.verification" in loaded
    assert not {name.split(".")[0] for name in loaded} & HEAVY


@pytest.mark.parametrize("command", [("verify", "penguin"), ("audit",)])
def test_progress_is_told_on_anything_slow(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setattr("tfx_hallmark.cli.progress._SECONDS", 0.0)
    told = run(*command).stderr
    assert "penguin: MB read: 0 of 0" in told
    assert ("penguin: events read: 5 of 5" in told) == (command == ("audit",))
