"""The penguin model: how raw rows become features, and how the model is trained and exported.

Transform and Trainer both load this file (TFX's `module_file` convention). They pack every .py file of
its folder into a wheel, so nothing else lives here and this file imports nothing from its neighbours.
"""

import keras
import numpy as np
import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

MEASUREMENTS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
CATEGORIES = ("island", "sex")
LABEL = "species"
MOST_EPOCHS = 10


def transformed_name(raw_name: str) -> str:
    """Returns what a column is called after Transform.

    It differs from the raw name because TFMA sees raw and transformed columns side by side and, of two
    with one name, slices by the transformed one: slices would read `island:2` and not `island:Torgersen`.
    """
    return f"{raw_name}_xf"


def preprocessing_fn(inputs: dict) -> dict:
    """Turns raw columns into model features (called by Transform).

    Args:
        inputs: Raw columns by name, each of shape [batch, 1] or, where values are missing, sparse.

    Returns:
        Dense tensors of shape [batch, 1]: each measurement as a float32 z-score, each category and the
        species as an int64 index into a vocabulary ordered by frequency.
    """
    outputs = {}
    for name in MEASUREMENTS:
        # After scaling, 0 is the mean of the training rows: a missing measurement becomes the mean.
        outputs[transformed_name(name)] = _dense(tft.scale_to_z_score(inputs[name]), 0.0)
    for name in CATEGORIES:
        # The vocabulary never holds "", so a missing value lands in the bucket for unknown ones.
        outputs[transformed_name(name)] = tft.compute_and_apply_vocabulary(
            _dense(inputs[name], ""), num_oov_buckets=1, vocab_filename=name
        )
    outputs[transformed_name(LABEL)] = tft.compute_and_apply_vocabulary(
        _dense(inputs[LABEL], ""), vocab_filename=LABEL
    )
    return outputs


def run_fn(fn_args: FnArgs) -> None:
    """Trains the model and exports it as a SavedModel (called by Trainer).

    Args:
        fn_args: What Trainer passes. `custom_config` holds `learning_rate` (float), `hidden_units`
            (list of ints), `dropout` (0-1), `batch_size` (rows) and `seed` (int); `train_steps` is the
            number of batches. With `log_to` and `log_as` in `custom_config`, epochs are also logged there.
    """
    # Here, for the workers of Transform load this file too, and need not have hallmark.
    from tfx_hallmark.training_log import epoch_callback

    settings = fn_args.custom_config
    # Several runs may share one process; without this, the second one's layers get other names.
    keras.backend.clear_session()
    keras.utils.set_random_seed(settings["seed"])
    tf.config.experimental.enable_op_determinism()

    transform = tft.TFTransformOutput(fn_args.transform_graph_path)
    model = _build_model(transform, settings["hidden_units"], settings["dropout"])
    model.compile(
        optimizer=keras.optimizers.Adam(settings["learning_rate"]),
        loss="sparse_categorical_crossentropy",
        metrics=["sparse_categorical_accuracy"],
    )
    features, labels = _read_rows(fn_args.train_files, transform)
    held_out = _read_rows(fn_args.eval_files, transform)
    batches = (
        tf.data.Dataset.from_tensor_slices((features, labels))
        .shuffle(len(labels), seed=settings["seed"])
        .repeat()
        .batch(settings["batch_size"])
    )
    # An epoch is a point of the training curve; the batches are the same, however many epochs they are told in.
    epochs = max(count for count in range(1, MOST_EPOCHS + 1) if fn_args.train_steps % count == 0)
    model.fit(
        batches,
        epochs=epochs,
        steps_per_epoch=fn_args.train_steps // epochs,
        validation_data=held_out,
        validation_batch_size=len(held_out[1]),
        verbose=2,
        callbacks=[epoch_callback(fn_args)],
    )
    servable = _Servable(model, transform)
    # Not ExportArchive: it stores variables in an order that differs from one process to the next.
    signatures = {"serving_default": servable.predict, "transform_features": servable.transform_features}
    tf.saved_model.save(servable, fn_args.serving_model_dir, signatures=signatures)


def _dense(column: tf.Tensor | tf.SparseTensor, missing: float | str) -> tf.Tensor:
    """Returns a column of shape [batch, 1] with `missing` where it has no value."""
    if not isinstance(column, tf.SparseTensor):
        return column
    one_per_row = tf.SparseTensor(column.indices, column.values, [column.dense_shape[0], 1])
    return tf.reshape(tf.sparse.to_dense(one_per_row, default_value=missing), [-1, 1])


def _build_model(transform: tft.TFTransformOutput, hidden_units: list, dropout: float) -> keras.Model:
    """Builds a classifier over the transformed features, one softmax output per species."""
    inputs, encoded = {}, []
    for column in MEASUREMENTS:
        name = transformed_name(column)
        inputs[name] = keras.Input((1,), name=name)
        encoded.append(inputs[name])
    for column in CATEGORIES:
        name = transformed_name(column)
        inputs[name] = keras.Input((1,), name=name, dtype="int64")
        known_and_unknown = transform.vocabulary_size_by_name(column) + 1
        one_hot = keras.layers.CategoryEncoding(
            known_and_unknown, output_mode="one_hot", name=f"{column}_one_hot"
        )
        encoded.append(one_hot(inputs[name]))
    hidden = keras.layers.Concatenate(name="features")(encoded)
    for number, units in enumerate(hidden_units, start=1):
        hidden = keras.layers.Dense(units, activation="relu", name=f"hidden_{number}")(hidden)
        if dropout:
            hidden = keras.layers.Dropout(dropout, name=f"dropout_{number}")(hidden)
    classes = transform.vocabulary_size_by_name(LABEL)
    probabilities = keras.layers.Dense(classes, activation="softmax", name="probabilities")(hidden)
    return keras.Model(inputs, probabilities, name="penguin")


def _read_rows(file_patterns: list, transform: tft.TFTransformOutput) -> tuple:
    """Reads all transformed rows into memory, in an order that does not depend on the run.

    ExampleGen writes rows in random order (Reshuffle in tfx/components/example_gen/write_split.py), so a
    seed alone would not make two trainings equal.

    Returns:
        Features by name, and labels; arrays of shape [rows, 1].
    """
    files = tf.io.gfile.glob(file_patterns)
    rows = list(tf.data.TFRecordDataset(files, compression_type="GZIP").as_numpy_iterator())
    columns = tf.io.parse_example(rows, transform.transformed_feature_spec())
    columns = {name: np.reshape(column, (-1, 1)) for name, column in columns.items()}
    order = np.lexsort([columns[name][:, 0] for name in sorted(columns)])
    columns = {name: column[order] for name, column in columns.items()}
    labels = columns.pop(transformed_name(LABEL))
    return columns, labels


class _Servable(tf.Module):
    """What is exported: two signatures, both taking serialized tf.Examples of raw columns."""

    def __init__(self, model: keras.Model, transform: tft.TFTransformOutput) -> None:
        super().__init__()
        # The same layers without the optimizer, whose state would treble what is served.
        self.model = keras.Model(model.input, model.output, name=model.name)
        self.transform_layer = transform.transform_features_layer()
        # What is not used must not be asked for: neither `year` nor, when serving, the label.
        spec = transform.raw_feature_spec()
        self._features = {name: spec[name] for name in (*MEASUREMENTS, *CATEGORIES)}
        self._labelled = {**self._features, LABEL: spec[LABEL]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def predict(self, examples: tf.Tensor) -> dict:
        """Returns the probability of each species."""
        columns = self.transform_layer(tf.io.parse_example(examples, self._features))
        return {"probabilities": self.model({name: columns[name] for name in self.model.input})}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def transform_features(self, examples: tf.Tensor) -> dict:
        """Returns the transformed columns.

        TFMA calls it for the label's index (ModelSpec.preprocessing_function_names), so each model is
        scored by its own vocabulary.
        """
        return self.transform_layer(tf.io.parse_example(examples, self._labelled))
