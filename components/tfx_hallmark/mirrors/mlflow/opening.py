"""From what stands after `mlflow:` to the mirror."""

from tfx_hallmark.mirrors.mirror import Mirror
from tfx_hallmark.mirrors.mlflow.mirror import MlflowMirror
from tfx_hallmark.mirrors.mlflow.place import parse_place


def open_mlflow(place: str) -> Mirror:
    """Return the mirror; nothing is reached yet, and MLflow not imported.

    Args:
        place: The tracking URI: `http://HOST:PORT`, `sqlite:///FILE` or a folder; with `?experiment=NAME` for
            another experiment than `hallmark/MODEL`.

    Raises:
        MirrorError: If it is no place that an MLflow can be at.
    """
    return MlflowMirror(parse_place(place))
