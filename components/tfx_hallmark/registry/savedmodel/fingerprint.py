"""TensorFlow's own fingerprint of a SavedModel, kept beside hallmark's for reference."""

from pathlib import Path

import msgspec

from tfx_hallmark.registry.errors import InvalidModelError
from tfx_hallmark.registry.savedmodel import protos
from tfx_hallmark.registry.savedmodel.files import read_bytes

FINGERPRINT_FILE = "fingerprint.pb"


class Fingerprint(msgspec.Struct, frozen=True):
    """What TensorFlow writes into `fingerprint.pb` (tensorflow/core/protobuf/fingerprint.proto).

    The values are unsigned 64-bit numbers as decimal strings, since JSON readers lose digits above 2**53.
    `graph_def_program_hash` leaves out the function library, so it does not see a Keras model's layers:
    use `SavedModelInfo.structure` to tell architectures apart.

    Attributes:
        saved_model_checksum: Of the saved_model.pb bytes.
        graph_def_program_hash: Of the main graph without names.
        signature_def_hash: Of the signatures.
        saved_object_graph_hash: Of the object graph.
        checkpoint_hash: Of variables.index, so of the weights.
    """

    saved_model_checksum: str
    graph_def_program_hash: str
    signature_def_hash: str
    saved_object_graph_hash: str
    checkpoint_hash: str


def read_fingerprint(model: Path) -> Fingerprint | None:
    """Reads `fingerprint.pb`; None if the model has none (TensorFlow before 2.12 wrote none).

    Raises:
        InvalidModelError: The file is there but cannot be read or decoded.
    """
    file = model / FINGERPRINT_FILE
    if not file.exists():
        return None
    try:
        message = protos.decode("FingerprintDef", read_bytes(file))
    except protos.DamagedMessageError as error:
        msg = f"{file} is damaged: it is not a TensorFlow fingerprint; export the model again"
        raise InvalidModelError(msg) from error
    return Fingerprint(
        saved_model_checksum=str(message.saved_model_checksum),
        graph_def_program_hash=str(message.graph_def_program_hash),
        signature_def_hash=str(message.signature_def_hash),
        saved_object_graph_hash=str(message.saved_object_graph_hash),
        checkpoint_hash=str(message.checkpoint_hash),
    )
