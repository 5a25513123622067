"""What RegistryPusher's `rollout` may be, and under which serving policy."""

import pytest

from tfx_hallmark.registry.errors import ConfigError
from tfx_hallmark.registry.rollout import check_policy, check_rollout


@pytest.mark.parametrize("rollout", ["stable", "canary"])
def test_there_are_two_rollouts(rollout: str) -> None:
    assert check_rollout(rollout) == rollout


@pytest.mark.parametrize("rollout", ["", "Canary", "latest", "beta"])
def test_another_rollout_is_refused(rollout: str) -> None:
    with pytest.raises(ConfigError, match="take 'stable' or 'canary'"):
        check_rollout(rollout)


def test_a_canary_that_would_serve_everybody_is_refused() -> None:
    with pytest.raises(ConfigError, match="hallmark config --serving-policy labels") as caught:
        check_policy("canary", "latest")
    assert "\n" not in str(caught.value)


def test_what_does_as_its_name_says_is_let_through() -> None:
    check_policy("canary", "labels")
    check_policy("stable", "labels")
    check_policy("stable", "latest")
