"""Reads and checks a TensorFlow SavedModel without TensorFlow."""

from tfx_hallmark.registry.savedmodel.check import check_servable
from tfx_hallmark.registry.savedmodel.fingerprint import Fingerprint
from tfx_hallmark.registry.savedmodel.inspection import SavedModelInfo, inspect_saved_model
from tfx_hallmark.registry.savedmodel.signature import Signature, TensorSpec

__all__ = [
    "Fingerprint",
    "SavedModelInfo",
    "Signature",
    "TensorSpec",
    "check_servable",
    "inspect_saved_model",
]
