"""From the text that names a mirror to the mirror."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfx_hallmark.mirrors.opening import KINDS, open_mirror
from tfx_hallmark.registry.errors import MirrorError


@pytest.mark.parametrize("text", ["", "mlflow", "mlflow:", "http://localhost:5000", "comet:project", ":x"])
def test_what_names_no_mirror_is_told_how_one_is_named(text: str) -> None:
    with pytest.raises(MirrorError, match="names no mirror: write mlflow:TRACKING_URI") as caught:
        open_mirror(text)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", KINDS)
def test_opening_one_imports_no_client(kind: str, tmp_path: Path) -> None:
    place = {"mlflow": "http://localhost:5000", "wandb": "project", "tensorboard": str(tmp_path / "board")}
    script = (
        "import sys\n"
        "from tfx_hallmark.mirrors.opening import open_mirror\n"
        "from tfx_hallmark.registry.errors import MirrorError\n"
        "try: open_mirror(sys.argv[1])\n"
        "except MirrorError as error: assert 'this hallmark has no mirror' in str(error), error\n"
        "print(*sorted(name.partition('.')[0] for name in sys.modules))"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    command = [sys.executable, "-c", script, f"{kind}:{place[kind]}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert not {"mlflow", "wandb", "tensorboard", "tensorflow"} & set(done.stdout.split())
