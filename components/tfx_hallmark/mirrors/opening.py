"""From the text that names a mirror to the mirror."""

from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.registry.errors import MirrorError

KINDS = ("mlflow", "wandb", "tensorboard")


def open_mirror(to: str) -> Mirror:
    """Return the mirror that a text names; nothing is reached yet, and no client imported.

    Args:
        to: `mlflow:URI`, `wandb:[ENTITY/]PROJECT` or `tensorboard:DIR`.

    Raises:
        MirrorError: If it names none.
    """
    kind, _, place = to.partition(":")
    if kind not in KINDS or not place:
        msg = (
            f"{to!r} names no mirror: write mlflow:TRACKING_URI, wandb:[ENTITY/]PROJECT or tensorboard:DIR, "
            "e.g. mlflow:http://localhost:5000"
        )
        raise MirrorError(msg)
    raise NotImplementedError
