"""Which versions may serve, and under which number: asked by the plans of every operation.

Here is where the serving policy decides. TF Serving's default, `latest`, serves the highest number, so
what becomes stable must have it, and gets a new one if it does not.
"""

from tfx_hallmark.registry.state import STABLE, ModelState, VersionState


def previous_good(state: ModelState) -> VersionState | None:
    """Return the version that was stable last before this one, may serve, and has its bytes.

    Whatever was rolled back from is no such version, so that two rollbacks go back two versions and
    never forth again; it is one once more after it was published, promoted or rolled back to.
    """
    line: list[str] = []
    for move in state.stable_moves:
        if move.release is None:
            continue
        version = state.releases[move.release].version
        if move.back:
            del line[-1:]
            while version in line and line[-1] != version:
                line.pop()
        if line[-1:] != [version]:
            line.append(version)
    for name in reversed(line):
        version_state = state.versions[name]
        if version_state is not state.stable and objection_to_serving(state, version_state) is None:
            return version_state
    return None


def number_to_serve(state: ModelState, source: int) -> int:
    """Return the number under which a release serves: TF Serving's policy `latest` takes the highest."""
    return source if source == state.served_release else state.next_release


def newest_release(state: ModelState, version: VersionState) -> int:
    """Return the newest release of a version that may serve."""
    newest = state.serving_release(version)
    assert newest is not None
    return newest


def objection_to_rollback(state: ModelState, target: VersionState) -> str | None:
    """Tell why `stable` may not go back to a version; None if it may."""
    if target is state.stable:
        return f"it is stable already, as release {state.labels[STABLE]}"
    objection = objection_to_serving(state, target)
    if objection is not None:
        return objection
    been_stable = {move.release for move in state.stable_moves}
    if target.status != "adopted" and been_stable.isdisjoint(target.releases):
        # Else a rollback would be a way round the gate.
        return f"it was never stable; 'hallmark promote {state.model}@{target.version} --to stable' asks the gate"
    return None


def objection_to_serving(state: ModelState, version: VersionState) -> str | None:
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
    return None
