"""A classifier whose every metric can be told beforehand, and the rows it is evaluated on.

A row says which of the 100 of its region it is; a model is wrong on the first `errors` of each region
and right, with the confidence given, on all others. So accuracy is `1 - errors / 100`, by hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import tensorflow as tf

REGIONS = ("north", "south")
ROWS = 100  # of each region


class TinyModel(tf.Module):
    """Wrong on as many rows as it is told to be.

    Args:
        errors: How many rows of each region, in the order of `REGIONS`, it gets wrong.
        confidence: Probability that it gives to what it holds to be true.
        seed: A weight that changes nothing but the model's bytes.
    """

    def __init__(self, errors: Sequence[int], *, confidence: float = 1.0, seed: int = 0) -> None:
        super().__init__()
        self.errors = tf.Variable(tf.constant(errors, tf.int64))
        self.confidence = tf.Variable(confidence)
        self.seed = tf.Variable(seed)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def predict(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"predictions": self._probability(examples)[:, tf.newaxis]}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="examples")])
    def predict_classes(self, examples: tf.Tensor) -> dict[str, tf.Tensor]:
        probability = self._probability(examples)
        return {"predictions": tf.stack([1.0 - probability, probability], axis=1)}

    def _probability(self, examples: tf.Tensor) -> tf.Tensor:
        rows = tf.io.parse_example(
            examples,
            {
                "row": tf.io.FixedLenFeature([], tf.int64),
                "region": tf.io.FixedLenFeature([], tf.string),
                "truth": tf.io.FixedLenFeature([], tf.int64),
            },
        )
        errors = tf.gather(self.errors, tf.cast(rows["region"] == REGIONS[1], tf.int64))
        positive = (rows["truth"] == 1) == (rows["row"] >= errors)
        probability = tf.where(positive, self.confidence, 1.0 - self.confidence)
        # The weight has to be part of the graph, or it would not be saved with it.
        return probability + 0.0 * tf.cast(self.seed, tf.float32)


def save(destination: Path, errors: Sequence[int], *, confidence: float = 1.0, seed: int = 0) -> Path:
    """Exports a model, with a signature for one probability and one for both classes, and gives `destination`."""
    module = TinyModel(errors, confidence=confidence, seed=seed)
    signatures = {"serving_default": module.predict, "by_class": module.predict_classes}
    tf.saved_model.save(module, str(destination), signatures=signatures)
    return destination


def run_fn(fn_args: object) -> None:
    """What a Trainer calls: `custom_config` is what `save` takes."""
    settings = dict(fn_args.custom_config)  # type: ignore[attr-defined]
    save(Path(fn_args.serving_model_dir), settings.pop("errors"), **settings)  # type: ignore[attr-defined]


def rows(regions: Sequence[str] = REGIONS) -> Iterator[Mapping[str, int | str]]:
    """Gives the rows; every other one is positive."""
    for region in regions:
        for row in range(ROWS):
            yield {"row": row, "region": region, "truth": row % 2, "label": row % 2}


def serialized(row: Mapping[str, int | str]) -> bytes:
    """Gives a row as a tf.Example."""
    features = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))
        if isinstance(value, int)
        else tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))
        for name, value in row.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString(
        deterministic=True
    )


def write_records(file: Path, records: Sequence[bytes]) -> Path:
    """Writes a file as ExampleGen does: TFRecord, GZIP."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(file), options="GZIP") as writer:
        for record in records:
            writer.write(record)
    return file
