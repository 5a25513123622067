"""The curve of the training that made a candidate, taken out of its Trainer's ModelRun artifact."""

from collections.abc import Sequence

from absl import logging
from tfx.types.artifact import Artifact

from tfx_hallmark.registry.errors import HallmarkError
from tfx_hallmark.registry.objects import ObjectStore
from tfx_hallmark.training_log.epoch_file import NAME, read_curve, read_file


def training_curve(model_runs: Sequence[Artifact], objects: ObjectStore) -> str | None:
    """Store the curve of a training; return the object's digest, None if there is no curve.

    One that cannot be read is told in a warning: a model is no other one without it.

    Args:
        model_runs: The Trainer's ModelRun artifact, if the tagger was given it.
        objects: Where the curve is stored.
    """
    if not model_runs:
        return None
    file = f"{model_runs[0].uri.rstrip('/')}/{NAME}"
    try:
        data = read_file(file)
    except (HallmarkError, OSError) as error:
        logging.warning("The epochs in %s cannot be read, so no curve is recorded: %s", file, error)
        return None
    curve = None if data is None else read_curve(data)
    return None if curve is None else objects.put(curve)
