"""Writes requests as TensorFlow Serving reads them from `assets.extra/tf_serving_warmup_requests`.

A TFRecord file of PredictionLog messages, at most 1,000 of them
(https://www.tensorflow.org/tfx/serving/saved_model_warmup).
"""

import tempfile
from collections.abc import Mapping
from pathlib import Path

from tfx_hallmark.evidence.predictions import to_numpy
from tfx_hallmark.registry.golden import GoldenTensor

MOST = 1000  # kMaxNumRecords in tensorflow_serving/servables/tensorflow/saved_model_warmup_util.h


def warmup_file(model: str, signature: str, inputs: Mapping[str, GoldenTensor]) -> bytes:
    """Return the bytes of a file with one request for each example.

    Args:
        model: Name that the model is served under.
        signature: The signature to be asked.
        inputs: One tensor by input, with the examples along the first axis.
    """
    import tensorflow as tf
    from tensorflow_serving.apis import (  # type: ignore[import-untyped]
        model_pb2,
        predict_pb2,
        prediction_log_pb2,
    )

    arrays = {name: to_numpy(tensor) for name, tensor in inputs.items()}
    count = min(len(array) for array in arrays.values())
    with tempfile.TemporaryDirectory(prefix="hallmark-") as scratch:
        path = Path(scratch) / "requests"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for example in range(count):
                request = predict_pb2.PredictRequest(
                    model_spec=model_pb2.ModelSpec(name=model, signature_name=signature),
                    inputs={
                        name: tf.make_tensor_proto(array[example : example + 1], dtype=inputs[name].dtype)
                        for name, array in arrays.items()
                    },
                )
                log = prediction_log_pb2.PredictLog(request=request)
                record = prediction_log_pb2.PredictionLog(predict_log=log)
                writer.write(record.SerializeToString(deterministic=True))
        return path.read_bytes()
