"""Components that fail, are killed, or wait, each in the way a test asks for by files in a folder."""

import os
import signal
from pathlib import Path

from tfx.dsl.component.experimental.annotations import InputArtifact, OutputArtifact, Parameter
from tfx.dsl.component.experimental.decorators import component
from tfx.types import standard_artifacts

from tfx_hallmark.registry.errors import DataError


@component
def write_word(word: OutputArtifact[standard_artifacts.String], folder: Parameter[str]) -> None:
    """Writes a word; before that, does what the file `todo` in the folder says, once."""
    with Path(folder, "starts").open("a") as starts:
        starts.write("start\n")
    todo = Path(folder, "todo")
    wanted = todo.read_text() if todo.exists() else ""
    todo.unlink(missing_ok=True)
    half = Path(word.uri).with_name("half")
    assert not half.exists(), "what an earlier attempt left is gone"
    half.write_text("half")
    if wanted == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif wanted == "fail":
        msg = "boom\nand more"
        raise ValueError(msg)
    elif wanted == "fail as ours":
        msg = "no rows in /data"
        raise DataError(msg)
    elif wanted == "wait":
        # Opening a pipe for writing waits for its reader: first the test learns that this runs, then it lets go.
        Path(folder, "running").open("w").close()
        Path(folder, "go").open("w").close()
    word.value = "word"


@component
def read_word(
    word: InputArtifact[standard_artifacts.String], length: OutputArtifact[standard_artifacts.Integer]
) -> None:
    """Measures the word."""
    length.value = len(word.value)
