"""Spans of new penguins: like those of the training data, heavier ones, and those that the older version knows."""

import csv
import random
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

Row = Mapping[str, str]

_DATA = Path(__file__).parents[2] / "pipeline" / "data" / "penguins.csv"
_WHOLE = ("flipper_length_mm", "body_mass_g", "year")
_NUMBERS = ("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
_TEXTS = ("island", "sex")


def penguins() -> list[Row]:
    """Gives the rows of the training data that lack nothing."""
    with _DATA.open(newline="") as file:
        return [row for row in csv.DictReader(file) if all(row.values())]


def write_span(folder: Path, span: int, rows: Iterable[Row]) -> None:
    """Writes rows as the span `span-N`."""
    file = folder / f"span-{span}" / "penguins.csv"
    file.parent.mkdir(parents=True)
    rows = list(rows)
    with file.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def normal() -> list[Row]:
    """Gives two thirds of the penguins, any of them."""
    return random.Random(1).sample(penguins(), 220)


def heavier(grams: int) -> list[Row]:
    """Gives the same, on scales that are wrong."""
    return [{**row, "body_mass_g": str(int(row["body_mass_g"]) + grams)} for row in normal()]


def answered_by(older: Path, newer: Path, count: int) -> list[Row]:
    """Gives penguins between others on which two models disagree, with the older one's answer as their species.

    Args:
        older: Release of the older version.
        newer: Release of the newer version.
        count: How many.
    """
    draw = random.Random(2)
    known = penguins()
    rows = [_between(draw, *draw.sample(known, 2)) for _ in range(4000)]
    before, after = (_species(release, rows) for release in (older, newer))
    disputed = [
        {**row, "species": old} for row, old, new in zip(rows, before, after, strict=True) if old != new
    ]
    assert len(disputed) >= count
    return disputed[:count]


def _between(draw: random.Random, one: Row, other: Row) -> Row:
    share = draw.random()
    mixed = dict(one)
    for name in _NUMBERS:
        value = share * float(one[name]) + (1 - share) * float(other[name])
        mixed[name] = str(round(value)) if name in _WHOLE else f"{value:.1f}"
    return mixed


def _species(release: Path, rows: list[Row]) -> list[str]:
    names = (release / "assets" / "species").read_text().split()
    predict = tf.saved_model.load(str(release)).signatures["serving_default"]
    answers = predict(tf.constant([_example(row) for row in rows]))["probabilities"].numpy()
    return [names[index] for index in np.argmax(answers, axis=1)]


def _example(row: Row) -> bytes:
    features = {}
    for name, text in row.items():
        if name in _TEXTS or name == "species":
            features[name] = tf.train.Feature(bytes_list=tf.train.BytesList(value=[text.encode()]))
        elif name in _WHOLE:
            features[name] = tf.train.Feature(int64_list=tf.train.Int64List(value=[int(text)]))
        else:
            features[name] = tf.train.Feature(float_list=tf.train.FloatList(value=[float(text)]))
    return tf.train.Example(features=tf.train.Features(feature=features)).SerializeToString()
