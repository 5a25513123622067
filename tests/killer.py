"""Kills a node of a pipeline with SIGKILL at a chosen file operation, without a line in the product.

Python imports a `sitecustomize` from its search path when it starts, and tells audit hooks of each operation
before it does it. So a folder on a process's PYTHONPATH is enough.
"""

from collections.abc import Sequence
from pathlib import Path

_SITECUSTOMIZE = """
import os, signal, sys

def watch(event, arguments):
    if event in ("os.link", "os.rename"):
        target = os.fspath(arguments[1])
        for number, ending in enumerate({endings!r}):
            mark = {marks!r} + str(number)
            if target.endswith(ending) and not os.path.exists(mark):
                os.close(os.open(mark, os.O_CREAT | os.O_EXCL))
                os.kill(os.getpid(), signal.SIGKILL)

if {node!r} in sys.orig_argv:
    sys.addaudithook(watch)
"""


class Killer:
    """Kills the process of a node once at each of the given operations.

    Args:
        folder: To be put on the PYTHONPATH of the node's process.
        node: The node, as it stands on the command line.
        endings: How the paths end whose creation, by link or rename, is prevented.
    """

    def __init__(self, folder: Path, node: str, endings: Sequence[str]) -> None:
        self.folder = folder
        self._marks = [folder / f"killed-{number}" for number in range(len(endings))]
        code = _SITECUSTOMIZE.format(node=node, endings=list(endings), marks=str(folder / "killed-"))
        folder.mkdir()
        (folder / "sitecustomize.py").write_text(code)

    @property
    def kills(self) -> int:
        """How often it killed."""
        return sum(mark.exists() for mark in self._marks)
