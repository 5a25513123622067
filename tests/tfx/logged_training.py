"""A training of a moment, with the callback in it."""

from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from tests.tfx import tiny_model
from tfx_hallmark.training_log import epoch_callback


def run_fn(fn_args: Any) -> None:
    """Fits a line, and exports a model that `seed` gives other bytes."""
    settings = fn_args.custom_config
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer="sgd", loss="mse")
    rows = tf.constant([[1.0], [2.0], [3.0], [4.0]])
    model.fit(
        rows,
        2 * rows,
        validation_data=(rows, 2 * rows),
        epochs=settings["epochs"],
        verbose=0,
        callbacks=[epoch_callback(fn_args)],
    )
    tiny_model.save(Path(fn_args.serving_model_dir), (20, 20), seed=settings.get("seed", 1))
