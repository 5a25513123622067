"""From what stands after `wandb:` to the mirror."""

import re

from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.mirrors.wandb.mirror import WandbMirror
from tfx_hallmark.registry.errors import MirrorError

_PLACE = re.compile(r"(?:(?P<entity>[^/\\#?%:\s]+)/)?(?P<project>[^/\\#?%:\r\n]{1,128})\Z")


def open_wandb(place: str) -> Mirror:
    """Return the mirror; nothing is reached yet, and wandb not imported.

    Args:
        place: `[ENTITY/]PROJECT`.

    Raises:
        MirrorError: If W&B can have no such project.
    """
    found = _PLACE.match(place)
    if found is None or not place.strip():
        msg = f"wandb:{place} names no project: write wandb:[ENTITY/]PROJECT, without any of / \\ # ? % : in a name"
        raise MirrorError(msg)
    return WandbMirror(found["entity"], found["project"])
