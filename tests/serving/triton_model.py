"""For Triton's Python backend, beside `saved_model.pb` as `model.py`: answers as the SavedModel does."""

from pathlib import Path
from typing import Any

import triton_python_backend_utils as triton


class TritonPythonModel:
    """The signature `serving_default` of the fixture `two_signatures`."""

    @staticmethod
    def auto_complete_config(config: Any) -> Any:
        config.set_max_batch_size(0)
        config.add_input({"name": "examples", "data_type": "TYPE_STRING", "dims": [-1]})
        config.add_output({"name": "score", "data_type": "TYPE_FP32", "dims": [-1, 1]})
        return config

    def initialize(self, _: Any) -> None:
        # Here, for Triton imports this file once more to ask for the configuration.
        import tensorflow as tf

        self._tf = tf
        self._loaded = tf.saved_model.load(str(Path(__file__).parent))

    def execute(self, requests: Any) -> list[Any]:
        return [self._answer(request) for request in requests]

    def _answer(self, request: Any) -> Any:
        examples = triton.get_input_tensor_by_name(request, "examples").as_numpy()
        answers = self._loaded.signatures["serving_default"](examples=self._tf.constant(examples))
        tensors = [triton.Tensor(name, answer.numpy()) for name, answer in answers.items()]
        return triton.InferenceResponse(tensors)
