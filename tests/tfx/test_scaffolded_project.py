"""A project made by `hallmark init-pipeline`, used as its README says."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tfx_hallmark import Registry

pytestmark = pytest.mark.slow

COMPONENTS = Path(__file__).parents[2] / "components"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project for the model `card_fraud`, in a folder of another name."""
    folder = tmp_path_factory.mktemp("work") / "fraud project"
    arguments = ("init-pipeline", str(folder), "--model", "card_fraud")
    done = python(folder.parent)("-m", "tfx_hallmark.cli.main", *arguments)
    assert done.returncode == 0, done.stderr
    return folder


def python(folder: Path) -> Callable[..., Any]:
    """Runs Python in a folder, with the package importable and nothing else of this checkout."""

    def run(*arguments: str) -> Any:
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HALLMARK_")}
        environment["PYTHONPATH"] = str(COMPONENTS)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_it_publishes_release_1_of_its_own_model(project):
    done = python(project)("-m", "pipeline.local_runner", "--config", "configs/local.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("pipeline card-fraud; details in ")
    assert "card_fraud@1.0.0 was published as release 1: " in done.stdout
    stable = Registry.open(project / "output" / "registry").model("card_fraud").version("stable")
    assert (stable.version, stable.releases) == ("1.0.0", (1,))
    assert stable.manifest.provenance.run.pipeline == "card-fraud"
    listed = python(project)("-m", "tfx_hallmark.cli.main", "list", "card_fraud")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "1.0.0" in listed.stdout
    assert {path.name for path in project.iterdir() if path.is_dir()} == {
        ".github", "ci", "configs", "output", "pipeline", "tests"
    }  # fmt: skip


def test_its_own_test_passes_and_writes_nothing_into_it(project):
    before = sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts)
    done = python(project)("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert done.returncode == 0, done.stdout
    assert "1 passed" in done.stdout
    assert sorted(path for path in project.rglob("*") if "__pycache__" not in path.parts) == before
