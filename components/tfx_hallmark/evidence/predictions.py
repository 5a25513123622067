"""Asks a SavedModel, as a model server would: a signature, its inputs, its outputs."""

import importlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tfx_hallmark.registry.errors import PredictionError
from tfx_hallmark.registry.golden import GoldenTensor
from tfx_hallmark.registry.savedmodel.graph_file import read_serving_graph

_COUNTED = re.compile(r"__inference_(\w+?)_\d+\b")  # a function's name, and a number that a process counts up


class Servable:
    """A SavedModel that was loaded, to be asked more than once.

    Args:
        model: Its directory.

    Raises:
        PredictionError: If TensorFlow is not installed, or the model cannot be loaded.
    """

    def __init__(self, model: Path) -> None:
        self._model = model
        self._tf = tf = _tensorflow()
        # TensorFlow raises its own kinds, and whatever a model's own functions raise.
        try:
            self._loaded = tf.saved_model.load(str(model))
            self._signatures = dict(self._loaded.signatures)
        except Exception as error:
            msg = f"{model} cannot be loaded ({_one_line(error)}): TensorFlow {tf.__version__} is installed here"
            raise PredictionError(msg) from error

    def _defaults(self, signature: str) -> dict[str, Any]:
        """Return what a model server puts in place of inputs that a client leaves out; TensorFlow alone does not."""
        # GetInputValues in tensorflow/cc/saved_model/util.cc.
        definition = read_serving_graph(self._model).signature_def[signature]
        return {
            name: self._tf.io.parse_tensor(default.SerializeToString(), self._tf.as_dtype(default.dtype))
            for name, default in definition.defaults.items()
        }

    def ask(self, signature: str, inputs: Mapping[str, GoldenTensor]) -> dict[str, GoldenTensor]:
        """Ask a signature; otherwise as `predict`."""
        if signature not in self._signatures:
            has = ", ".join(sorted(self._signatures)) or "none"
            msg = f"{self._model} has no signature {signature!r}: it has {has}"
            raise PredictionError(msg)
        try:
            given = {
                name: self._tf.constant(to_numpy(tensor), dtype=tensor.dtype)
                for name, tensor in inputs.items()
            }
            answers = self._signatures[signature](**{**self._defaults(signature), **given})
            return {name: _golden(self._tf, answer) for name, answer in answers.items()}
        except Exception as error:
            msg = f"{self._model} does not answer: {signature} fails with {_one_line(error)}"
            raise PredictionError(msg) from error


def predict(model: Path, signature: str, inputs: Mapping[str, GoldenTensor]) -> dict[str, GoldenTensor]:
    """Load a SavedModel and ask one of its signatures.

    Args:
        model: Its directory.
        signature: Name of the signature, as `serving_default`.
        inputs: One tensor by input.

    Returns:
        One tensor by output.

    Raises:
        PredictionError: If TensorFlow is not installed, the model cannot be loaded, has no such signature, or
            does not answer.
    """
    return Servable(model).ask(signature, inputs)


def _tensorflow() -> Any:
    try:
        return importlib.import_module("tensorflow")
    except ImportError as error:
        msg = f"a model can only be asked with TensorFlow, which is not installed here ({error}): "
        msg += "pip install 'tfx-hallmark[tfx]'"
        raise PredictionError(msg) from error


def to_numpy(tensor: GoldenTensor) -> Any:
    """Return a tensor as an array; strings as an array of bytes objects.

    Raises:
        PredictionError: If TensorFlow is not installed.
    """
    kind = _tensorflow().as_dtype(tensor.dtype).as_numpy_dtype
    numpy = importlib.import_module("numpy")
    if tensor.dtype == "string":
        return numpy.array(tensor.strings, dtype=object).reshape(tensor.shape)
    return numpy.frombuffer(tensor.data, kind).reshape(tensor.shape)


def _golden(tf: Any, answer: Any) -> GoldenTensor:
    shape = tuple(int(size) for size in answer.shape)
    if answer.dtype == tf.string:
        return GoldenTensor(
            dtype="string", shape=shape, strings=tuple(tf.reshape(answer, [-1]).numpy().tolist())
        )
    return GoldenTensor(dtype=answer.dtype.name, shape=shape, data=answer.numpy().tobytes())


def _one_line(error: Exception) -> str:
    """Return what an error says, without what differs from one try to the next, and without the data."""
    lines = [line.strip() for line in str(error).splitlines()]
    # Of an error within a graph TensorFlow first tells where: the message follows, then the nodes in brackets.
    told = [line for line in lines if line and not line.startswith("[[")] or [""]
    text = told[-1] if told[0] == "Graph execution error:" else told[0]
    text = _COUNTED.sub(r"\1", text.partition(". Received args: ")[0].partition(" [Op:")[0])
    return f"{type(error).__name__}: {text[:300]}" if text else type(error).__name__
