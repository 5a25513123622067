"""From what stands after `tensorboard:` to the mirror."""

import re
from pathlib import Path

from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.mirrors.tensorboard.mirror import TensorBoardMirror
from tfx_hallmark.registry.errors import MirrorError

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")


def open_tensorboard(place: str) -> Mirror:
    """Return the mirror; nothing is written yet, and TensorBoard not imported.

    Args:
        place: The folder that TensorBoard is started with, its `--logdir`.

    Raises:
        MirrorError: If it is no folder of this machine.
    """
    if _URL.match(place) or not place.strip():
        msg = f"tensorboard:{place} names no folder of this machine: write tensorboard:DIR, e.g. tensorboard:/srv/board"
        raise MirrorError(msg)
    return TensorBoardMirror(Path(place).expanduser().absolute())
