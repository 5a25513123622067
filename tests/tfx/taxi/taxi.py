"""A taxi model in the manner of TFX's Chicago example: who tips more than a fifth of the fare?

Transform, Tuner and Trainer all load this file, and pack every .py file of its folder: nothing else lives here.
"""

from typing import Any

import keras
import keras_tuner
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx import v1 as tfx

NUMBERS = ("trip_miles", "fare", "trip_seconds")
CATEGORIES = ("payment_type", "company")
TIPS, FARE = "tips", "fare"
LABEL = "big_tip"
BATCH = 64


def transformed_name(raw_name: str) -> str:
    return f"{raw_name}_xf"


def preprocessing_fn(inputs: dict) -> dict:
    """Turns raw columns into z-scores, indices into vocabularies, and the label (called by Transform)."""
    outputs = {transformed_name(name): tft.scale_to_z_score(_dense(inputs[name], 0)) for name in NUMBERS}
    for name in CATEGORIES:
        outputs[transformed_name(name)] = tft.compute_and_apply_vocabulary(
            _dense(inputs[name], ""), num_oov_buckets=1, vocab_filename=name
        )
    tips, fare = (_dense(inputs[name], 0) for name in (TIPS, FARE))
    outputs[LABEL] = tf.cast(tips > 0.2 * fare, tf.int64)
    return outputs


def _dense(column: tf.Tensor | tf.SparseTensor, missing: float | str) -> tf.Tensor:
    if not isinstance(column, tf.SparseTensor):
        return column
    one_per_row = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
    return tf.reshape(tf.sparse.to_dense(one_per_row, default_value=missing), [-1, 1])


def build_model(
    hyperparameters: keras_tuner.HyperParameters, transform: tft.TFTransformOutput
) -> keras.Model:
    inputs, encoded = {}, []
    for column in NUMBERS:
        name = transformed_name(column)
        inputs[name] = keras.Input((1,), name=name)
        encoded.append(inputs[name])
    for column in CATEGORIES:
        name = transformed_name(column)
        inputs[name] = keras.Input((1,), name=name, dtype="int64")
        known_and_unknown = transform.vocabulary_size_by_name(column) + 1
        one_hot = keras.layers.CategoryEncoding(known_and_unknown, output_mode="one_hot")
        encoded.append(one_hot(inputs[name]))
    hidden = keras.layers.Concatenate()(encoded)
    hidden = keras.layers.Dense(hyperparameters.get("units"), activation="relu")(hidden)
    model = keras.Model(inputs, keras.layers.Dense(1, activation="sigmoid")(hidden))
    model.compile(
        optimizer=keras.optimizers.Adam(hyperparameters.get("learning_rate")),
        loss="binary_crossentropy",
        metrics=["binary_accuracy"],
    )
    return model


def read_rows(file_patterns: list, transform: tft.TFTransformOutput) -> tuple:
    """Reads all transformed rows in an order that does not depend on the run: ExampleGen shuffles."""
    files = tf.io.gfile.glob(file_patterns)
    rows = list(tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator())
    parsed = tf.io.parse_example(rows, transform.transformed_feature_spec())
    columns = {name: np.reshape(column, (-1, 1)) for name, column in parsed.items()}
    order = np.lexsort([columns[name][:, 0] for name in sorted(columns)])
    columns = {name: column[order] for name, column in columns.items()}
    return columns, columns.pop(LABEL)


def batches(file_patterns: list, transform: tft.TFTransformOutput) -> tf.data.Dataset:
    features, labels = read_rows(file_patterns, transform)
    dataset = tf.data.Dataset.from_tensor_slices((features, labels))
    return dataset.shuffle(len(labels), seed=1).repeat().batch(BATCH)


class Search(keras_tuner.GridSearch):
    """Tries every setting once.

    KerasTuner's own `run_trial` imports tensorboard, which TensorFlow 2.21 no longer brings along.
    """

    def run_trial(self, trial: Any, **fit_kwargs: Any) -> dict:
        keras.utils.set_random_seed(1)
        history = self.hypermodel.build(trial.hyperparameters).fit(**fit_kwargs).history
        return {name: values[-1] for name, values in history.items()}


def tuner_fn(fn_args: tfx.components.FnArgs) -> tfx.components.TunerFnResult:
    """Tries two learning rates, of which one learns next to nothing (called by Tuner)."""
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    space = keras_tuner.HyperParameters()
    space.Choice("learning_rate", [1e-6, 0.02])
    space.Fixed("units", 8)
    tuner = Search(
        lambda hyperparameters: build_model(hyperparameters, transform),
        hyperparameters=space,
        objective=keras_tuner.Objective("val_binary_accuracy", "max"),
        max_trials=2,  # TFX's Tuner asks for that many results (tfx/components/tuner/executor.py)
        directory=fn_args.working_dir,
        project_name="taxi",
    )
    return tfx.components.TunerFnResult(
        tuner=tuner,
        fit_kwargs={
            "x": batches(fn_args.train_files, transform),
            "validation_data": batches(fn_args.eval_files, transform),
            "steps_per_epoch": fn_args.train_steps,
            "validation_steps": fn_args.eval_steps,
            "verbose": 2,
        },
    )


def run_fn(fn_args: tfx.components.FnArgs) -> None:
    """Trains with the best hyperparameters and exports (called by Trainer)."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    hyperparameters = keras_tuner.HyperParameters.from_config(fn_args.hyperparameters)
    model = build_model(hyperparameters, transform)
    model.fit(batches(fn_args.train_files, transform), steps_per_epoch=fn_args.train_steps, verbose=2)
    servable = Servable(model, transform)
    signatures = {"serving_default": servable.predict, "transform_features": servable.transform_features}
    tf.saved_model.save(servable, fn_args.serving_model_dir, signatures=signatures)


class Servable(tf.Module):
    """The model with its preprocessing: it takes serialized tf.Examples of raw columns."""

    def __init__(self, model: keras.Model, transform: tft.TFTransformOutput) -> None:
        super().__init__()
        self.model = keras.Model(model.input, model.output)  # without the optimizer
        self.layer = transform.transform_features_layer()
        self._labelled = transform.raw_feature_spec()
        self._features = {name: spec for name, spec in self._labelled.items() if name != TIPS}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def predict(self, examples: tf.Tensor) -> dict:
        columns = self.layer(tf.io.parse_example(examples, self._features))
        return {"probability": self.model({name: columns[name] for name in self.model.input})}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform_features(self, examples: tf.Tensor) -> dict:
        return self.layer(tf.io.parse_example(examples, self._labelled))
