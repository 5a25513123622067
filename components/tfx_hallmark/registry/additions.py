"""What hallmark adds to a release of a version: which version it is, and its warm-up requests.

TensorFlow Serving sends the requests in `assets.extra/tf_serving_warmup_requests` to a model before it serves with
it (tensorflow_serving/servables/tensorflow/saved_model_warmup.cc). A model that brings such a file keeps its own.
"""

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.golden import GoldenPredictions
from tfx_hallmark.registry.manifest import Manifest
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.registry.release_storage import Additions, ReleaseIdentity
from tfx_hallmark.registry.state import VersionState
from tfx_hallmark.registry.tree import WARMUP_FILE


def identity_of(model: str, version: VersionState, warmup: str | None) -> ReleaseIdentity:
    """Return what a release of a version says of itself.

    Args:
        model: The model's name.
        version: The version.
        warmup: Digest of the warm-up file that is added to it; see `added_warmup`.
    """
    return ReleaseIdentity(
        model=model,
        version=version.version,
        tag=version.tag,
        digest=version.digest,
        manifest=version.manifest,
        warmup=warmup,
    )


def added_warmup(manifest: Manifest) -> str | None:
    """Return the digest of the warm-up file that is added to releases of a version; None if none is."""
    if manifest.golden is None or any(file.path == WARMUP_FILE for file in manifest.files):
        return None
    return manifest.golden.warmup


def additions_to(model: str, version: VersionState, objects: ObjectStore) -> Additions:
    """Return what is added to a release of a version.

    Args:
        model: The model's name.
        version: The version.
        objects: Where its manifest and golden predictions lie.

    Raises:
        NotFoundError: If one of these is missing.
        DigestMismatchError: If one was changed.
        NewerSchemaError: If a newer hallmark wrote one.
    """
    manifest = objects.get(version.manifest, Manifest)
    warmup = added_warmup(manifest)
    if warmup is None or manifest.golden is None or manifest.golden.predictions is None:
        return Additions(identity_of(model, version, None))
    kept = objects.get(manifest.golden.predictions, GoldenPredictions)
    return Additions(identity_of(model, version, warmup), kept.warmup)


def additions_in_need(model: str, version: VersionState, objects: ObjectStore) -> Additions:
    """Return what can be added to a release of a version; where its records are damaged, no warm-up.

    A rollback must not wait for a record that it can do without; `verify` finds that the file is missing.
    """
    try:
        return additions_to(model, version, objects)
    except HallmarkError:
        return Additions(identity_of(model, version, None))
