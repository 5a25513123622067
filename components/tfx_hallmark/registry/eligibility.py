"""Which versions may serve, and under which number: asked by the plans of every operation.

Here is where the serving policy decides. Under TF Serving's default, `latest`, the highest number serves, so
what becomes stable must have it, and gets a new one if it does not. Under `labels` the label alone moves.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TypeAlias

from tfx_hallmark.registry.settings import ServingPolicy
from tfx_hallmark.registry.state import STABLE, ModelState, VersionState

Objection: TypeAlias = Callable[[VersionState], str | None]  # why a version may not serve, if it may not


def no_objection(_: VersionState) -> str | None:
    """Object to nothing: what holds in a root that demands no more than the log does."""
    return None


def previous_good(state: ModelState, demands: Objection = no_objection) -> VersionState | None:
    """Return the version that was stable last before this one, may serve, and has its bytes.

    Whatever was rolled back from is no such version, so that two rollbacks go back two versions and
    never forth again; it is one once more after it was published, promoted or rolled back to.

    Args:
        state: The model's state.
        demands: What the root demands besides, of signatures for example.
    """
    return next(rollback_targets(state, demands), None)


def rollback_targets(state: ModelState, demands: Objection = no_objection) -> Iterator[VersionState]:
    """Yield the versions that rollbacks without `--to` would choose one after the other: `previous_good` first.

    Each comes once, where it is chosen first; a line of A, B, A, C gives A and B, and a third rollback chose A again.
    What is stable now is none of them. The log alone is asked: whether a directory is there and holds what it should,
    and whether a signature is good, is for whoever goes back to find out.

    Args:
        state: The model's state.
        demands: What the root demands besides; a version that does not meet it is passed over.
    """
    line: list[str] = []
    count: Counter[str] = Counter()  # how often each is in line, for a long one is slow to search
    for move in state.stable_moves:
        if move.release is None:
            continue
        version = state.releases[move.release].version
        if move.back:
            if line:
                count[line.pop()] -= 1
            if count[version]:
                while line[-1] != version:
                    count[line.pop()] -= 1
        if line[-1:] != [version]:
            line.append(version)
            count[version] += 1
    for name in dict.fromkeys(reversed(line)):
        version_state = state.versions[name]
        if version_state is not state.stable and objection_to_serving(state, version_state, demands) is None:
            yield version_state


def served_release(state: ModelState, policy: ServingPolicy) -> int | None:
    """Return the release that TF Serving serves by default under a policy; None for nothing."""
    return state.highest_release if policy == "latest" else state.labels.get(STABLE)


def number_to_serve(state: ModelState, source: int, policy: ServingPolicy) -> int:
    """Return the number under which a release can serve by default: under `latest` it must be the highest."""
    return source if policy == "labels" or source == state.highest_release else state.next_release


def newest_release(state: ModelState, version: VersionState) -> int:
    """Return the newest release of a version that may serve."""
    newest = state.serving_release(version)
    assert newest is not None
    return newest


def objection_to_rollback(
    state: ModelState, target: VersionState, demands: Objection = no_objection
) -> str | None:
    """Tell why `stable` may not go back to a version; None if it may."""
    if target is state.stable:
        return f"it is stable already, as release {state.labels[STABLE]}"
    objection = objection_to_serving(state, target, demands)
    if objection is not None:
        return objection
    been_stable = {move.release for move in state.stable_moves}
    if target.status != "adopted" and been_stable.isdisjoint(target.releases):
        # Else a rollback would be a way round the gate.
        return f"it was never stable; 'hallmark promote {state.model}@{target.version} --to stable' asks the gate"
    return None


def objection_to_serving(
    state: ModelState, version: VersionState, demands: Objection = no_objection
) -> str | None:
    """Tell why no label may move to a version; None if one may."""
    if version.quarantined is not None:
        return f"it is in quarantine ({version.quarantined}); choose another version"
    if not version.releases:
        why = (
            f"the gate refused it ({version.summary})" if version.status == "refused" else "it is only tagged"
        )
        return f"it was never published, {why}; choose another version"
    if state.serving_release(version) is None:
        return "the files of its releases were deleted; push its model again"
    return demands(version)
