"""How the baseline travels on its artifact from StableBaseline to the evaluator and the pusher."""

from tfx.types.artifact import Artifact

from tfx_hallmark.artifacts import required_property
from tfx_hallmark.registry.errors import EvidenceError
from tfx_hallmark.registry.verdict import VersionAt


def write_baseline(artifact: Artifact, stable: VersionAt | None) -> None:
    """Write on the artifact what was stable, or that nothing was."""
    # An int, for a bool does not survive Kubeflow Pipelines; the release as text, for ints become doubles there.
    artifact.set_int_custom_property("exists", 0 if stable is None else 1)
    if stable is not None:
        artifact.set_string_custom_property("version", stable.version)
        artifact.set_string_custom_property("release", str(stable.release))
        artifact.set_string_custom_property("digest", stable.digest)


def baseline_exists(artifact: Artifact) -> bool:
    """Tell whether anything was stable.

    Raises:
        EvidenceError: If the artifact is not StableBaseline's.
    """
    if not artifact.has_custom_property("exists"):
        msg = f"baseline {artifact.uri} was not made by StableBaseline: connect its output `baseline`"
        raise EvidenceError(msg)
    return bool(artifact.get_int_custom_property("exists"))


def read_baseline(artifact: Artifact) -> VersionAt | None:
    """Return what was stable when StableBaseline ran.

    Raises:
        EvidenceError: If the artifact is not StableBaseline's.
    """
    if not baseline_exists(artifact):
        return None
    return VersionAt(
        required_property(artifact, "version"),
        int(required_property(artifact, "release")),
        required_property(artifact, "digest"),
    )
