"""docs/golden-predictions.md: a version that was trained under the other interpreter answers here as it did there."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tfx_hallmark import Registry
from tfx_hallmark.cli.main import app
from tfx_hallmark.registry.manifest import Environment

ARCHIVES = Path(__file__).parents[1] / "fixtures" / "golden"
OTHER = {(3, 10): "3.11", (3, 11): "3.10"}[sys.version_info[:2]]


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A registry root with the version that the other interpreter trained, imported from its archive."""
    root = tmp_path_factory.mktemp("arrived") / "registry"
    Registry.create(root)
    archive = ARCHIVES / f"py{OTHER}.hallmark"
    hallmark(root, "import", archive, "--to", "stable", "--reason", "from the other interpreter")
    return root


def hallmark(root: Path, *arguments: object) -> str:
    done = CliRunner().invoke(app, [*(str(argument) for argument in arguments), "--root", str(root)])
    assert done.exit_code == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def verified(arrived: Path) -> tuple[str, dict[str, Any]]:
    """What `verify --predictions` prints, and the one release of its JSON."""
    command = ("verify", "--predictions", "penguin@stable", "--tolerance", "1e-5")
    (release,) = json.loads(hallmark(arrived, *command, "--json"))["releases"]
    return hallmark(arrived, *command), release


def made_in(root: Path) -> Environment:
    """Gives where the version was tagged."""
    environment = Registry.open(root).model("penguin").version("stable").manifest.provenance.environment
    assert environment is not None
    return environment


def test_version_trained_under_the_other_interpreter_answers_as_recorded(
    arrived: Path, verified: tuple[str, dict[str, Any]]
) -> None:
    assert made_in(arrived).python.startswith(f"{OTHER}.")
    printed, release = verified
    assert printed.splitlines()[0].endswith("16 requests to serving_default, tolerance 1e-05: as recorded")
    assert (release["agrees"], release["requests"]) == (True, 16)
    assert {output["output"]: output["elements"] for output in release["outputs"]} == {
        "logits": 48,
        "probabilities": 48,
        "species": 16,
    }
    assert [output.get("beyond", 0) for output in release["outputs"]] == [0, 0, 0]


def test_what_differs_between_the_interpreters_is_listed(
    arrived: Path, verified: tuple[str, dict[str, Any]]
) -> None:
    printed, release = verified
    recorded = made_in(arrived)
    here = {one["name"]: one for one in release["environment"]}
    for name, was in (
        ("python", recorded.python),
        ("package tensorflow", recorded.packages["tensorflow"]),
    ):
        assert here[name]["recorded"] == was
        assert here[name]["here"] not in (None, was)
        assert here[name]["bearing"] is True
        (line,) = [line for line in printed.splitlines() if line.strip().startswith(f"{name}:")]
        assert line.split(":")[1].split() == [was, "->", here[name]["here"]]
    assert "what differs from where they were made:" in printed
    assert any(not one["bearing"] for one in release["environment"]), "the whole list of packages came along"


def test_archives_name_nobody_and_no_home() -> None:
    archives = sorted(ARCHIVES.glob("*.hallmark"))
    assert [archive.stem for archive in archives] == ["py3.10", "py3.11"]
    for archive in archives:
        data = archive.read_bytes()
        assert b"/root/" not in data
        assert b"/home/" not in data
        assert b'"actor":"make_golden_archives"' in data
