"""Whether model servers serve what the registry says that they should."""

from collections.abc import Sequence

from tfx_hallmark.registry.serving.model_status import ServerStatus
from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.state import STABLE, ModelState


def objections(status: ServerStatus, state: ModelState, policy: ServingPolicy) -> list[str]:
    """Return what a server does not serve as it should, a sentence each; none if all is well.

    Under the policy `labels` every label must point to its release there; under `latest`, a request without
    a label must get what is stable.

    Args:
        status: What the server says.
        state: The model's state.
        policy: The serving policy.
    """
    if status.error is not None:
        return [f"it could not be asked: {status.error}"]
    if policy == "latest":
        wanted = state.labels.get(STABLE)
        wrong = wanted is not None and status.default != wanted
        return [f"it serves {_release(status.default)}, and stable is {_release(wanted)}"] if wrong else []
    return [
        f"{label} is {_release(status.labels.get(label))} there, and should be {_release(wanted)}"
        for label, wanted in sorted(state.labels.items())
        if status.labels.get(label) != wanted
    ]


def is_split(statuses: Sequence[ServerStatus], policy: ServingPolicy) -> bool:
    """Tell whether servers that could be asked answer the same request from different releases."""
    seen = {
        (status.default,) if policy == "latest" else tuple(sorted(status.labels.items()))
        for status in statuses
        if status.error is None
    }
    return len(seen) > 1


def _release(number: int | None) -> str:
    return "nothing" if number is None else f"release {number}"
