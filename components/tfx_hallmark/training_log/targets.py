"""The mirrors that a training is logged to, as they are written: `mlflow:http://host:5000`."""

import os
from collections.abc import Sequence

import msgspec

from tfx_hallmark.registry.errors import ConfigError

KINDS = ("mlflow", "wandb", "tensorboard")
# What a Trainer's `custom_config` may say of it: the mirrors, and the name that the training has there.
WHERE_TO_LOG = ("log_to", "log_as")
# Set to `off`, a training is logged to no mirror, whatever its settings say: `hallmark reproduce` sets it.
SWITCH = "HALLMARK_EPOCH_MIRRORS"


class Target(msgspec.Struct, frozen=True):
    """A mirror.

    Attributes:
        kind: `mlflow`, `wandb` or `tensorboard`.
        place: A tracking URI, `[ENTITY/]PROJECT`, or a folder.
    """

    kind: str
    place: str


def parse_targets(log_to: Sequence[str]) -> list[Target]:
    """Return the mirrors that texts name.

    Raises:
        ConfigError: If one names none, or two are of one kind, for a curve names one run of each.
    """
    found: dict[str, Target] = {}
    for text in log_to:
        kind, _, place = text.partition(":") if isinstance(text, str) else ("", "", "")
        if kind not in KINDS or not place:
            msg = (
                f"log_to has {text!r}, which names no mirror: write mlflow:TRACKING_URI, wandb:[ENTITY/]PROJECT or "
                "tensorboard:DIR"
            )
            raise ConfigError(msg)
        if kind in found:
            msg = f"log_to names two mirrors of the kind {kind}: leave one of them out"
            raise ConfigError(msg)
        found[kind] = Target(kind, place)
    return list(found.values())


def switched_off() -> bool:
    """Tell whether the environment keeps trainings from every mirror."""
    return os.environ.get(SWITCH, "").lower() == "off"
