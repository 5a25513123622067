"""Every command where the registry, the model, the version or the log is not what it should be: one line."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from tests.cli.every_command import APART, arguments
from tests.conftest import listing
from tests.registry.adopted import writable
from tests.signing_keys import make_keys
from tfx_hallmark.cli.commands import NAMES
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry import events

Run = Callable[..., Any]
KNOWN = [name for name in NAMES if name not in APART]
# They look at the root as a whole; a model that is not there is none of their business.
OF_THE_ROOT = {"report", "metrics", "doctor", "config", "adopt", "import"}
# A log that cannot be read is what they are there to find.
FINDERS = {"verify", "audit", "doctor"}
EVENTS = ".hallmark/penguin/log"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, history: Path) -> Path:
    """What commands read beside the registry."""
    folder = tmp_path_factory.mktemp("files")
    make_keys(folder)
    archive = ["export", "seal", "--out", str(folder / "penguin.hallmark"), "--root", str(history)]
    assert CliRunner().invoke(app, archive).exit_code == 0
    return folder


def refused(command: list[str], root: Path) -> str:
    """Expects one line, an exit code and nothing changed; gives the line."""
    before = listing(root) if root.is_dir() else root.exists()
    done = CliRunner(env={"HALLMARK_METADATA": "", "HALLMARK_ROOT": ""}).invoke(
        app, [*command, "--root", str(root)]
    )
    assert isinstance(done.exception, SystemExit), done.exception
    assert (done.exit_code in (1, 2), done.stdout) == (True, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith("hallmark: ")
    assert (listing(root) if root.is_dir() else root.exists()) == before
    return line


def test_every_command_is_tried() -> None:
    assert set(arguments(Path())) == set(KNOWN)


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in ("adopt", "import")])
def test_where_there_is_no_registry(files: Path, tmp_path: Path, name: str) -> None:
    command = [name, *arguments(files)[name]]
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("no directory")
    for root in ("empty", "file", "missing"):
        line = refused(command, tmp_path / root)
        assert str(tmp_path / root) in line


def test_a_file_takes_no_registry_in(files: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    assert str(tmp_path / "file") in refused(["import", *arguments(files)["import"]], tmp_path / "file")
    assert (tmp_path / "file").read_text() == "no directory"


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in OF_THE_ROOT])
def test_a_model_that_there_is_not(history: Path, files: Path, name: str) -> None:
    for model in ("walrus", "no/name"):
        line = refused([name, *arguments(files, model=model)[name]], history)
        assert model in line or "metadata.sqlite" in line


@pytest.mark.parametrize("name", [name for name in KNOWN if "penguin@1.0.0" in arguments(Path())[name]])
def test_a_version_that_there_is_not(history: Path, files: Path, name: str) -> None:
    for version in ("9.9.9", "99", "nonesuch", "b3:" + "0" * 64):
        line = refused([name, *arguments(files, version=version)[name]], history)
        assert version in line or "metadata" in line


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory, history: Path) -> Path:
    """A copy whose third event was cut short."""
    root = tmp_path_factory.mktemp("damaged") / "root"
    shutil.copytree(history, root)
    event = writable(root / EVENTS) / f"{3:020d}.json"
    event.write_bytes(event.read_bytes()[:-20])
    shutil.rmtree(root / ".hallmark/penguin/checkpoint", ignore_errors=True)
    return root


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory, history: Path) -> Path:
    """A copy whose last event a newer hallmark wrote."""
    root = tmp_path_factory.mktemp("newer") / "root"
    shutil.copytree(history, root)
    event = sorted(writable(root / EVENTS).iterdir())[-1]
    sealed = events.seal(msgspec.structs.replace(events.unseal(event.read_bytes(), "")[0], schema=99))
    event.write_bytes(sealed[0])
    return root


@pytest.mark.parametrize("name", [name for name in KNOWN if name not in OF_THE_ROOT | FINDERS])
@pytest.mark.parametrize("state", ["damaged", "newer"])
def test_a_log_that_cannot_be_read(
    files: Path, name: str, state: str, request: pytest.FixtureRequest
) -> None:
    line = refused([name, *arguments(files)[name]], request.getfixturevalue(state))
    told = "restore it from a backup" if state == "damaged" else "update tfx-hallmark"
    assert "metadata.sqlite" in line or (EVENTS in line and told in line)


@pytest.mark.parametrize("name", sorted(FINDERS))
def test_a_log_that_cannot_be_read_is_a_finding_of_those_who_look_for_them(
    damaged: Path, files: Path, name: str
) -> None:
    done = CliRunner().invoke(app, [name, *arguments(files)[name], "--json", "--root", str(damaged)])
    assert (done.exit_code, done.stderr) == (1, "")
    assert "penguin" in [one["where"].split(" ")[0] for one in json.loads(done.stdout)["findings"]]
