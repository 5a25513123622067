"""Whether what TF Serving takes by itself is what the registry wants: under `latest`, the highest number."""

from collections.abc import Iterator

from tfx_hallmark.registry.examining.fault import Fault
from tfx_hallmark.registry.examining.finding import Finding
from tfx_hallmark.registry.settings import Settings
from tfx_hallmark.registry.state import STABLE, ModelState


def serving_faults(state: ModelState, settings: Settings) -> Iterator[Fault]:
    """Yield it if something else than `stable` has the highest number. What repairs it is an event with a reason.

    Args:
        state: What the log says.
        settings: What holds in the root.
    """
    highest = state.highest_release
    if settings.serving_policy != "latest" or highest is None or highest == state.labels.get(STABLE):
        return
    version = state.versions[state.releases[highest].version]
    where = f"{state.model}@{version.version} release {highest}"
    stable = state.stable
    again = f'hallmark promote {state.model}@stable --to stable --reason "..."'
    if version.quarantined is not None:
        past = f'hallmark promote {state.model}@VERSION --to stable --force --reason "..."'
        yield _fault(
            "quarantined-serves",
            where,
            f"it is in quarantine ({version.quarantined}), but has the highest number, which TF Serving serves",
            again if stable is not None else f"{past}, or move its directory out of the base path",
        )
    elif stable is not None:
        what = f"it has the highest number, which TF Serving serves, but stable is {stable.version}"
        yield _fault("stable-outnumbered", where, what, again)


def _fault(code: str, where: str, what: str, repair: str) -> Fault:
    return Fault(finding=Finding(code=code, where=where, what=what, repair=repair))
