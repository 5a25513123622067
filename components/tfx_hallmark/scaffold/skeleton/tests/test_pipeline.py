"""The pipeline from its first component to its last, with the local settings."""

import subprocess
import sys
from pathlib import Path

from tfx_hallmark import Registry

PROJECT = Path(__file__).parents[1]


def test_the_first_model_is_published_as_release_1(tmp_path: Path) -> None:
    """Runs the pipeline as the README says, with everything it writes below a temporary folder."""
    settings = {"pipeline.root": "pipeline", "metadata.file": "metadata.sqlite", "registry.root": "registry"}
    command = [sys.executable, "-m", "pipeline.local_runner", "--config", "configs/local.yaml"]
    command += [f"--set={key}={tmp_path / name}" for key, name in settings.items()]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr
    registry = Registry.open(tmp_path / "registry")
    [model] = registry.models()
    assert registry.model(model).version("stable").releases == (1,)
