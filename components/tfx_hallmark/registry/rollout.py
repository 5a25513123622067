"""How a pipeline hands a good candidate out: to everybody, or to a canary's share of the traffic."""

from typing import Literal, TypeAlias, get_args

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.state import CANARY

Rollout: TypeAlias = Literal["stable", "canary"]  # the label that a published release gets


def check_rollout(rollout: str) -> str:
    """Return a rollout that there is.

    Raises:
        ConfigError: If it is neither `stable` nor `canary`.
    """
    if rollout not in get_args(Rollout):
        msg = f"rollout={rollout!r} cannot be: take 'stable' or 'canary'"
        raise ConfigError(msg)
    return rollout


def check_policy(rollout: str, policy: ServingPolicy) -> None:
    """Make sure that a rollout does what its name says under a serving policy.

    Raises:
        ConfigError: If a canary would get all of the traffic.
    """
    if rollout == CANARY and policy == "latest":
        msg = (
            "rollout='canary' needs the serving policy 'labels': under 'latest' TF Serving gives all traffic to the "
            "highest number, so a canary would serve everybody; run 'hallmark config --serving-policy labels' "
            "and give TF Serving the models.config, or push with rollout='stable'"
        )
        raise ConfigError(msg)
