"""Serving signatures: what a client sends and gets back."""

from collections.abc import Iterator
from typing import Any

import msgspec

from tfx_hallmark.registry.savedmodel import protos

# The signatures that TensorFlow's saver adds for itself, e.g. `__saved_model_init_op`
# (tensorflow/python/saved_model/constants.py, tensorflow/cc/saved_model/constants.h).
INTERNAL_PREFIX = "__saved_model_"

# What TF Serving accepts as a signature's method (tensorflow_serving/servables/tensorflow/predict_util.cc;
# the names stand in tensorflow/cc/saved_model/signature_constants.h).
SERVING_METHODS = frozenset(f"tensorflow/serving/{method}" for method in ("predict", "classify", "regress"))


class TensorSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """Type and shape of one tensor.

    Attributes:
        dtype: As in `tf.DType.name`, e.g. `float32`, `string`.
        shape: One size per dimension, None for a dimension of any size; None for any rank.
        encoding: `dense`, or `coo_sparse` or `composite` (ragged and others) for a value that is fed and
            fetched as several tensors (oneof `TensorInfo.encoding` in meta_graph.proto). A composite's `dtype`
            is that of its values, its `shape` None.
    """

    dtype: str
    shape: tuple[int | None, ...] | None
    encoding: str = "dense"

    def __str__(self) -> str:
        """Return it in a word or two: `float32[?, 3]`, `coo_sparse string[?]`, `float32 of any rank`."""
        kind = self.dtype if self.encoding == "dense" else f"{self.encoding} {self.dtype}"
        if self.shape is None:
            return f"{kind} of any rank"
        return f"{kind}[{', '.join('?' if size is None else str(size) for size in self.shape)}]"


class Signature(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entry point of a model.

    Attributes:
        inputs: By the name that a client uses.
        outputs: By the name that a client uses.
        method_name: E.g. `tensorflow/serving/predict`.
        optional_inputs: Sorted names of the inputs that a client may leave out because the signature holds
            a default (`SignatureDef.defaults` in meta_graph.proto). Every other input is required.
    """

    inputs: dict[str, TensorSpec]
    outputs: dict[str, TensorSpec]
    method_name: str
    optional_inputs: tuple[str, ...] = ()


def read_signatures(meta_graph: Any) -> dict[str, Signature]:
    """Gives every signature of a `MetaGraphDef` message, sorted by name, without TensorFlow's internal ones."""
    return {
        name: Signature(
            inputs=_specs(definition.inputs),
            outputs=_specs(definition.outputs),
            method_name=definition.method_name,
            optional_inputs=tuple(sorted(definition.defaults)),
        )
        for name, definition in sorted(meta_graph.signature_def.items())
        if not name.startswith(INTERNAL_PREFIX)
    }


def shape_of(shape: Any) -> tuple[int | None, ...] | None:
    """Gives a `TensorShapeProto` as a tuple: None for an unknown dimension, None for an unknown rank."""
    if shape.unknown_rank:
        return None
    return tuple(dim.size if dim.size >= 0 else None for dim in shape.dim)


def tensor_names(tensor: Any) -> Iterator[str]:
    """Gives the graph tensors behind a `TensorInfo` message: one if it is dense, several if sparse or ragged."""
    pending = [tensor]
    while pending:
        info = pending.pop()
        encoding = info.WhichOneof("encoding")
        if encoding == "coo_sparse":
            sparse = info.coo_sparse
            yield from (
                sparse.values_tensor_name,
                sparse.indices_tensor_name,
                sparse.dense_shape_tensor_name,
            )
        elif encoding == "composite_tensor":
            pending.extend(reversed(info.composite_tensor.components))
        else:
            yield info.name


def _specs(tensors: Any) -> dict[str, TensorSpec]:
    return {name: _spec(tensor) for name, tensor in sorted(tensors.items())}


def _spec(tensor: Any) -> TensorSpec:
    encoding = tensor.WhichOneof("encoding")
    if encoding == "composite_tensor":
        # The whole has no type of its own in the message; its first component holds the values.
        components = tensor.composite_tensor.components
        return TensorSpec(protos.dtype_name(components[0].dtype if components else 0), None, "composite")
    kind = "coo_sparse" if encoding == "coo_sparse" else "dense"
    return TensorSpec(protos.dtype_name(tensor.dtype), shape_of(tensor.tensor_shape), kind)
