"""Which addresses the backend takes for artifacts."""

import re

from tests.kubeflow.interpreter.errors import RefusedError

# objectstore/config.go; where there is no ConfigMap kfp-launcher, the root is the last of these.
_BUCKET = re.compile(r"(^[a-z][a-z0-9]+:///?)([^/?]+)(/[^?]*)?(\?.+)?$")
_SCHEMES = ("gs://", "s3://", "minio://")
DEFAULT_ROOT = "minio://mlpipeline/v2/artifacts"


def check_address(address: str, kind: str) -> None:
    """Check where something is to lie.

    Args:
        address: The address.
        kind: What the backend calls it: `pipeline root` or `uri`.

    Raises:
        RefusedError: If it is in no object store that the backend knows.
    """
    match = _BUCKET.match(address)
    if match is None:
        msg = f'parse bucket config failed: unrecognized {kind} format: "{address}"'
        raise RefusedError(msg)
    if match[1] not in _SCHEMES:
        msg = f'parse bucket config failed: unsupported Cloud bucket: "{address}"'
        raise RefusedError(msg)
