"""From the text that names a mirror to the mirror."""

import importlib
from typing import cast

from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.registry.errors import MirrorError

# Where the maker of each kind is, which takes what stands after the kind; imported when it is asked for.
_MAKERS = {
    "mlflow": ("tfx_hallmark.mirrors.mlflow.opening", "open_mlflow"),
    "wandb": ("tfx_hallmark.mirrors.wandb.opening", "open_wandb"),
    "tensorboard": ("tfx_hallmark.mirrors.tensorboard.opening", "open_tensorboard"),
}
KINDS = tuple(_MAKERS)


def open_mirror(to: str) -> Mirror:
    """Return the mirror that a text names; nothing is reached yet, and no client imported.

    Args:
        to: `mlflow:URI`, `wandb:[ENTITY/]PROJECT` or `tensorboard:DIR`.

    Raises:
        MirrorError: If it names none.
    """
    kind, _, place = to.partition(":")
    if kind not in _MAKERS or not place:
        msg = (
            f"{to!r} names no mirror: write mlflow:TRACKING_URI, wandb:[ENTITY/]PROJECT or tensorboard:DIR, "
            "e.g. mlflow:http://localhost:5000"
        )
        raise MirrorError(msg)
    module, maker = _MAKERS[kind]
    try:
        make = getattr(importlib.import_module(module), maker)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise
        msg = f"this hallmark has no mirror of the kind {kind}: update tfx-hallmark"
        raise MirrorError(msg) from error
    return cast(Mirror, make(place))
