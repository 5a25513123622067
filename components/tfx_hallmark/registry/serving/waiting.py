"""Waits until model servers serve what they should, and takes each step of `models.config` when it can be taken."""

import time
from collections.abc import Callable, Sequence

from tfx_hallmark.registry.errors import ModelServerError
from tfx_hallmark.registry.model import Model
from tfx_hallmark.registry.serving.agreement import objections
from tfx_hallmark.registry.serving.following import Following
from tfx_hallmark.registry.serving.model_status import ServerStatus, ask_all, loaded_everywhere

_BETWEEN = 0.5  # seconds; TF Serving looks at its files every second or more
_LONGEST_ANSWER = 5.0  # seconds


def wait_until_served(
    model: Model,
    servers: Sequence[str],
    *,
    timeout: float,
    told: Callable[[Following], object] = lambda _: None,
) -> list[ServerStatus]:
    """Wait until every server serves what the labels say, under the policy `latest` what is stable.

    Args:
        model: The model.
        servers: Their addresses, as `check_address` returns them.
        timeout: Seconds after which to give up; the servers are given time for one answer in any case.
        told: Told each step of `models.config` that was taken meanwhile.

    Returns:
        What the servers said at last.

    Raises:
        ModelServerError: If the time is over, or a server cannot load what it needs.
        ConfigError: If `models.config` cannot be used.
        StorageError: If it cannot be written.
    """
    end = time.monotonic() + timeout
    while True:
        statuses = ask_all(servers, model.name, model.state.labels, timeout=_LONGEST_ANSWER)
        left = _go_on(model, statuses, told)
        wrong = _wrong(model, statuses)
        if not left and not wrong:
            return statuses
        if time.monotonic() >= end:
            raise _too_late(model, timeout, left, wrong)
        time.sleep(min(_BETWEEN, max(end - time.monotonic(), 0)))


def _go_on(
    model: Model, statuses: list[ServerStatus], told: Callable[[Following], object]
) -> tuple[int, ...]:
    """Take the step that can be taken; return the releases that the next one waits for."""
    if not model.serving.active:
        return ()
    loaded = loaded_everywhere(statuses)
    plan = model.serving.plan(loaded=loaded)
    if plan.ready or (plan.present is not None and loaded.intersection(plan.present.loading)):
        following = model.serving.apply(loaded=loaded)
        if following.taken is not None:
            told(following)
        return following.left[0].needs if following.left else ()
    needs = plan.steps[0].needs if plan.steps else ()
    for status in statuses:
        for number in needs:
            if number in status.failed:
                msg = (
                    f"{status.server} cannot load release {number} of {model.name}: {status.failed[number]}; "
                    "roll back, or see the server's log"
                )
                raise ModelServerError(msg)
    return needs


def _wrong(model: Model, statuses: list[ServerStatus]) -> list[str]:
    policy = model.settings.serving_policy
    return [
        f"{status.server}: {objection}"
        for status in statuses
        for objection in objections(status, model.state, policy)
    ]


def _too_late(model: Model, timeout: float, left: tuple[int, ...], wrong: list[str]) -> ModelServerError:
    numbers = ", ".join(map(str, left))
    waits = f"models.config waits until every server has loaded release {numbers}; " if left else ""
    again = (
        f"hallmark serving-plan {model.name} --apply --wait"
        if left
        else f"hallmark live {model.name} --servers"
    )
    return ModelServerError(
        f"after {timeout:g} s not every server serves what it should ({waits}{'; '.join(wrong)}): check that they "
        f"read the file again (--model_config_file_poll_wait_seconds), then '{again}'"
    )
