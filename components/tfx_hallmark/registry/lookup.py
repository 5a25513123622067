"""Finding the version that a reference names."""

from tfx_hallmark.registry.errors import NotFoundError
from tfx_hallmark.registry.names import Reference, parse_reference
from tfx_hallmark.registry.state import ModelState, VersionState


def find_named(state: ModelState, which: str) -> VersionState:
    """Return the one version of a model that `which` names: what stands after the `@` of a reference.

    Raises:
        InvalidNameError: If `which` is no reference.
        NotFoundError: If there is none, or a digest's beginning fits several.
    """
    return find(state, parse_reference(f"{state.model}@{which}"))


def find(state: ModelState, reference: Reference) -> VersionState:
    """Return the one version that a reference names.

    Raises:
        NotFoundError: If there is none, or a digest's beginning fits several.
    """
    found = _candidates(state, reference)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(version.version for version in found[:5])
        msg = f"{reference} fits several versions ({names}): give more digits"
        raise NotFoundError(msg)
    raise NotFoundError(_absent(state, reference))


def _candidates(state: ModelState, reference: Reference) -> list[VersionState]:
    value = reference.value
    if reference.kind == "digest":
        return state.with_digest(value)
    version: VersionState | None
    if reference.kind == "version":
        version = state.versions.get(value)
    elif reference.kind == "latest":
        version = state.latest
    elif reference.kind == "release":
        release = state.releases.get(int(value))
        version = None if release is None else state.versions[release.version]
    else:
        version = state.labelled(value)
    return [] if version is None else [version]


def _absent(state: ModelState, reference: Reference) -> str:
    if reference.kind == "label":
        labels = ", ".join(sorted(state.labels)) or "none yet"
        return f"{reference}: nothing has this label (labels in use: {labels})"
    latest = state.latest
    hint = f"the latest is {latest.version}" if latest else "it has no versions yet"
    return f"{reference}: there is no such {reference.kind} of {state.model}; {hint}, see 'hallmark list {state.model}'"
