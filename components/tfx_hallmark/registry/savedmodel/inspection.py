"""What a SavedModel is: its signatures, structure, weights and origin, read without TensorFlow."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.savedmodel.check import read_servable
from tfx_hallmark.registry.savedmodel.checkpoint_index import CheckpointIndex
from tfx_hallmark.registry.savedmodel.fingerprint import Fingerprint, read_fingerprint
from tfx_hallmark.registry.savedmodel.signature import Signature, TensorSpec
from tfx_hallmark.registry.savedmodel.structure import structure_of

# Keys of a checkpoint that are no weights: the object graph that tf.train.Checkpoint writes beside them, its
# counter (tensorflow/python/trackable/base.py, tensorflow/python/checkpoint/checkpoint.py), and what
# an optimizer keeps for training only.
_OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"
_BOOKKEEPING_ROOTS = ("save_counter", "optimizer", "_optimizer")
_SLOT = "/.OPTIMIZER_SLOT/"

# model.export of Keras 3 stores every weight a second time here, in no fixed order, beside "variables/..."
# (keras/src/export/saved_model.py).
_COPIES, _ORIGINALS = "_all_variables/", "variables/"


class SavedModelInfo(msgspec.Struct, frozen=True, kw_only=True):
    """A SavedModel at a glance.

    Attributes:
        signatures: By name, sorted; without TensorFlow's internal ones.
        structure: 64 hex digits that stay the same when only weights, constants or names change; see
            `tfx_hallmark.registry.savedmodel.structure`.
        variables: Weights, trainable or not, by checkpoint key, sorted; without optimizer state and counters.
        tags: Of the graph that TF Serving loads.
        tensorflow_version: That wrote the model, e.g. `2.16.2`.
        fingerprint: TensorFlow's own, if the model has one.
    """

    signatures: dict[str, Signature]
    structure: str
    variables: dict[str, TensorSpec]
    tags: tuple[str, ...]
    tensorflow_version: str
    fingerprint: Fingerprint | None = None


def inspect_saved_model(path: Path) -> SavedModelInfo:
    """Checks a SavedModel as `check_servable` does, then tells what it is.

    Args:
        path: The directory with `saved_model.pb`.

    Raises:
        InvalidModelError: It cannot be served; the message is one line that ends in what to do.
    """
    servable = read_servable(path)
    info = servable.graph.meta_info_def
    return SavedModelInfo(
        signatures=servable.signatures,
        structure=structure_of(servable.graph, path),
        variables=_weights(servable.checkpoint),
        tags=tuple(sorted(set(info.tags))),
        tensorflow_version=info.tensorflow_version,
        fingerprint=read_fingerprint(path),
    )


def _weights(checkpoint: CheckpointIndex | None) -> dict[str, TensorSpec]:
    tensors = checkpoint.tensors if checkpoint is not None else {}
    twice = any(key.startswith(_ORIGINALS) for key in tensors)
    return {
        key: tensor.spec
        for key, tensor in sorted(tensors.items())
        if _is_weight(key) and not (twice and key.startswith(_COPIES))
    }


def _is_weight(key: str) -> bool:
    root = key.partition("/")[0]
    return key != _OBJECT_GRAPH and root not in _BOOKKEEPING_ROOTS and _SLOT not in key
